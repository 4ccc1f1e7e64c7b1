"""The worker's hot connection: hands in what ended and claims what comes next.

One exchange at a time. It runs when something ended, when tasks became ready
and a slot is free, and when the next full sweep is due; while the database is
away it keeps what it could not write, and writes it again after the reconnect,
as a repeat that claims nothing.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence

from qcexec_queue.connections import Connection, answered_within
from qcexec_queue.errors import DatabaseUnavailable
from qcexec_queue.events import ConnectionReplaced, LeasesReturned, Observer
from qcexec_queue.exchange import Exchange, ExchangeResult
from qcexec_queue.leases import end_leases
from qcexec_queue.notify import INTERVAL_SECONDS, NotifySchedule, ready_channel
from qcexec_queue.settlement import Settlement
from qcexec_queue.states import Destination, Outcome
from qcexec_queue.tasks import StoredResult
from qcexec_worker.allocation import allocate
from qcexec_worker.appetite import RunTimes, appetite
from qcexec_worker.desk import Desk, Outgoing
from qcexec_worker.events import (
    ClaimedAfterNotify,
    HandedIn,
    LeasesClaimed,
    ResultsStored,
)
from qcexec_worker.events import Observer as WorkerObserver
from qcexec_worker.events import ignore as ignore_worker
from qcexec_worker.slot_runner import SlotRunner

_FIRST_BACKOFF_SECONDS = 0.1
_LONGEST_BACKOFF_SECONDS = 5.0
_POLL_JITTER_SECONDS = 0.5


class ClaimLoop:
    """Keeps the slots busy while it may, and the database told."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        exchange: Exchange,
        desk: Desk,
        runners: Sequence[SlotRunner],
        run_times: RunTimes,
        observer: Observer,
        *,
        timeout: float,
        worker_observer: WorkerObserver = ignore_worker,
    ) -> None:
        self._connect = connect
        self._exchange = exchange
        self._desk = desk
        self._runners = runners
        self._run_times = run_times
        self._observer = observer
        self._timeout = timeout
        self._worker_observer = worker_observer
        self._unanswered = Outgoing([], [])
        self._notifications = NotifySchedule()
        self._to_notify: set[int] = set()
        self._claiming = False
        self._in_flight = False
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._tasks_ready = True
        self._notified_at: float | None = None
        self._stopping = False

    @property
    def claiming(self) -> bool:
        """Whether it may claim."""
        return self._claiming

    @property
    def drained(self) -> bool:
        """Whether it claims no more and its last claim has returned."""
        return not self._claiming and not self._in_flight

    async def drained_within(self, seconds: float) -> bool:
        """Waits for the last claim to return; whether it did."""
        try:
            async with asyncio.timeout(seconds):
                await self._quiet.wait()
        except TimeoutError:
            return False
        return self.drained

    def resume(self) -> None:
        """Claims from now on."""
        self._claiming = True
        self.wake()

    def drain(self) -> None:
        """Claims no more; what ends is still handed in."""
        self._claiming = False
        self._desk.changed.set()

    def stop(self) -> None:
        """Claims no more, and ends when everything is handed in."""
        self._stopping = True
        self.drain()

    def wake(self) -> None:
        """Tasks became ready."""
        self._tasks_ready = True
        self._desk.changed.set()

    def notified(self) -> None:
        """The database says that tasks became ready."""
        # One that holds tasks may be between two of them, and claim only after the next.
        if self._notified_at is None and self._claiming and not self._desk.epochs:
            self._notified_at = time.monotonic()
        self.wake()

    async def run(self) -> None:
        """Works until it was stopped and everything is handed in."""
        backoff = _FIRST_BACKOFF_SECONDS
        while not self._over:
            try:
                connection = await self._connect()
            except DatabaseUnavailable as error:
                self._observer(ConnectionReplaced("claims", str(error)))
                await asyncio.sleep(backoff * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
                backoff = min(2 * backoff, _LONGEST_BACKOFF_SECONDS)
                continue
            backoff = _FIRST_BACKOFF_SECONDS
            self._exchange.sweeps.reset()
            self._tasks_ready = True
            try:
                while not self._over:
                    await self._turn(connection)
                    await self._something_to_do()
            except DatabaseUnavailable as error:
                self._observer(ConnectionReplaced("claims", str(error)))
                await asyncio.sleep(_FIRST_BACKOFF_SECONDS)
            finally:
                connection.terminate()

    @property
    def _over(self) -> bool:
        handed_in = not self._unanswered and not self._desk.has_outgoing
        return self._stopping and handed_in and not self._to_notify

    @property
    def _free(self) -> list[SlotRunner]:
        return [runner for runner in self._runners if runner.free]

    async def _something_to_do(self) -> None:
        if self._desk.has_outgoing or self._over:
            return
        free = bool(self._claiming and self._free)
        if free and self._tasks_ready:
            return
        wait: float | None = None
        if free:
            jitter = random.uniform(0.0, _POLL_JITTER_SECONDS)  # noqa: S311 - spreads the polls
            wait = self._exchange.sweeps.seconds_left(time.monotonic()) + jitter
        try:
            async with asyncio.timeout(wait):
                await self._desk.changed.wait()
        except TimeoutError:
            return

    async def _turn(self, connection: Connection) -> None:
        self._desk.changed.clear()
        for runner in self._runners:
            runner.check()
        repeated = bool(self._unanswered)
        outgoing = self._unanswered if repeated else self._desk.hand_over()
        self._unanswered = outgoing
        free = self._free if self._claiming and not repeated else []
        wanted = bool(outgoing.completions) or self._tasks_ready or self._sweep_is_due()
        hungry = (
            appetite(
                len(free), self._run_times, suspects=not self._desk.has_suspect_beside(outgoing)
            )
            if wanted
            else None
        )
        self._in_flight = hungry is not None
        notified_at = None
        if self._in_flight:
            self._quiet.clear()
            # A later one may be about what this claim comes too soon for.
            notified_at, self._notified_at = self._notified_at, None
        lost: frozenset[int] = frozenset()
        try:
            if outgoing.settlements:
                missed = await self._put_back(connection, outgoing.settlements)
                # What a repeat misses may have been written by the try before it.
                lost = frozenset() if repeated else missed
            if self._to_notify:
                await self._notify(connection)
            if outgoing.completions or hungry is not None:
                self._tasks_ready = self._tasks_ready and hungry is None
                begun = time.monotonic()
                result = await self._exchange.run(
                    connection, outgoing.completions, hungry, repeated=repeated
                )
                self._desk.take(result.leases)
                self._tell(result, time.monotonic() - begun, notified_at)
                lost |= {late.epoch for late in result.lost}
                if result.leases:
                    # Until a claim leaves a slot empty there may be more; a suspect came alone.
                    full = len(result.leases) >= len(free) or result.leases[0].suspect
                    self._tasks_ready = self._tasks_ready or full
                for runner, batch in zip(free, allocate(result.leases, len(free)), strict=False):
                    runner.begin(batch)
        finally:
            self._in_flight = False
            self._quiet.set()
        self._unanswered = Outgoing([], [])
        self._desk.answered(outgoing)
        if outgoing:
            self._worker_observer(HandedIn(outgoing, lost))

    def _tell(self, result: ExchangeResult, seconds: float, notified_at: float | None) -> None:
        if result.stored:
            self._worker_observer(ResultsStored(result.stored))
        if result.leases:
            self._worker_observer(LeasesClaimed(result.leases, seconds))
        if result.leases and notified_at is not None:
            self._worker_observer(ClaimedAfterNotify(time.monotonic() - notified_at))

    def _sweep_is_due(self) -> bool:
        return self._exchange.sweeps.due(time.monotonic())

    async def _put_back(
        self, connection: Connection, settlements: Sequence[Settlement]
    ) -> frozenset[int]:
        """Ends leases without a result; gives the epochs that had ended before."""
        async with answered_within(connection, self._timeout):
            ended = await end_leases(connection, settlements)
        self._to_notify |= ended.ready_in
        done = [each for each in settlements if each.lease.epoch in ended.accepted]
        failures = [
            StoredResult(Outcome.FAILED, each.code, each.body or b"")
            for each in done
            if each.destination is Destination.FAILED
        ]
        if failures:
            self._worker_observer(ResultsStored(failures))
        for reason in sorted({each.reason or "not_begun" for each in done}):
            these = [each for each in done if (each.reason or "not_begun") == reason]
            failed = sum(each.destination is Destination.FAILED for each in these)
            self._observer(LeasesReturned(reason, len(these) - failed, failed))
        return frozenset(each.lease.epoch for each in settlements) - ended.accepted

    async def _notify(self, connection: Connection) -> None:
        """Wakes who waits for what went back; what is too soon for that, at a later turn."""
        loop = asyncio.get_running_loop()
        for queue_id in self._notifications.due(sorted(self._to_notify), loop.time()):
            async with answered_within(connection, self._timeout):
                await connection.execute("select pg_notify($1, '')", ready_channel(queue_id))
            self._to_notify.discard(queue_id)
        if self._to_notify:
            loop.call_later(INTERVAL_SECONDS, self._desk.changed.set)
