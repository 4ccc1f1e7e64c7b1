"""Headers that reach logs and the queue are taken only where they are harmless."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcexec_api.request_id import choose_request_id
from qcexec_api.traceparent import valid_traceparent

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_an_id_that_the_client_gives_is_kept() -> None:
    headers = [(b"host", b"x"), (b"x-request-id", b"proxy:42/a=b.c")]
    assert choose_request_id(headers) == "proxy:42/a=b.c"


@pytest.mark.parametrize("value", [b"", b"a b", b"a\nb", b'"', b"\xff", b"x" * 129, b"a\n"])
def test_an_id_that_could_do_harm_is_replaced(value: bytes) -> None:
    chosen = choose_request_id([(b"x-request-id", value)])
    assert re.fullmatch(r"[0-9a-f]{32}", chosen)


@given(st.binary())
def test_any_header_gives_a_short_id_in_plain_ascii(value: bytes) -> None:
    chosen = choose_request_id([(b"x-request-id", value)])
    assert re.fullmatch(r"[!-~]{1,128}", chosen)


def test_requests_without_an_id_get_different_ones() -> None:
    assert choose_request_id([]) != choose_request_id([])


def test_a_trace_context_is_kept() -> None:
    assert valid_traceparent(TRACE) == TRACE


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        TRACE.upper(),
        TRACE + "\n",
        TRACE + "-more",
        "ff" + TRACE[2:],
        TRACE.replace("0af7651916cd43dd8448eb211c80319c", "0" * 32),
        TRACE.replace("b7ad6b7169203331", "0" * 16),
        "x" * 55,
    ],
)
def test_a_malformed_trace_context_is_ignored(header: str | None) -> None:
    assert valid_traceparent(header) is None
