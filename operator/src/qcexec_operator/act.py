"""Carrying out a plan, in the one order in which nothing is ever killed at work.

Call back, raise the scale, ask to drain, mark, lower the scale. Whatever fails ends it there: the
next look sees how far it came.
"""

from __future__ import annotations

from dataclasses import dataclass

from qcexec_operator.cluster import Cluster
from qcexec_operator.database import Database
from qcexec_operator.errors import ClusterError, ObjectMissing
from qcexec_operator.events import CallFailed, Observer, PoolScaled, WorkersAsked
from qcexec_operator.observed import Observed
from qcexec_operator.plan import Change, Plan
from qcexec_operator.worker_pool import WorkerPool
from qcexec_queue.errors import DatabaseUnavailable, SchemaMismatch

Failure = ClusterError | DatabaseUnavailable | SchemaMismatch


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far a plan was carried out."""

    scaled_to: int | None = None
    """The scale that was set. None: none was."""
    failure: Failure | None = None
    """What ended it before its end."""


class Actor:
    """Carries plans out."""

    def __init__(self, cluster: Cluster, database: Database, observer: Observer) -> None:
        self._cluster = cluster
        self._database = database
        self._observer = observer

    async def act(self, pool: WorkerPool, observed: Observed, plan: Plan) -> Outcome:
        """Does what the plan says, as far as it goes."""
        scaled: int | None = None
        try:
            await self._database.ask_drain(plan.undrain, drain=False)
            if plan.change is Change.UP:
                scaled = await self._scale(pool, observed, plan)
            await self._database.ask_drain(plan.drain, drain=True)
            if plan.drain or plan.undrain:
                self._observer(WorkersAsked(pool.name, len(plan.drain), len(plan.undrain)))
            await self._mark(observed, plan)
            if plan.change is Change.DOWN:
                scaled = await self._scale(pool, observed, plan)
        except (ClusterError, DatabaseUnavailable, SchemaMismatch) as error:
            self._observer(CallFailed(error.code, str(error)))
            return Outcome(scaled, error)
        return Outcome(scaled)

    async def _mark(self, observed: Observed, plan: Plan) -> None:
        names = {each.uid: each.name for each in observed.pods}
        for uid, cost in plan.deletion_costs:
            try:
                await self._cluster.set_deletion_cost(names[uid], uid, cost)
            except ObjectMissing:
                # It went in the meantime; the watch will say so.
                continue

    async def _scale(self, pool: WorkerPool, observed: Observed, plan: Plan) -> int | None:
        if plan.replicas is None or observed.deployment is None:
            return None
        await self._cluster.scale(pool.deployment, plan.replicas, plan.resource_version)
        self._observer(
            PoolScaled(pool.name, observed.deployment.replicas, plan.replicas, plan.reason)
        )
        return plan.replicas
