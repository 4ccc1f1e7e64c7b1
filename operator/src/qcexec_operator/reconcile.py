"""The operator's loop: look at everything, decide for each pool, act; each second, and when called.

    database, cluster, view -> observe -> decide -> act -> status

One look after the other, in one task: nothing here is done by two at once. What fails is told, held
against the scale as a doubt, and tried again with the next look. At the end, and where a pool is no
more, workers that were asked to drain are called back: nobody would lower the scale for them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

import asyncpg

from qcexec_operator.act import Actor
from qcexec_operator.chronicle import Chronicle
from qcexec_operator.cluster import Cluster
from qcexec_operator.database import Database
from qcexec_operator.decide import decide
from qcexec_operator.errors import ClusterError, InvalidResource, ObjectMissing, WriteConflict
from qcexec_operator.events import CallFailed, LeadershipChanged, Observer, TasksReturned
from qcexec_operator.health import Health
from qcexec_operator.history import History
from qcexec_operator.look import Look, QueueLook
from qcexec_operator.memory import Memory
from qcexec_operator.metrics import Metrics
from qcexec_operator.observe import observe
from qcexec_operator.observed import Doubt, DoubtCode, PodPhase
from qcexec_operator.sighting import DeploymentSighting
from qcexec_operator.view import ClusterView
from qcexec_operator.worker_pool import WorkerPool
from qcexec_queue.errors import DatabaseUnavailable, SchemaMismatch

_LEAST_BETWEEN_SECONDS = 0.1
_DIFFERENCE_SECONDS = 3.0
_LISTS_MISSED = 3
"""So many lists in a row may fail before what was seen counts as stale."""


class Reconciler:
    """Keeps the scale of every pool of a release."""

    def __init__(
        self,
        cluster: Cluster,
        database: Database,
        view: ClusterView,
        actor: Actor,
        chronicle: Chronicle,
        health: Health,
        metrics: Metrics,
        observer: Observer,
        *,
        interval: float,
        resync: float,
        lease_seconds: float,
    ) -> None:
        self._cluster = cluster
        self._database = database
        self._view = view
        self._actor = actor
        self._chronicle = chronicle
        self._health = health
        self._metrics = metrics
        self._observer = observer
        self._interval = interval
        self._resync = resync
        self._lease_seconds = lease_seconds
        self._histories: dict[str, History] = {}
        self._asleep: set[str] = set()
        self._listed_at: float | None = None
        self._list_due = 0.0
        self._led: bool | None = None

    def tasks_ready(self, queue: str) -> None:
        """Tasks came to a queue: at once where its pool sleeps, else with the next look."""
        if queue in self._asleep:
            self._view.urgent.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Looks and acts until ``stop``, then calls back whom it had asked to drain."""
        while not stop.is_set():
            begun = time.monotonic()
            await self.look()
            await asyncio.sleep(_LEAST_BETWEEN_SECONDS)
            await self._rest(begun + self._interval - time.monotonic())
        await self._retire(self._view.pools)
        self._database.close()

    async def look(self) -> None:
        """Looks at everything once, and does what is to be done."""
        begun = time.monotonic()
        self._view.urgent.clear()
        await self._list()
        pools = self._view.pools
        queues, doubts = await self._ask_database(pools)
        # While PostgreSQL is away nobody can have the lock: who had it, or never asked, holds.
        leads = queues is not None or (bool(doubts) and self._led is not False)
        if leads != self._led:
            self._led = leads
            self._observer(LeadershipChanged(leads))
        if leads:
            await self._release_lost_pods(queues)
            await self._retire(self._view.orphaned_pools)
            await self._call_back_strays(queues, pools)
            for pool in pools:
                deployment, more = await self._sight(pool)
                shared = self._shared(pool, pools)
                await self._keep(pool, deployment, queues, (*doubts, *more, *shared))
        self._health.finished(leads=leads)
        self._metrics.looked(time.monotonic() - begun, leads=leads)

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await self._view.urgent.wait()
        except TimeoutError:
            return

    async def _list(self) -> None:
        """Lists what is watched: at the start, now and then, and where watch and list differ."""
        now = time.monotonic()
        if now < self._list_due and not self._differs(now):
            return
        try:
            self._view.pools_listed(await self._cluster.pools(), now)
            self._view.pods_listed(await self._cluster.pods(), now)
        except ClusterError as error:
            self._failed(error)
            self._list_due = now + self._interval
            return
        self._listed_at = now
        self._list_due = now + self._resync

    def _differs(self, now: float) -> bool:
        """Whether watch and Deployment have disagreed for longer than one of them takes."""
        if self._listed_at is not None and now - self._listed_at < _DIFFERENCE_SECONDS:
            return False
        since = [each.pods_differ_since for each in self._histories.values()]
        return any(each is not None and time.time() - each > _DIFFERENCE_SECONDS for each in since)

    async def _ask_database(
        self, pools: Sequence[WorkerPool]
    ) -> tuple[QueueLook | None, tuple[Doubt, ...]]:
        """What it says, or why it says nothing; neither where another operator acts."""
        try:
            return await self._database.look({each.queue for each in pools}, self._asleep), ()
        except (DatabaseUnavailable, SchemaMismatch) as error:
            full = isinstance(error.__cause__, asyncpg.TooManyConnectionsError)
            code = DoubtCode.TOO_MANY_CONNECTIONS if full else DoubtCode.DATABASE_UNAVAILABLE
            return None, (Doubt(code, f"PostgreSQL: {error}."),)

    async def _release_lost_pods(self, queues: QueueLook | None) -> None:
        """Gives back what pods had that are gone."""
        if queues is None:
            return
        lost = self._view.lost_pods(time.time())
        held = {
            each.pod_uid: each.queue
            for each in queues.fleet.workers
            if each.pod_uid is not None
            and each.pod_uid in lost
            and (each.leases or each.draining_at is None)
        }
        try:
            if held:
                released = await self._database.release_pods(held)
                for uid, tasks in released.pods.items():
                    await self._tell_returned(lost[uid], held[uid], tasks)
        except (DatabaseUnavailable, SchemaMismatch) as error:
            self._observer(CallFailed(error.code, str(error)))
            return
        self._view.released(lost)

    async def _tell_returned(self, pod: str, queue: str, tasks: int) -> None:
        pool = next((each for each in self._view.pools if each.queue == queue), None)
        self._observer(TasksReturned(pool.name if pool else queue, pod, tasks))
        if pool is not None:
            await self._chronicle.returned(pool, pod, tasks)

    async def _sight(self, pool: WorkerPool) -> tuple[DeploymentSighting | None, tuple[Doubt, ...]]:
        doubts: tuple[Doubt, ...] = ()
        if self._listed_at is None:
            doubts = (Doubt(DoubtCode.API_UNAVAILABLE, "The pods were never listed."),)
        elif time.monotonic() - self._listed_at > _LISTS_MISSED * self._resync:
            age = time.monotonic() - self._listed_at
            doubts = (Doubt(DoubtCode.PODS_STALE, f"The last list is {age:.0f} seconds old."),)
        try:
            return await self._cluster.deployment(pool.deployment), doubts
        except ObjectMissing:
            return None, doubts
        except InvalidResource as error:
            return None, (Doubt(DoubtCode.DEPLOYMENT_INVALID, f"{error}."), *doubts)
        except ClusterError as error:
            self._failed(error)
            return None, (Doubt(DoubtCode.API_UNAVAILABLE, f"{error}."), *doubts)

    def _shared(self, pool: WorkerPool, pools: Sequence[WorkerPool]) -> tuple[Doubt, ...]:
        first = next(each for each in pools if each.queue == pool.queue)
        if first.name == pool.name:
            return ()
        message = f"The queue {pool.queue} is that of WorkerPool {first.name}."
        return (Doubt(DoubtCode.QUEUE_SHARED, message),)

    async def _keep(
        self,
        pool: WorkerPool,
        deployment: DeploymentSighting | None,
        queues: QueueLook | None,
        doubts: tuple[Doubt, ...],
    ) -> None:
        """One pool: observes, decides, acts, and says what came of it."""
        now = time.time()
        history = self._histories.get(pool.uid) or History(memory=Memory(began=now))
        look = Look(pool, now, self._view.pods, deployment, queues, doubts)
        observed, policy, history = observe(look, history, self._lease_seconds)
        plan = decide(observed, policy, now)
        history = replace(history, memory=plan.memory, failed_write=None)
        outcome = await self._actor.act(pool, observed, plan)
        if isinstance(outcome.failure, WriteConflict):
            doubt = Doubt(DoubtCode.WRITE_CONFLICT, f"Somebody else wrote: {outcome.failure}.")
            history = replace(history, failed_write=doubt)
        self._histories[pool.uid] = history
        self._sleeps(pool, awake=bool(observed.workers))
        shared = any(each.code is DoubtCode.QUEUE_SHARED for each in doubts)
        if pool.wakeable and deployment is not None and queues is not None and not shared:
            await self._vouch(pool, deployment)
        self._metrics.decided(pool.name, observed, plan, policy)
        await self._chronicle.kept(pool, deployment, observed, plan, outcome, now)

    async def _vouch(self, pool: WorkerPool, deployment: DeploymentSighting) -> None:
        try:
            await self._database.vouch(pool.queue, deployment.slot_memory_at_most, pool.rank)
        except (DatabaseUnavailable, SchemaMismatch) as error:
            self._failed(error)

    def _sleeps(self, pool: WorkerPool, *, awake: bool) -> None:
        if awake:
            self._asleep.discard(pool.queue)
        else:
            self._asleep.add(pool.queue)

    async def _retire(self, pools: Sequence[WorkerPool]) -> None:
        """Calls back everybody who was asked to drain for these pools; what fails, another time."""
        for pool in pools:
            history = self._histories.get(pool.uid)
            if history is not None and not await self._call_back(pool, history):
                continue
            self._histories.pop(pool.uid, None)
            self._asleep.discard(pool.queue)
            self._metrics.forget(pool.name)
            self._chronicle.forget(pool)
            self._view.settled(pool)

    async def _call_back_strays(
        self, queues: QueueLook | None, pools: Sequence[WorkerPool]
    ) -> None:
        """Calls back workers of pools that were deleted while no operator ran."""
        if queues is None or self._listed_at is None:
            return
        staying = {each.uid for each in self._view.pods if each.phase is not PodPhase.GOING}
        known = {each.queue for each in (*pools, *self._view.orphaned_pools)}
        strays = [
            each.worker_id
            for each in queues.fleet.workers
            if each.draining_at is not None and each.pod_uid in staying and each.queue not in known
        ]
        try:
            await self._database.ask_drain(strays, drain=False)
        except (DatabaseUnavailable, SchemaMismatch) as error:
            self._failed(error)

    async def _call_back(self, pool: WorkerPool, history: History) -> bool:
        """Whether nobody is asked to drain any more."""
        queues, doubts = await self._ask_database([pool])
        deployment, more = await self._sight(pool)
        if doubts or more:
            return False
        if queues is None or deployment is None:
            return True
        look = Look(pool, time.time(), self._view.pods, deployment, queues)
        observed, policy, _ = observe(look, history, self._lease_seconds)
        plan = decide(observed, replace(policy, paused=True), look.now)
        return (await self._actor.act(pool, observed, plan)).failure is None

    def _failed(self, error: ClusterError | DatabaseUnavailable | SchemaMismatch) -> None:
        self._observer(CallFailed(error.code, str(error)))
