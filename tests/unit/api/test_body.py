"""Bodies are read up to a limit, whether or not they announce their size."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from qcexec_api.body import read_body
from qcexec_api.errors import BodyIncomplete, BodyTooLarge


class Client:
    """Sends a body in chunks and counts how many were asked for."""

    def __init__(self, chunks: Iterable[bytes], *, leaves: bool = False) -> None:
        self._chunks = list(chunks)
        self._leaves = leaves
        self.taken = 0

    def request(self, length: bytes | None = None, *, asks: bool = False) -> Request:
        headers = [] if length is None else [(b"content-length", length)]
        if asks:
            headers.append((b"expect", b"100-continue"))
        return Request({"type": "http", "headers": headers}, self._receive)

    async def _receive(self) -> Message:
        if self.taken == len(self._chunks):
            if self._leaves:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": b"", "more_body": False}
        self.taken += 1
        return {"type": "http.request", "body": self._chunks[self.taken - 1], "more_body": True}


@given(st.lists(st.binary(max_size=20)))
async def test_a_body_within_the_limit_arrives_whole(chunks: list[bytes]) -> None:
    whole = b"".join(chunks)
    assert await read_body(Client(chunks).request(), len(whole)) == whole


@given(st.lists(st.binary(max_size=20)).filter(any))
async def test_one_byte_too_many_is_refused(chunks: list[bytes]) -> None:
    with pytest.raises(BodyTooLarge):
        await read_body(Client(chunks).request(), len(b"".join(chunks)) - 1)


@pytest.mark.parametrize("length", [None, b"1000"])
async def test_the_answer_comes_after_the_body_that_is_too_large(length: bytes | None) -> None:
    """Who is still sending when the connection closes never hears of the limit."""
    client = Client([b"x"] * 1000)
    with pytest.raises(BodyTooLarge, match="at most 10 bytes"):
        await read_body(client.request(length), 10)
    assert client.taken == 1000


async def test_who_asks_beforehand_is_refused_before_anything_is_read() -> None:
    client = Client([b"x" * 100])
    with pytest.raises(BodyTooLarge, match="at most 99 bytes"):
        await read_body(client.request(b"100", asks=True), 99)
    assert client.taken == 0


async def test_a_body_without_end_is_not_read_for_ever() -> None:
    mebibytes = Client([b"x" * 1024**2] * 1000)
    with pytest.raises(BodyTooLarge):
        await read_body(mebibytes.request(), 10)
    assert mebibytes.taken < 100


async def test_a_wrong_announcement_does_not_lift_the_limit() -> None:
    with pytest.raises(BodyTooLarge):
        await read_body(Client([b"x" * 100]).request(b"1"), 10)


@pytest.mark.parametrize("length", [b"", b"many", b"-1", b"\xb2"])
async def test_a_nonsensical_announcement_is_ignored(length: bytes) -> None:
    assert await read_body(Client([b"x"]).request(length), 10) == b"x"


async def test_an_absurd_announcement_is_refused_at_once() -> None:
    client = Client([b"x"])
    with pytest.raises(BodyTooLarge):
        await read_body(client.request(b"9" * 5000), 10)
    assert client.taken == 0


async def test_a_client_that_leaves_submits_nothing() -> None:
    with pytest.raises(BodyIncomplete):
        await read_body(Client([b"x"], leaves=True).request(), 10)
