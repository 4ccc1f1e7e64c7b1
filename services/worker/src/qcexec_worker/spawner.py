"""Keeps one forkserver for all slots of a worker: starts it, asks it for children, replaces it.

A new forkserver is started when a child is asked for and the last one was lost, after a pause
that grows while forkservers do not come up. Requests take turns: a fork is a matter of
milliseconds, and one answer at a time needs no numbering.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import Mapping
from typing import Final

from qcexec_telemetry import log_event
from qcexec_worker.errors import ForkserverLost
from qcexec_worker.forkserver_handle import ForkserverHandle, Preloaded, Spawned
from qcexec_worker.jobs import ChildLimits

_logger = logging.getLogger(__name__)

_ONE_THREAD: Final = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    # Each further heap of the allocator would take 64 MiB of the child's address space.
    "MALLOC_ARENA_MAX": "1",
}
_PASSED_ON: Final = (
    # Without these, OpenBLAS computes wrong results on some virtual processors.
    *("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"),
    # How this interpreter finds itself and its packages.
    *("LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH"),
)
_LONGEST_BACKOFF: Final = 30.0


def forkserver_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Give the environment of the forkserver: what the engine needs of the worker's own."""
    passed_on = {name: environment[name] for name in _PASSED_ON if name in environment}
    return passed_on | _ONE_THREAD


class Spawner:
    """Keeps one forkserver running.

    `runner` is the module that its children run jobs with, `spare_words` the descriptor of
    `SpareWords` where CPUs are lent.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        runner: str = "qcexec_worker.circuits",
        preload_seconds: float = 120.0,
        spawn_seconds: float = 30.0,
        spare_words: int | None = None,
    ) -> None:
        self._environment = dict(environment)
        self._runner = runner
        self._preload_seconds = preload_seconds
        self._spawn_seconds = spawn_seconds
        self._spare_words = spare_words
        self._current: ForkserverHandle | None = None
        self._turn = asyncio.Lock()
        self._stopping = asyncio.Event()
        self._requests: set[asyncio.Task[Spawned]] = set()
        self._failures = 0

    async def start(self) -> Preloaded:
        """Start the forkserver, or give what the running one told of its start.

        Raises ForkserverLost, with what it said last, when it does not come up.
        """
        async with self._turn:
            return (await self._running()).preloaded

    async def spawn(self, limits: ChildLimits) -> Spawned:
        """Fork one child; raises ForkserverLost and ChildNotStarted."""
        request = asyncio.create_task(self._spawn_in_turn(limits))
        self._requests.add(request)
        request.add_done_callback(self._requests.discard)
        try:
            return await asyncio.shield(request)
        except asyncio.CancelledError:
            # The forkserver answers all the same; a child that nobody waits for must end.
            request.add_done_callback(_discard)
            raise

    async def stop(self) -> None:
        """End the forkserver and with it every child; it cannot be started again."""
        self._stopping.set()
        if self._current is not None:
            self._current.give_up("the worker stopped it")
        async with self._turn:
            if self._current is not None:
                await self._current.close()

    async def _spawn_in_turn(self, limits: ChildLimits) -> Spawned:
        async with self._turn:
            forkserver = await self._running()
            return await forkserver.spawn(limits, self._spawn_seconds)

    async def _running(self) -> ForkserverHandle:
        if self._current is not None and self._current.lost is None:
            return self._current
        if self._current is not None:
            detail = self._current.lost
            log_event(_logger, "forkserver_lost", severity=logging.WARNING, detail=detail)
            await self._current.close()
            _reap_orphans()
        if self._failures:
            await self._wait_before_retry()
        if self._stopping.is_set():
            raise ForkserverLost("the forkserver was stopped")
        self._failures += 1
        self._current = ForkserverHandle(self._runner, self._environment, self._spare_words)
        try:
            await self._current.wait_ready(self._preload_seconds)
        except asyncio.CancelledError:
            self._current.give_up("its start was abandoned")
            raise
        self._failures = 0
        return self._current

    async def _wait_before_retry(self) -> None:
        seconds = min(0.1 * 2**self._failures, _LONGEST_BACKOFF)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()


def _reap_orphans() -> None:
    """Bury the children that a lost forkserver left to a container's first process, which this
    may be; it has no other children at this moment."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _discard(request: asyncio.Task[Spawned]) -> None:
    if not request.cancelled() and request.exception() is None:
        spawned = request.result()
        spawned.connection.close()
        spawned.kill()
