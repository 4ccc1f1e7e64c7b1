"""A TCP proxy before PostgreSQL that loses, delays or withholds chosen statements and answers.

It follows the protocol as far as it must: which SQL text each prepared statement has, when one is
executed, and where its answer ends (ReadyForQuery). A `Fault` strikes statements whose text holds
a given piece. Whole connections can be frozen too, as a cut network does: nothing arrives, nothing
is refused.
"""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import Enum
from typing import Self
from urllib.parse import urlsplit, urlunsplit

_SSL_REQUEST = 80877103
_CANCEL_REQUEST = 80877102
_READY_FOR_QUERY = b"Z"


class Strike(Enum):
    """What happens to a statement."""

    DROP_REQUEST = "drop_request"
    """The connection ends before the server hears of it."""

    DROP_REPLY = "drop_reply"
    """The server carries it out; the connection ends before the answer comes through."""

    STALL_REPLY = "stall_reply"
    """The server carries it out; the answer waits until the fault is released."""

    STALL_REQUEST = "stall_request"
    """The server hears of it once the fault is released, even if the client has gone by then."""


class Fault:
    """Strikes the next `times` statements whose SQL contains `piece`."""

    def __init__(self, piece: str, strike: Strike, times: int = 1) -> None:
        self.piece = piece
        self.strike = strike
        self.left = times
        self.struck = asyncio.Event()
        """A statement was hit."""
        self.carried_out = asyncio.Event()
        """The server has answered a statement that was hit."""
        self._released = asyncio.Event()

    def release(self) -> None:
        """Let through what is stalled, and strike nothing further."""
        self.left = 0
        self._released.set()

    async def released(self) -> None:
        """Returns once it is."""
        await self._released.wait()

    def hits(self, sql: str) -> bool:
        """Whether this statement is to be struck; takes one of `times`."""
        if self.left <= 0 or self.piece not in sql:
            return False
        self.left -= 1
        self.struck.set()
        return True


class Proxy:
    """Listens on a loopback port and passes everything on to `host`:`port`."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._links: set[_Link] = set()
        self._faults: list[Fault] = []
        self._open = asyncio.Event()
        self._open.set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self._open.set()
        self.release()
        for link in list(self._links):
            link.cut()
        await asyncio.gather(*(link.ended.wait() for link in list(self._links)))
        await self._server.wait_closed()

    def dsn(self, dsn: str) -> str:
        """The same URL by way of this proxy."""
        assert self._server is not None
        parts = urlsplit(dsn)
        port = self._server.sockets[0].getsockname()[1]
        return urlunsplit(parts._replace(netloc=f"{parts.username}@127.0.0.1:{port}"))

    def strike(self, piece: str, strike: Strike, times: int = 1) -> Fault:
        """Arm a fault."""
        fault = Fault(piece, strike, times)
        self._faults.append(fault)
        return fault

    def freeze(self) -> None:
        """Nothing passes any more, in either direction; new connections are taken and silent."""
        self._open.clear()

    def thaw(self) -> None:
        """What was withheld passes, and everything after it."""
        self._open.set()

    def release(self) -> None:
        """End every fault: what is stalled passes, and nothing further is struck."""
        for fault in self._faults:
            fault.release()

    def cut(self) -> None:
        """End every connection that is open now."""
        for link in list(self._links):
            link.cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = _Link(reader, writer, self._target, self._faults, self._open)
        self._links.add(link)
        try:
            await link.run()
        finally:
            self._links.discard(link)


@asynccontextmanager
async def proxied(dsn: str) -> AsyncIterator[tuple[Proxy, str]]:
    """A proxy before the server of `dsn`, and the URL through it."""
    parts = urlsplit(dsn)
    assert parts.hostname is not None
    assert parts.port is not None
    async with Proxy(parts.hostname, parts.port) as proxy:
        yield proxy, proxy.dsn(dsn)


class _Link:
    """One connection of a client, and the one to the server behind it."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        target: tuple[str, int],
        faults: list[Fault],
        passing: asyncio.Event,
    ) -> None:
        self._client_reader, self._client_writer = reader, writer
        self._target = target
        self._faults = faults
        self._passing = passing
        self._texts: dict[bytes, str] = {}
        self._fault: Fault | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._was_cut = False
        self.ended = asyncio.Event()

    def cut(self) -> None:
        self._was_cut = True
        for task in self._tasks:
            task.cancel()

    async def run(self) -> None:
        writers = [self._client_writer]
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                head = await self._startup()
                reader, writer = await asyncio.open_connection(*self._target)
                writers.append(writer)
                writer.write(head)
                self._tasks = [
                    asyncio.create_task(self._upstream(writer)),
                    asyncio.create_task(self._downstream(reader)),
                ]
                if self._was_cut:
                    self.cut()
                await asyncio.wait(self._tasks)
        finally:
            for each in writers:
                each.transport.abort()
            self.ended.set()

    async def _startup(self) -> bytes:
        while True:
            await self._passing.wait()
            head = await self._client_reader.readexactly(8)
            length, code = struct.unpack("!ii", head)
            if code == _SSL_REQUEST:
                self._client_writer.write(b"N")
                continue
            return head + await self._client_reader.readexactly(length - 8)

    async def _upstream(self, server: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                kind, message = await _message(self._client_reader)
                await self._passing.wait()
                fault = self._struck(kind, message)
                if fault is not None:
                    self._fault = fault
                    if fault.strike is Strike.DROP_REQUEST:
                        self._tasks[1].cancel()
                        return
                    if fault.strike is Strike.STALL_REQUEST:
                        message += await self._until_sync(kind)
                        await fault.released()
                server.write(message)
                await server.drain()
        if self._fault is None and not server.is_closing():
            # The client left. What is under way at the server it notices by itself.
            server.transport.abort()

    async def _until_sync(self, kind: bytes) -> bytes:
        rest = b""
        while kind not in (b"S", b"Q"):
            kind, message = await _message(self._client_reader)
            rest += message
        return rest

    def _struck(self, kind: bytes, message: bytes) -> Fault | None:
        if kind == b"P":
            name, text = message[5:].split(b"\0")[:2]
            self._texts[name] = text.decode()
            return None
        if kind == b"B":
            sql = self._texts.get(message[5:].split(b"\0")[1], "")
        elif kind == b"Q":
            sql = message[5:-1].decode()
        else:
            return None
        return next((fault for fault in self._faults if fault.hits(sql)), None)

    async def _downstream(self, server: asyncio.StreamReader) -> None:
        held = b""
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                kind, message = await _message(server)
                await self._passing.wait()
                fault = self._fault
                if fault is not None:
                    held += message
                    if kind != _READY_FOR_QUERY:
                        continue
                    fault.carried_out.set()
                    if fault.strike is Strike.DROP_REPLY:
                        break
                    await fault.released()
                    message, held, self._fault = held, b"", None
                self._client_writer.write(message)
                await self._client_writer.drain()
        self._client_writer.transport.abort()
        self._tasks[0].cancel()


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readexactly(5)
    return head[:1], head + await reader.readexactly(struct.unpack("!i", head[1:])[0] - 4)
