"""What users see of a pool: the status of its WorkerPool, and Events about it.

Writing costs the cluster's storage something, so figures alone are written every few seconds. What
can't be written is written later, from what is true then.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import Any

from qcexec_operator import words
from qcexec_operator.act import Outcome
from qcexec_operator.cluster import Cluster
from qcexec_operator.errors import ClusterError
from qcexec_operator.events import CallFailed, Observer, ScalingHeld, ScalingResumed
from qcexec_operator.observed import Observed
from qcexec_operator.plan import Change, ConditionType, Plan
from qcexec_operator.sighting import DeploymentSighting
from qcexec_operator.status import PATIENT_SECONDS, pressing, status
from qcexec_operator.worker_pool import WorkerPool

HELD_SECONDS = 10.0
"""A scale that is held for so long is worth an Event."""


@dataclass(frozen=True, slots=True)
class _Written:
    """A status, and when it was written."""

    uid: str
    status: dict[str, Any]
    at: float


@dataclass(frozen=True, slots=True)
class _Held:
    """A doubt that keeps a scale as it is."""

    code: str
    since: float
    told: bool


class Chronicle:
    """Writes down what happens to pools."""

    def __init__(self, cluster: Cluster, observer: Observer) -> None:
        self._cluster = cluster
        self._observer = observer
        self._written: dict[str, _Written] = {}
        self._held: dict[str, _Held] = {}

    async def kept(
        self,
        pool: WorkerPool,
        deployment: DeploymentSighting | None,
        observed: Observed,
        plan: Plan,
        outcome: Outcome,
        now: float,
    ) -> None:
        """A plan for a pool was carried out, as far as it went."""
        message = plan.reason
        if outcome.failure is not None and plan.change is not Change.NONE:
            message = words.not_done(plan.reason, outcome.failure)
        known = self._written.get(pool.name)
        if known is not None and known.uid == pool.uid:
            # The watch may not have told of what was written just now.
            pool = replace(pool, status=known.status)
        wanted = status(pool, observed, plan, outcome.scaled_to, message, now)
        await self._told(self._write(pool, known, wanted, now))
        if outcome.scaled_to is not None:
            reason = "ScaledUp" if outcome.scaled_to > _current(observed) else "ScaledDown"
            await self._told(self._cluster.post_event(pool, reason, plan.reason))
        await self._tell_held(pool, plan, now)
        if deployment is not None and pool.installed_by_hook and not pool.owners:
            await self._told(self._give_owner(pool, deployment))

    async def returned(self, pool: WorkerPool, pod: str, tasks: int) -> None:
        """Tasks of a pod that is gone wait again."""
        number = "1 task of it waits" if tasks == 1 else f"{tasks} tasks of it wait"
        message = f"Pod {pod} is gone: {number} again."
        await self._told(self._cluster.post_event(pool, "TasksReturned", message))

    def forget(self, pool: WorkerPool) -> None:
        """A pool is no more."""
        self._written.pop(pool.name, None)
        self._held.pop(pool.name, None)

    async def _told(self, call: Awaitable[None]) -> None:
        try:
            await call
        except ClusterError as error:
            self._observer(CallFailed(error.code, str(error)))

    async def _write(
        self, pool: WorkerPool, known: _Written | None, wanted: dict[str, Any], now: float
    ) -> None:
        if known is not None and known.uid == pool.uid:
            patient = now - known.at < PATIENT_SECONDS
            if wanted == known.status or (patient and not pressing(known.status, wanted)):
                return
        await self._cluster.write_status(pool, wanted)
        self._written[pool.name] = _Written(pool.uid, wanted, now)

    async def _tell_held(self, pool: WorkerPool, plan: Plan, now: float) -> None:
        """What passes by itself, as the first seconds of a release do, is not told."""
        active = plan.condition(ConditionType.SCALING_ACTIVE)
        code = None if active.status or active.reason == "Paused" else active.reason
        held = self._held.get(pool.name)
        if code is None:
            self._held.pop(pool.name, None)
            if held is not None and held.told:
                self._observer(ScalingResumed(pool.name))
            return
        if held is None or held.code != code:
            since = now if held is None else held.since
            held = self._held[pool.name] = _Held(code, since, told=False)
        if not held.told and now - held.since >= HELD_SECONDS:
            self._held[pool.name] = replace(held, told=True)
            self._observer(ScalingHeld(pool.name, code, active.message))
            event = self._cluster.post_event(pool, "ScalingHeld", plan.reason, warning=True)
            await self._told(event)

    async def _give_owner(self, pool: WorkerPool, deployment: DeploymentSighting) -> None:
        """What a hook has installed belongs to no release: it is to go with its Deployment."""
        owner = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "name": pool.deployment,
            "uid": deployment.uid,
        }
        await self._cluster.write_owners(pool, [owner])


def _current(observed: Observed) -> int:
    return 0 if observed.deployment is None else observed.deployment.replicas
