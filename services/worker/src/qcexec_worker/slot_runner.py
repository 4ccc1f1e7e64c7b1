"""Runs claimed tasks in one slot, and tells the desk how each ended.

A batch is given to the slot whole. When one of its tasks runs longer than
expected, those behind it are recalled and go back to the queue at once, uncounted:
another slot can have them. The child learns of the recall when it looks for its
next job; what it says of recalled ones is not listened to.

What the child says of tiny runs comes late and several at a time, so how long one
took is the child's word, held to what the batch has taken. What is learnt from runs, for claims and
by the operator, counts CPUs that were lent as time: under load there are none.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, NamedTuple, assert_never

from qcexec_queue.leases import held
from qcexec_queue.settlement import Cause, RetryPolicy, settle
from qcexec_queue.tasks import Lease, StoredResult
from qcexec_queue.workers import NOTHING_RUN, PoolRow, RunCounters, WorkerIdentity
from qcexec_telemetry import log_event
from qcexec_worker.appetite import RunTimes
from qcexec_worker.cpu_lender import Cpu, OwnCpu
from qcexec_worker.desk import Desk
from qcexec_worker.events import Observer, RunBegun, RunEnded, ignore
from qcexec_worker.identity import seed_of
from qcexec_worker.jobs import Begun, ChildOutcome, Counts, Died, Finished, Job, NotBegun, Refused
from qcexec_worker.outcomes import PutBack, of_death, of_outcome
from qcexec_worker.slot import Slot

OVERRUN_SECONDS = 0.100

_logger = logging.getLogger(__name__)


class _Ended(NamedTuple):
    """A task that ended: how long it ran, and how long it would have run with no CPU lent."""

    lease: Lease
    seconds: float
    slot_seconds: float


class SlotRunner:
    """One slot with the batch that it works on."""

    def __init__(
        self,
        slot: Slot,
        desk: Desk,
        identity: WorkerIdentity,
        run_times: RunTimes,
        policy: RetryPolicy,
        *,
        time_limit: float,
        pools: Callable[[], Sequence[PoolRow]],
        cpu: Cpu | None = None,
        observer: Observer = ignore,
        log_fields: Callable[[Lease], Mapping[str, str]] = lambda _: {},
    ) -> None:
        self._slot = slot
        self._desk = desk
        self._identity = identity
        self._run_times = run_times
        self._policy = policy
        self._time_limit = time_limit
        self._pools = pools
        self._cpu = OwnCpu() if cpu is None else cpu
        self._observer = observer
        self._log_fields = log_fields
        self._batch: asyncio.Task[None] | None = None
        self._defect: BaseException | None = None
        self._waiting: dict[int, Lease] = {}
        self._begun: tuple[Lease, float] | None = None
        self._batch_begun_at = 0.0
        self._overrun: asyncio.TimerHandle | None = None
        self._counters = NOTHING_RUN

    @property
    def busy(self) -> bool:
        """Whether it works on a batch."""
        return self._batch is not None

    @property
    def free(self) -> bool:
        """Whether a task that is claimed now would run at once."""
        return self._batch is None and self._slot.ready

    @property
    def counters(self) -> RunCounters:
        """What has ended here, however it ended."""
        return self._counters

    def begin(self, leases: Sequence[Lease]) -> None:
        """Starts a batch; only when not busy."""
        self._cpu.got_work()
        self._waiting = {lease.epoch: lease for lease in leases}
        self._batch_begun_at = time.monotonic()
        self._batch = asyncio.create_task(self._run(leases))
        self._batch.add_done_callback(self._batch_ended)

    def check(self) -> None:
        """Raises what the last batch failed with: a defect, whose leases nobody would end."""
        if self._defect is not None:
            raise self._defect

    def recall(self) -> None:
        """Puts back what has not begun."""
        if not self._waiting:
            return
        self._slot.recall()
        for lease in self._waiting.values():
            self._put_back(lease, PutBack(Cause.NOT_BEGUN))
        self._waiting.clear()

    async def idle(self) -> None:
        """Returns when the batch has ended."""
        if self._batch is not None:
            await asyncio.wait([self._batch])

    async def stop(self) -> None:
        """Kills the child; what it ran goes back as drained."""
        self.recall()
        await self._slot.stop()
        await self.idle()

    async def _run(self, leases: Sequence[Lease]) -> None:
        jobs = [Job(lease.epoch, lease.payload, seed_of(lease.task_id)) for lease in leases]
        try:
            async with aclosing(self._slot.run(jobs)) as events:
                async for event in events:
                    match event:
                        case Begun(key):
                            self._began(key)
                        case Finished():
                            self._finished(event)
                        case Died():
                            self._died(event)
                        case NotBegun(key):
                            self._not_begun(key)
                        case _:
                            assert_never(event)
        finally:
            self._end_overrun()

    def _batch_ended(self, batch: asyncio.Task[None]) -> None:
        self._batch = None
        self._cpu.ran_out()
        if not batch.cancelled():
            self._defect = batch.exception()
        self._desk.changed.set()

    def _began(self, key: int) -> None:
        lease = self._waiting.pop(key, None)
        if lease is None:
            return
        self._begun = lease, time.monotonic()
        self._cpu.circuit_began()
        self._observer(RunBegun(lease))
        if self._waiting and self._overrun is None:
            self._expect_end(OVERRUN_SECONDS)

    def _expect_end(self, seconds: float) -> None:
        """Looks then whether a run takes too long: one timer for many tiny ones."""
        loop = asyncio.get_running_loop()
        self._overrun = loop.call_later(seconds, self._recall_behind_overrun)

    def _recall_behind_overrun(self) -> None:
        self._overrun = None
        if self._begun is None or not self._waiting:
            return
        left = self._begun[1] + OVERRUN_SECONDS - time.monotonic()
        if left > 0:
            self._expect_end(left)
        else:
            self.recall()

    def _finished(self, event: Finished) -> None:
        outcome = event.outcome
        ended = self._ended(event.key, outcome, event.seconds)
        if ended is None:
            return
        lease, seconds, slot_seconds = ended
        self._run_times.ran(lease.cost, slot_seconds)
        verdict = of_outcome(
            outcome,
            pools=self._pools(),
            queue_id=self._identity.queue_id,
            slot_memory=self._identity.slot_memory,
        )
        if isinstance(outcome, Counts):
            self._log("task_completed", lease, seconds, **outcome.report)
        elif isinstance(outcome, Refused):
            self._log("task_failed", lease, seconds, code=outcome.code, message=outcome.message)
        self._settle(lease, verdict)

    def _died(self, event: Died) -> None:
        ended = self._ended(event.key, event, None)
        if ended is None:
            return
        lease, seconds, _ = ended
        self._log("task_died", lease, seconds, reason=event.reason.value, detail=event.detail)
        self._settle(lease, of_death(event.reason, time_limit=self._time_limit), event.detail)

    def _not_begun(self, key: int) -> None:
        lease = self._waiting.pop(key, None)
        if lease is not None:
            self._put_back(lease, PutBack(Cause.NOT_BEGUN))

    def _ended(self, key: int, end: ChildOutcome | Died, said: float | None) -> _Ended | None:
        if self._begun is None or self._begun[0].epoch != key:
            return None
        lease, begun_at = self._begun
        self._begun = None
        lent_seconds = self._cpu.circuit_ended()
        now = time.monotonic()
        seconds = now - begun_at if said is None else min(said, now - self._batch_begun_at)
        in_threads = isinstance(end, Counts) and end.report.get("threads", 1) != 1
        slot_seconds = seconds + lent_seconds if in_threads else seconds
        self._counters = self._counters.ran(lease.cost, slot_seconds)
        self._observer(RunEnded(lease, seconds, end))
        return _Ended(lease, seconds, slot_seconds)

    def _end_overrun(self) -> None:
        if self._overrun is not None:
            self._overrun.cancel()
            self._overrun = None

    def _settle(
        self, lease: Lease, verdict: StoredResult | PutBack, detail: str | None = None
    ) -> None:
        if isinstance(verdict, StoredResult):
            self._desk.complete(lease, verdict)
        else:
            self._put_back(lease, verdict, detail)

    def _put_back(self, lease: Lease, verdict: PutBack, detail: str | None = None) -> None:
        mine = held(lease, self._identity.worker_id, self._identity.queue_id)
        self._desk.put_back(
            settle(
                mine,
                verdict.cause,
                self._policy,
                detail=detail,
                queue_id=verdict.queue_id,
                cost=verdict.cost,
            )
        )

    def _log(self, event: str, lease: Lease, seconds: float, **fields: Any) -> None:
        fields |= self._log_fields(lease)
        log_event(
            _logger,
            event,
            task_id=str(lease.task_id),
            attempt=lease.attempt + 1,
            duration_ms=round(seconds * 1000, 3),
            **fields,
        )
