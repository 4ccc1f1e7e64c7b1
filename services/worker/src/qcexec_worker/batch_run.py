"""One batch in one child, against the clock.

Two clocks run, both monotonic: a job that began must end within the time limit of a task, and
a child that has jobs but runs none must begin one soon, or it hangs.
"""

import asyncio
from typing import Final

from qcexec_worker.batch import Batch
from qcexec_worker.channel import Frame
from qcexec_worker.child_handle import ChildHandle
from qcexec_worker.errors import ProtocolViolation
from qcexec_worker.jobs import DeathReason, Job, SlotEvent, SlotLimits

_TURNS_TO_READ: Final = 3


class BatchRun:
    """Sends a batch to a child and gives its events until it is over."""

    def __init__(self, child: ChildHandle, batch: Batch, limits: SlotLimits) -> None:
        self._child = child
        self._batch = batch
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._deadline: float | None = self._loop.time() + limits.stall_seconds
        self._overran: int | None = None
        child.was_used = True
        child.send(
            Frame("job", {"key": job.key, "seed": job.seed}, job.payload) for job in batch.waiting
        )

    @property
    def over(self) -> bool:
        """Whether nothing more is to be expected of the child."""
        return self._batch.done or self._batch.leaves

    @property
    def left_for_another_child(self) -> list[Job]:
        """The jobs that a child that left did not begin."""
        return self._batch.waiting

    def child_is_spent(self) -> bool:
        """Say whether the child is of no more use, and see to it that it ends then."""
        if self._batch.done and not self._batch.leaves:
            return self._child.silent
        self._child.kill(DeathReason.STOPPED, "it left, or its batch was given up")
        return True

    async def next_events(self) -> list[SlotEvent]:
        """Wait for what the child says next, for its death, or for the end of its time."""
        if not self._child.has_frames:
            try:
                async with asyncio.timeout_at(self._deadline):
                    await self._child.wait_for_frame()
            except TimeoutError:
                await self._end_time()
                return []
        events: list[SlotEvent] = []
        try:
            while not self.over and (frame := self._child.take_frame()) is not None:
                events += self._batch.receive(frame)
        except ProtocolViolation as violation:
            self._child.kill(DeathReason.PROTOCOL, str(violation))
            return events + await self._bury()
        if not events:
            return await self._bury() if self._child.silent else []
        if self._deadline is not None:
            running = self._batch.begun is not None
            seconds = self._limits.task_seconds if running else self._limits.stall_seconds
            self._deadline = self._loop.time() + seconds
        return events

    async def _end_time(self) -> None:
        # The worker itself may have been stopped: what the child sent by now still counts.
        for _ in range(_TURNS_TO_READ):
            await asyncio.sleep(0)
            if self._child.has_frames:
                return
        self._deadline = None
        self._overran = self._batch.begun
        if self._overran is None:
            self._child.kill(DeathReason.STOPPED, "it has jobs and did not begin one in time")
        else:
            self._child.kill(DeathReason.TIME_LIMIT, f"over {self._limits.task_seconds:g} s")

    async def _bury(self) -> list[SlotEvent]:
        death = await self._child.death()
        reason = death.reason
        if reason is DeathReason.TIME_LIMIT and self._batch.begun != self._overran:
            # The late job ended just before the kill, which met the one after it.
            reason = DeathReason.STOPPED
        return self._batch.end(reason, death.detail)
