"""The worker's hold on one forkserver: its process, the socket to it, and its children's ends.

When it dies, or does not answer in time, it is given up: the kernel ends its children with it,
and each end that is still awaited is told as unknown, for nobody knows which signal it was.
"""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from qcexec_worker.errors import ChildNotStarted, ForkserverLost
from qcexec_worker.forkserver import PACKET_LIMIT
from qcexec_worker.jobs import ChildLimits

_KILL_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Preloaded:
    """What a forkserver's start cost: seconds, mapped and resident memory in bytes."""

    pid: int
    seconds: float
    mapped_bytes: int
    resident_bytes: int


class Spawned:
    """A child just forked: its process id, this end of its socket, and how it ends."""

    def __init__(
        self,
        forkserver: "ForkserverHandle",
        pid: int,
        connection: socket.socket,
        end: "asyncio.Future[int | None]",
    ) -> None:
        self.pid = pid
        self.connection = connection
        self.exit = end
        """The exit code (negative for a signal), or None when the forkserver was lost."""
        self._forkserver = forkserver

    def kill(self) -> None:
        """End the child at once; nothing happens when it has ended."""
        self._forkserver.kill(self.pid)


class ForkserverHandle:
    """One forkserver; it must be started from the main thread, to whose end its life is tied."""

    preloaded: Preloaded

    def __init__(
        self, runner: str, environment: Mapping[str, str], spare_words: int | None
    ) -> None:
        started = _start_process(runner, environment, spare_words)
        self.lost: str | None = None
        self._process = started.process
        self._control = started.control
        self._loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[dict[str, Any]] = self._loop.create_future()
        self._next_exit: asyncio.Future[int | None] = self._loop.create_future()
        self._exits: dict[int, asyncio.Future[int | None]] = {}
        self._loop.add_reader(self._control.fileno(), self._read)

    async def wait_ready(self, seconds: float) -> None:
        """Wait until it has preloaded; raises ForkserverLost when it cannot, or not in time."""
        ready = await self._await_answer(seconds, "did not finish preloading")
        if ready["kind"] != "ready":
            self.give_up("it could not preload")
            raise ForkserverLost(f"the forkserver could not preload: {ready.get('detail')}")
        self.preloaded = Preloaded(
            self._process.pid, ready["seconds"], ready["mapped_bytes"], ready["resident_bytes"]
        )

    async def spawn(self, limits: ChildLimits, seconds: float) -> Spawned:
        """Fork a child; raises ChildNotStarted, or ForkserverLost when no answer comes in time."""
        try:
            ours, theirs = socket.socketpair()
        except OSError as error:
            raise ChildNotStarted(f"no socket for a child: {error}") from error
        # A child may have ended before its number is read here: its end waits for it.
        self._next_exit = end = self._loop.create_future()
        self._answer = self._loop.create_future()
        try:
            with theirs:
                self._send({"kind": "spawn", "limits": asdict(limits)}, theirs.fileno())
            answer = await self._await_answer(seconds, "did not fork")
            if answer["kind"] != "spawned":
                raise ChildNotStarted(f"the forkserver could not fork: {answer.get('detail')}")
        except BaseException:
            ours.close()
            raise
        return Spawned(self, answer["pid"], ours, end)

    def kill(self, pid: int) -> None:
        """Have a child ended; a forkserver that does not do it soon is ended, with all."""
        end = self._exits.get(pid)
        if end is None:
            return
        # When the request fails the forkserver is given up, and the child ends with it.
        with contextlib.suppress(ForkserverLost):
            self._send({"kind": "kill", "pid": pid})
            self._loop.call_later(_KILL_SECONDS, self._check_killed, end)

    def give_up(self, why: str) -> None:
        """End the process, upon which the kernel ends its children."""
        if self.lost is not None:
            return
        self.lost = why
        self._loop.remove_reader(self._control.fileno())
        self._control.close()
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        for end in self._exits.values():
            end.set_result(None)
        self._exits.clear()
        if not self._answer.done():
            self._answer.set_exception(ForkserverLost(f"the forkserver is lost: {why}"))
            # Nobody may be waiting for an answer at this moment.
            self._answer.exception()

    async def close(self) -> None:
        """Give it up, if that is still to do, and wait until its process is gone."""
        self.give_up("it is not needed any more")
        await asyncio.to_thread(self._process.wait)

    def _check_killed(self, end: asyncio.Future[int | None]) -> None:
        if not end.done():
            self.give_up(f"it did not end a child within {_KILL_SECONDS:g} s")

    async def _await_answer(self, seconds: float, failure: str) -> dict[str, Any]:
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(self._answer)
        except TimeoutError:
            self.give_up(f"it {failure} within {seconds:g} s")
            raise ForkserverLost(f"the forkserver {failure} within {seconds:g} s") from None

    def _send(self, message: dict[str, Any], *descriptors: int) -> None:
        packet = json.dumps(message).encode()
        try:
            if self.lost is None:
                socket.send_fds(self._control, [packet], descriptors)
        except OSError as error:
            self.give_up(f"it does not take requests: {error}")
        if self.lost is not None:
            raise ForkserverLost(f"the forkserver is lost: {self.lost}")

    def _read(self) -> None:
        while self.lost is None:
            try:
                packet = self._control.recv(PACKET_LIMIT)
            except BlockingIOError:
                return
            except OSError as error:
                self.give_up(f"its socket failed: {error}")
                return
            if not packet:
                self.give_up("it ended")
                return
            self._take(json.loads(packet))

    def _take(self, message: dict[str, Any]) -> None:
        if message["kind"] == "exited":
            end = self._exits.pop(message["pid"])
            end.set_result(message["code"])
            return
        if message["kind"] == "spawned":
            self._exits[message["pid"]] = self._next_exit
        if not self._answer.done():
            self._answer.set_result(message)


@dataclass(frozen=True, slots=True)
class _Started:
    process: subprocess.Popen[bytes]
    control: socket.socket


def _start_process(
    runner: str, environment: Mapping[str, str], spare_words: int | None
) -> _Started:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    command = [
        *(sys.executable, "-P", "-s", "-m", "qcexec_worker.forkserver"),
        *("--control", str(theirs.fileno()), "--parent", str(os.getpid())),
        *("--runner", runner),
    ]
    passed_on = [theirs.fileno()]
    if spare_words is not None:
        command += ["--spare-words", str(spare_words)]
        passed_on.append(spare_words)
    try:
        with theirs:
            process = subprocess.Popen(
                command,
                env=dict(environment),
                pass_fds=passed_on,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # A Ctrl-C or a signal to the worker's group is the worker's to handle: it drains.
                start_new_session=True,
            )
    except OSError as error:
        ours.close()
        raise ForkserverLost(f"the forkserver cannot be started: {error}") from error
    return _Started(process, ours)
