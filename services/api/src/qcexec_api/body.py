"""Reads a request's body up to a limit.

What is over the limit is refused, and kept no longer: a request never holds more than the limit
in memory. The rest of such a body is read and dropped before the answer, for a while: a proxy or
client that is still sending when the answer comes and the connection closes may lose it, and
report a broken connection. Who asked beforehand (`Expect: 100-continue`, RFC 9110, section 10.1.1)
has sent nothing yet, and is answered at once.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from starlette.requests import ClientDisconnect, Request

from qcexec_api.errors import BodyIncomplete, BodyTooLarge

_DROPPED_BYTES = 64 * 1024**2
_DROPPING_SECONDS = 10.0


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body. Raises BodyTooLarge over `limit` bytes, or BodyIncomplete."""
    announced = _announced(request)
    if announced > limit and (announced > _DROPPED_BYTES or _asks_beforehand(request)):
        raise _too_large(limit)
    stream = request.stream()
    try:
        body = None if announced > limit else await _read(stream, limit)
        if body is None:
            await _drop(stream)
            raise _too_large(limit)
    except ClientDisconnect:
        raise BodyIncomplete("The request ended before its body did.") from None
    return body


async def _read(stream: AsyncIterator[bytes], limit: int) -> bytes | None:
    """All of it, or None at the byte that is too many."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in stream:
        size += len(chunk)
        if size > limit:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


async def _drop(stream: AsyncIterator[bytes]) -> None:
    """Reads on to the end, or until it is too much or takes too long."""
    size = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(_DROPPING_SECONDS):
            async for chunk in stream:
                size += len(chunk)
                if size > _DROPPED_BYTES:
                    return


def _asks_beforehand(request: Request) -> bool:
    return "100-continue" in request.headers.get("expect", "").lower()


def _announced(request: Request) -> int:
    length = request.headers.get("content-length", "")
    # More digits than any size has: Python refuses to convert thousands of them.
    return int(length[:20]) if length.isdecimal() else 0


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"body: Input should have at most {limit} bytes")
