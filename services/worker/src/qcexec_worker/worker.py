"""A worker's life: start, work, drain, leave.

The loops run as named tasks; the failure of any ends the worker, for a worker
that only half works is worse than one that is started again. A first request to
stop drains: claim no more, hand back what has not begun, let what runs finish
within the grace period, hand back the rest. A second one hands back at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from qcexec_telemetry import log_event
from qcexec_worker.claim_loop import ClaimLoop
from qcexec_worker.errors import ChildNotStarted
from qcexec_worker.service_loop import ServiceLoop
from qcexec_worker.slot import Slot
from qcexec_worker.slot_runner import SlotRunner

_HAND_IN_SECONDS = 10.0
_LEAVE_SECONDS = 5.0

_logger = logging.getLogger(__name__)


class Worker:
    """Runs the parts that it is given until it is asked to stop."""

    def __init__(
        self,
        slots: Sequence[Slot],
        runners: Sequence[SlotRunner],
        claims: ClaimLoop,
        service: ServiceLoop,
        *,
        grace_seconds: float,
    ) -> None:
        self._slots = slots
        self._runners = runners
        self._claims = claims
        self._service = service
        self._grace_seconds = grace_seconds
        self._asked = asyncio.Event()
        self._hurried = asyncio.Event()

    def request_stop(self) -> None:
        """Drain and stop; a second request does not wait for what runs."""
        if self._asked.is_set():
            self._hurried.set()
        self._asked.set()

    async def run(self) -> None:
        """Returns when everything is handed in. Raises what a loop failed with."""
        service = asyncio.create_task(self._service.run(), name="service")
        claims = asyncio.create_task(self._work(), name="claims")
        asked = asyncio.create_task(self._asked.wait(), name="asked")
        try:
            await asyncio.wait({service, claims, asked}, return_when=asyncio.FIRST_COMPLETED)
            if self._asked.is_set():
                await self._drain(claims, service)
            for loop in (service, claims):
                # Before it was registered a drain cancels the claims, which is no failure.
                if loop.done() and not loop.cancelled():
                    loop.result()
        finally:
            for task in (service, claims, asked):
                task.cancel()
            await asyncio.gather(service, claims, asked, return_exceptions=True)
            await asyncio.gather(*(slot.stop() for slot in self._slots))

    async def _work(self) -> None:
        await self._service.registered.wait()
        await asyncio.gather(*(self._start(slot) for slot in self._slots))
        await self._claims.run()

    async def _start(self, slot: Slot) -> None:
        try:
            await slot.start()
        except ChildNotStarted as error:
            # The slot goes on trying; it counts as busy until it has a child.
            log_event(_logger, "slot_not_started", severity=logging.ERROR, message=str(error))

    async def _drain(self, claims: asyncio.Task[None], service: asyncio.Task[None]) -> None:
        log_event(_logger, "draining", grace_seconds=self._grace_seconds)
        self._claims.drain()
        self._service.leave()
        for runner in self._runners:
            runner.recall()
        await self._finish()
        await asyncio.gather(*(runner.stop() for runner in self._runners))
        self._claims.stop()
        if not self._service.registered.is_set():
            claims.cancel()
        await asyncio.wait({claims}, timeout=_HAND_IN_SECONDS)
        if not claims.done():
            # The row goes all the same, where it can: leases without one are swept as suspects.
            log_event(_logger, "not_handed_in", severity=logging.WARNING)
        self._service.stop()
        await asyncio.wait({service}, timeout=_LEAVE_SECONDS)
        log_event(_logger, "stopped")

    async def _finish(self) -> None:
        idle = asyncio.create_task(self._all_idle(), name="idle")
        hurried = asyncio.create_task(self._hurried.wait(), name="hurried")
        await asyncio.wait(
            {idle, hurried}, timeout=self._grace_seconds, return_when=asyncio.FIRST_COMPLETED
        )
        for task in (idle, hurried):
            task.cancel()
        await asyncio.gather(idle, hurried, return_exceptions=True)

    async def _all_idle(self) -> None:
        for runner in self._runners:
            await runner.idle()
