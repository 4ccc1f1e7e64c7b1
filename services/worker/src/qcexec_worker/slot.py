"""A slot: one circuit at a time, in one child process that is replaced when it dies.

Nothing is shared between slots but the forkserver, so nothing that happens to a child, idle,
starting, receiving, running or sending, touches another slot. A task keeps the child: it forks
one, waits for its death, and forks the next, slower and slower while children die at their
start. `run` hands jobs to the child of the moment and turns what comes back into events.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Final

from qcexec_telemetry import log_event
from qcexec_worker.batch import Batch
from qcexec_worker.batch_run import BatchRun
from qcexec_worker.channel import BODY_LIMIT, Frame
from qcexec_worker.child_handle import ChildHandle
from qcexec_worker.errors import ChildNotStarted, ForkserverLost
from qcexec_worker.events import ChildReplaced, Observer, ignore
from qcexec_worker.jobs import (
    Begun,
    DeathReason,
    Finished,
    Job,
    NotBegun,
    Refused,
    SlotEvent,
    SlotLimits,
)
from qcexec_worker.spawner import Spawner

_logger = logging.getLogger(__name__)

_FIRST_BACKOFF: Final = 0.1
_LONGEST_BACKOFF: Final = 30.0
_TOO_LARGE: Final = f"The task is larger than {BODY_LIMIT // 2**20} MiB and cannot be run."


class Slot:
    """One child process and its channel. Start it, run batches one after the other, stop it."""

    def __init__(
        self,
        name: str,
        spawner: Spawner,
        limits: SlotLimits,
        on_ready: Callable[[], None] = lambda: None,
        observer: Observer = ignore,
    ) -> None:
        self._on_ready = on_ready
        self._observer = observer
        self._name = name
        self._spawner = spawner
        self._limits = limits
        self._child: ChildHandle | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._running = False
        self._recalled = False
        self._stopped = False
        self._filter_missing: str | None = None

    @property
    def ready(self) -> bool:
        """Whether a child waits for jobs: claim for a slot only when this holds."""
        return self._child is not None and not self._stopped and not self._running

    @property
    def child_pid(self) -> int | None:
        """The process id of the child of the moment, for logs."""
        return self._child.pid if self._child is not None else None

    @property
    def filter_missing(self) -> str | None:
        """Why the last child runs without a filter of system calls, if it does."""
        return self._filter_missing

    async def start(self) -> None:
        """Begin to keep a child, and wait until the first one is ready.

        Raises ChildNotStarted when none is ready within the time for a start; the slot goes
        on trying all the same.
        """
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep_child(), name=f"slot {self._name}")
            self._keeper.add_done_callback(lambda _: self._changed.set())
        if await self._wait_for_child() is None:
            raise ChildNotStarted(f"slot {self._name} has no child yet")

    async def run(self, jobs: Sequence[Job]) -> AsyncGenerator[SlotEvent]:
        """Run jobs in order, one at a time, and tell what happens to each.

        Every job ends in exactly one of Finished, Died and NotBegun, the first two after Begun.
        An iteration that is given up before its end kills the child: close it
        (`contextlib.aclosing`) to have that at once. Raises RuntimeError while another batch runs.
        """
        if self._running:
            raise RuntimeError(f"slot {self._name} runs a batch already")
        self._running = True
        self._recalled = False
        waiting = [job for job in jobs if len(job.payload) <= BODY_LIMIT]
        try:
            for job in jobs:
                if len(job.payload) > BODY_LIMIT:
                    yield Begun(job.key)
                    yield Finished(job.key, Refused("payload_too_large", _TOO_LARGE))
            while waiting:
                child = await self._wait_for_child()
                if child is None:
                    for job in waiting:
                        yield NotBegun(job.key)
                    return
                batch = BatchRun(child, Batch(waiting), self._limits)
                try:
                    while not batch.over:
                        for event in await batch.next_events():
                            yield event
                finally:
                    # At once, not when the keeper hears of it: the next batch may come before.
                    if batch.close():
                        self._forget(child)
                waiting = batch.left_for_another_child
        finally:
            self._running = False

    def recall(self) -> None:
        """Ask for the jobs back that were not begun: they end as NotBegun, and soon."""
        self._recalled = True
        self._changed.set()
        if self._running and self._child is not None:
            self._child.send([Frame("recall", {})])

    async def stop(self) -> None:
        """Kill the child at once and keep none: a job that had begun dies as STOPPED."""
        self._stopped = True
        self._changed.set()
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait((self._keeper,))

    async def _wait_for_child(self) -> ChildHandle | None:
        """Give the child, or None when the jobs for it are better handed back."""
        deadline = asyncio.get_running_loop().time() + self._limits.start_seconds
        while not (self._stopped or self._recalled):
            if self._child is not None:
                return self._child
            if self._keeper is not None and self._keeper.done():
                self._keeper.result()
            self._changed.clear()
            try:
                async with asyncio.timeout_at(deadline):
                    await self._changed.wait()
            except TimeoutError:
                return None
        return None

    async def _keep_child(self) -> None:
        failures = 0
        while True:
            if failures:
                await asyncio.sleep(min(_FIRST_BACKOFF * 2 ** (failures - 1), _LONGEST_BACKOFF))
            try:
                self._child = await self._start_child()
            except (ChildNotStarted, ForkserverLost) as error:
                failures += 1
                self._warn("child_not_started", failures=failures, detail=str(error))
                self._observer(ChildReplaced(error.code))
                continue
            child = self._child
            self._changed.set()
            self._on_ready()
            try:
                death = await child.death()
            except asyncio.CancelledError:
                child.kill(DeathReason.STOPPED, "the slot was stopped")
                await child.death()
                raise
            finally:
                self._forget(child)
            # A child that was never used says nothing for the next one's prospects.
            failures = 0 if child.was_used else failures + 1
            self._observer(ChildReplaced(death.reason.value))
            if death.reason is not DeathReason.STOPPED:
                reason = death.reason.value
                self._warn("child_died", pid=child.pid, reason=reason, detail=death.detail)

    async def _start_child(self) -> ChildHandle:
        child = ChildHandle(await self._spawner.spawn(self._limits.child))
        try:
            async with asyncio.timeout(self._limits.start_seconds):
                await child.connect()
                await child.wait_for_frame()
        except TimeoutError:
            child.kill(DeathReason.STOPPED, "it hung at its start")
            await child.death()
            seconds = self._limits.start_seconds
            raise ChildNotStarted(f"no hello within {seconds:g} s") from None
        except asyncio.CancelledError:
            child.kill(DeathReason.STOPPED, "the slot was stopped")
            await child.death()
            raise
        hello = child.take_frame()
        if hello is None or hello.kind != "hello":
            child.kill(DeathReason.PROTOCOL, "it said something else than hello")
            death = await child.death()
            raise ChildNotStarted(f"the child died at its start: {death.detail}")
        self._filter_missing = hello.fields.get("filter_missing")
        return child

    def _forget(self, child: ChildHandle) -> None:
        if self._child is child:
            self._child = None

    def _warn(self, event: str, **fields: str | int) -> None:
        log_event(_logger, event, severity=logging.WARNING, error=None, slot=self._name, **fields)
