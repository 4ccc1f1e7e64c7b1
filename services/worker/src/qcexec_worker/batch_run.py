"""One batch in one child, against the clock.

Two clocks run, both monotonic: a job that began must end within the time limit of a task, and
a child that has jobs but runs none must begin one soon, or it hangs. Where the jobs so far were
tiny and more of them wait, what the child says is read every few milliseconds alone, never later
than the last of them is expected to begin.
"""

import asyncio
import math
from typing import Final

from qcexec_worker.batch import Batch
from qcexec_worker.channel import Frame
from qcexec_worker.child_handle import ChildHandle
from qcexec_worker.errors import ProtocolViolation
from qcexec_worker.jobs import DeathReason, Finished, Job, SlotEvent, SlotLimits

_TURNS_TO_READ: Final = 3
_LEAST_REST_SECONDS: Final = 0.001
"""The event loop's timers know no less."""
_MOST_REST_SECONDS: Final = 0.003


class BatchRun:
    """Sends a batch to a child and gives its events until it is over."""

    def __init__(self, child: ChildHandle, batch: Batch, limits: SlotLimits) -> None:
        self._child = child
        self._batch = batch
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._deadline = self._alarm_at = math.inf
        self._alarm: asyncio.Handle | None = None
        self._out_of_time = False
        self._overran: int | None = None
        self._heard_at = self._loop.time()
        child.was_used = True
        child.send(
            Frame("job", body=job.payload, key=job.key, seed=job.seed) for job in batch.waiting
        )
        self._expect_within(limits.stall_seconds)

    @property
    def over(self) -> bool:
        """Whether nothing more is to be expected of the child."""
        return self._batch.done or self._batch.leaves

    @property
    def left_for_another_child(self) -> list[Job]:
        """The jobs that a child that left did not begin."""
        return self._batch.waiting

    def close(self) -> bool:
        """End the batch; say whether the child is of no more use, and see to its end then."""
        self._silence()
        self._child.end_rest()
        if self._batch.done and not self._batch.leaves:
            return self._child.silent
        self._child.kill(DeathReason.STOPPED, "it left, or its batch was given up")
        return True

    async def next_events(self) -> list[SlotEvent]:
        """Wait for what the child says next, or for its death."""
        await self._child.wait_for_frame()
        events: list[SlotEvent] = []
        try:
            while not self.over and (frame := self._child.take_frame()) is not None:
                events += self._batch.receive(frame)
        except ProtocolViolation as violation:
            self._child.kill(DeathReason.PROTOCOL, str(violation))
            return events + await self._bury()
        if not events:
            if self._child.silent:
                return await self._bury()
            if self._alarm is None:
                self._set_alarm()
            return []
        running = self._batch.begun is not None
        self._expect_within(self._limits.task_seconds if running else self._limits.stall_seconds)
        self._rest(sum(isinstance(event, Finished) for event in events))
        return events

    def _rest(self, finished: int) -> None:
        """Let tiny jobs gather, after so many ended since this was last asked."""
        if not finished:
            return
        now = self._loop.time()
        seconds_each = (now - self._heard_at) / finished
        self._heard_at = now
        rest = min(seconds_each * (self._batch.num_waiting - 1), _MOST_REST_SECONDS)
        if rest >= _LEAST_REST_SECONDS:
            self._child.rest(rest)

    def _expect_within(self, seconds: float) -> None:
        """Give the child so long for what it does now.

        An alarm that is set already is left to find out that the deadline has moved: tiny jobs
        come by the thousand, and each alarm has its price.
        """
        self._deadline = self._loop.time() + seconds
        if self._alarm is None or self._alarm_at > self._deadline:
            self._set_alarm()

    def _set_alarm(self) -> None:
        self._silence()
        if not self._out_of_time:
            self._alarm_at = self._deadline
            self._alarm = self._loop.call_at(self._alarm_at, self._ring, _TURNS_TO_READ)

    def _silence(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _ring(self, turns_left: int) -> None:
        self._alarm = None
        if self._loop.time() < self._deadline:
            self._set_alarm()
        elif self._child.has_frames:
            # What the child sent by now still counts: the alarm is set again when that is taken.
            return
        elif turns_left:
            # The worker itself may have been stopped, and has yet to read what the child sent.
            self._child.end_rest()
            self._alarm = self._loop.call_soon(self._ring, turns_left - 1)
        else:
            self._end_time()

    def _end_time(self) -> None:
        self._out_of_time = True
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
