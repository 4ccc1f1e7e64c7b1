"""Sends each answer in one piece.

The server writes the head of an answer and its body one after the other, and each goes out as a
segment of its own: twice the system calls, and proxies that let go of a connection in between
hand on a head without its body. So what is written within one turn of the event loop is gathered,
and sent at its end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_GATHERED_BYTES = 64 * 1024


class GatheringProtocol(HttpToolsProtocol):
    """uvicorn's protocol on a transport that gathers."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there. The signature is uvicorn's."""
        super().connection_made(GatheringTransport(transport, self.loop))


class GatheringTransport(asyncio.Transport):
    """Writes to `transport` at the end of the event loop's turn, or when there is much."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._gathered: list[bytes | bytearray | memoryview] = []
        self._size = 0

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        """Keep `data` for the end of the turn."""
        if not self._gathered:
            self._loop.call_soon(self.flush)
        self._gathered.append(data)
        self._size += len(data)
        if self._size > _GATHERED_BYTES:
            self.flush()

    def flush(self) -> None:
        """Send what was gathered."""
        if self._gathered:
            whole = b"".join(self._gathered)
            self._gathered.clear()
            self._size = 0
            self._transport.write(whole)

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview[Any]]) -> None:
        """Keep all of it."""
        for data in list_of_data:
            self.write(data)

    def close(self) -> None:
        """Close it after what was written."""
        self.flush()
        self._transport.close()

    def abort(self) -> None:
        """Close it at once."""
        self._gathered.clear()
        self._transport.abort()

    def is_closing(self) -> bool:
        """Whether it is closed or about to be."""
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What is known of the connection."""
        return self._transport.get_extra_info(name, default)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Give the connection to another protocol."""
        self._transport.set_protocol(protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Whose the connection is."""
        return self._transport.get_protocol()

    def is_reading(self) -> bool:
        """Whether it reads."""
        return self._transport.is_reading()

    def pause_reading(self) -> None:
        """Read no more for a while."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read again."""
        self._transport.resume_reading()
