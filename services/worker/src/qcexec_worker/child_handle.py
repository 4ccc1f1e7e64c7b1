"""A slot's hold on one child: its frames in order, and its death with the reason.

The reader stops reading while frames wait, so a child that floods its channel blocks itself
instead of filling the worker's memory. It also rests where many small frames are to come: to wake
a reader costs both sides as much as a tiny circuit, while what a child sends to one that rests
costs it next to nothing. A death is known when the channel has closed and the forkserver has told
how the process ended: only then can nothing of that child follow.
"""

import asyncio
import signal
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, cast

from qcexec_worker.channel import Frame, FrameDecoder, encode
from qcexec_worker.errors import ProtocolViolation
from qcexec_worker.forkserver_handle import Spawned
from qcexec_worker.jobs import DeathReason

_WAITING_BYTES: Final = 1024 * 1024
_LAST_WORDS_SECONDS: Final = 1.0
_LAST_WORDS_LIMIT: Final = 4000


@dataclass(frozen=True, slots=True)
class Death:
    """Why and how a child ended."""

    reason: DeathReason
    detail: str


class ChildHandle(asyncio.Protocol):
    """One child, from its fork to its death."""

    def __init__(self, spawned: Spawned) -> None:
        loop = asyncio.get_running_loop()
        self.pid = spawned.pid
        self.was_used = False
        """Whether it was ever given a job."""
        self._spawned = spawned
        self._decoder = FrameDecoder()
        self._frames: deque[Frame] = deque()
        self._frames_bytes = 0
        self._paused = False
        self._rest: asyncio.TimerHandle | None = None
        self._arrival: asyncio.Future[None] | None = None
        self._closed: asyncio.Future[None] = loop.create_future()
        self._transport: asyncio.Transport | None = None
        self._killed_for: Death | None = None
        self._last_words: str | None = None
        self._death: asyncio.Task[Death] = loop.create_task(self._await_death())

    @property
    def has_frames(self) -> bool:
        """Whether a frame waits to be taken."""
        return bool(self._frames)

    async def connect(self) -> None:
        """Take up the channel; before that nothing can be sent or received."""
        loop = asyncio.get_running_loop()
        await loop.create_unix_connection(lambda: self, sock=self._spawned.connection)

    def send(self, frames: Iterable[Frame]) -> None:
        """Send frames; what the child does not read yet waits here."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(map(encode, frames)))

    @property
    def silent(self) -> bool:
        """Whether the channel has closed and every frame is taken."""
        return self._closed.done() and not self._frames

    async def wait_for_frame(self) -> None:
        """Wait until a frame can be taken or the channel has closed."""
        while not self._frames and not self._closed.done():
            self._arrival = asyncio.get_running_loop().create_future()
            await self._arrival

    def take_frame(self) -> Frame | None:
        """Give the next frame, if one is there."""
        if not self._frames:
            return None
        frame = self._frames.popleft()
        self._frames_bytes -= frame.size
        if self._paused and self._rest is None and self._frames_bytes <= _WAITING_BYTES:
            self._resume_reading()
        return frame

    def rest(self, seconds: float) -> None:
        """Read nothing for so long; what the child sends meanwhile comes in one piece then."""
        if not self._paused and not self._spawned.exit.done():
            self._pause_reading()
            loop = asyncio.get_running_loop()
            self._rest = loop.call_later(seconds, self.end_rest)

    def end_rest(self) -> None:
        """Read on."""
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None
            self._resume_reading()

    def kill(self, reason: DeathReason, detail: str) -> None:
        """End the child at once; its death will have this reason if nothing came before."""
        if self._killed_for is None and not self._spawned.exit.done():
            self._killed_for = Death(reason, detail)
            self._spawned.kill()

    async def death(self) -> Death:
        """Wait until the child is dead and its channel is read to the end."""
        return await asyncio.shield(self._death)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:  # noqa: D102
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:  # noqa: D102
        try:
            for frame in self._decoder.feed(data):
                self._take(frame)
        except ProtocolViolation as violation:
            self.kill(DeathReason.PROTOCOL, str(violation))
            if self._transport is not None:
                self._transport.abort()
        if self._frames_bytes > _WAITING_BYTES and not self._spawned.exit.done():
            self._pause_reading()
        self._notice()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002, D102
        if not self._closed.done():
            self._closed.set_result(None)
        self._notice()

    def _take(self, frame: Frame) -> None:
        if frame.kind == "crashed":
            self._last_words = _plain(str(frame.fields.get("detail")))
            return
        self._frames.append(frame)
        self._frames_bytes += frame.size

    def _notice(self) -> None:
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)

    def _pause_reading(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()
            self._paused = True

    def _resume_reading(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()
            self._paused = False

    async def _await_death(self) -> Death:
        end, closed = self._spawned.exit, self._closed
        await asyncio.wait((end, closed), return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait((end,), timeout=_LAST_WORDS_SECONDS)
        if not end.done():
            self.kill(DeathReason.PROTOCOL, "it closed its channel and lived on")
            await asyncio.wait((end,))
        self.end_rest()
        self._resume_reading()
        await asyncio.wait((closed,), timeout=_LAST_WORDS_SECONDS)
        if self._transport is None:
            self._spawned.connection.close()
            self.connection_lost(None)
        elif not closed.done():
            self._transport.abort()
            await asyncio.wait((closed,))
        return _explain(end.result(), self._killed_for, self._last_words)


def _explain(code: int | None, killed_for: Death | None, last_words: str | None) -> Death:
    """Say why a child ended; a kill of ours counts only where nothing else came before it."""
    if killed_for is not None and (
        code in (None, -signal.SIGKILL) or killed_for.reason is not DeathReason.TIME_LIMIT
    ):
        return killed_for
    if code is None:
        return Death(DeathReason.FORKSERVER_LOST, "the forkserver was lost, and the child with it")
    if code < 0:
        return Death(DeathReason.KILLED, f"signal {-code}")
    words = f": {last_words}" if last_words else ""
    return Death(DeathReason.EXITED, f"exit status {code}{words}")


def _plain(text: str) -> str:
    """Give text that a database can store: no NUL, no lone surrogates, of bounded length."""
    return text.encode(errors="replace").decode().replace("\0", "?")[:_LAST_WORDS_LIMIT]
