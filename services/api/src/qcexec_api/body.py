"""Reads a request's body up to a limit.

A body that is announced as too large is refused before it is read; one that
announces nothing is refused at the byte that is too many. So a request never
holds more than the limit in memory.
"""

from starlette.requests import ClientDisconnect, Request

from qcexec_api.errors import BodyIncomplete, BodyTooLarge


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body. Raises BodyTooLarge over `limit` bytes, or BodyIncomplete."""
    if _announced(request) > limit:
        raise _too_large(limit)
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise _too_large(limit)
            chunks.append(chunk)
    except ClientDisconnect:
        raise BodyIncomplete("The request ended before its body did.") from None
    return b"".join(chunks)


def _announced(request: Request) -> int:
    length = request.headers.get("content-length", "")
    # More digits than any size has: Python refuses to convert thousands of them.
    return int(length[:20]) if length.isdecimal() else 0


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"body: Input should have at most {limit} bytes")
