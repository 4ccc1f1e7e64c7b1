"""What is written in one turn of the event loop goes out in one piece, and nothing is lost."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from qcexec_api.gathering import GatheringTransport


class Receiver(asyncio.Protocol):
    """Keeps the connection for the test."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport


@asynccontextmanager
async def connection() -> AsyncIterator[tuple[GatheringTransport, socket.socket]]:
    """A gathering transport, and the other end of its connection."""
    near, far = socket.socketpair()
    far.setblocking(False)
    loop = asyncio.get_running_loop()
    _, receiver = await loop.create_connection(Receiver, sock=near)
    with far:
        yield GatheringTransport(receiver.transport, loop), far
        receiver.transport.abort()


async def received(far: socket.socket) -> bytes:
    return await asyncio.get_running_loop().sock_recv(far, 1024**2)


async def test_what_is_written_in_one_turn_is_one_piece() -> None:
    async with connection() as (transport, far):
        transport.write(b"head ")
        with pytest.raises(BlockingIOError):
            far.recv(1)
        transport.writelines([b"and ", b"body"])
        assert await received(far) == b"head and body"


async def test_the_next_turn_has_a_piece_of_its_own() -> None:
    async with connection() as (transport, far):
        for piece in (b"one", b"two"):
            transport.write(piece)
            assert await received(far) == piece


async def test_much_is_not_kept_until_the_end_of_the_turn() -> None:
    async with connection() as (transport, far):
        transport.write(b"x" * 65 * 1024)
        assert far.recv(1) == b"x"


async def test_what_was_written_before_the_end_is_sent() -> None:
    async with connection() as (transport, far):
        transport.write(b"last words")
        transport.close()
        assert transport.is_closing()
        assert await received(far) == b"last words"
        assert await received(far) == b""


async def test_an_aborted_connection_sends_nothing_more() -> None:
    async with connection() as (transport, far):
        transport.write(b"x")
        transport.abort()
        assert await received(far) == b""
