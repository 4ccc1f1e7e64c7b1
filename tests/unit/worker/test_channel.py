import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcexec_worker.channel import (
    BODY_LIMIT,
    HEADER_LIMIT,
    KINDS,
    BlockingChannel,
    Frame,
    FrameDecoder,
    encode,
)
from qcexec_worker.errors import ProtocolViolation

values = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers())
frames = st.builds(
    Frame,
    kind=st.sampled_from(KINDS),
    fields=st.dictionaries(st.text(), values),
    body=st.binary(),
    key=st.integers(0, 2**64 - 1),
    seed=st.integers(0, 2**64 - 1),
    nanoseconds=st.integers(0, 2**64 - 1),
)


@given(sent=st.lists(frames), cuts=st.lists(st.integers(1, 40)))
def test_frames_come_out_as_they_went_in_however_the_stream_is_cut(
    sent: list[Frame], cuts: list[int]
) -> None:
    stream = b"".join(map(encode, sent))
    decoder = FrameDecoder()
    received: list[Frame] = []
    for cut in cuts:
        received += decoder.feed(stream[:cut])
        stream = stream[cut:]
    received += decoder.feed(stream)
    assert received == sent
    assert decoder.pending_bytes == 0


@given(data=st.binary(max_size=64))
def test_garbage_is_a_violation_or_waits_but_never_breaks(data: bytes) -> None:
    decoder = FrameDecoder()
    try:
        list(decoder.feed(data))
    except ProtocolViolation:
        return
    assert decoder.pending_bytes <= len(data)


@pytest.mark.parametrize(
    ("header_length", "body_length"), [(HEADER_LIMIT + 1, 0), (2, BODY_LIMIT + 1)]
)
def test_a_length_over_the_limit_is_refused_before_its_bytes_arrive(
    header_length: int, body_length: int
) -> None:
    with pytest.raises(ProtocolViolation, match="over the limit"):
        list(FrameDecoder().feed(struct.pack("!BQQQII", 0, 0, 0, 0, header_length, body_length)))


@pytest.mark.parametrize("header", [b"{", b"[]", b"{}x", b"\xff", b"[" * 60_000, b"1" * 60_000])
def test_a_header_that_is_no_object_is_refused(header: bytes) -> None:
    with pytest.raises(ProtocolViolation):
        list(FrameDecoder().feed(struct.pack("!BQQQII", 0, 0, 0, 0, len(header), 0) + header))


def test_a_kind_that_there_is_not_is_refused() -> None:
    with pytest.raises(ProtocolViolation, match="of kind"):
        list(FrameDecoder().feed(struct.pack("!BQQQII", len(KINDS), 0, 0, 0, 0, 0)))


def test_frames_before_the_garbage_count() -> None:
    received: list[Frame] = []
    with pytest.raises(ProtocolViolation):
        received.extend(FrameDecoder().feed(encode(Frame("begun", {})) + b"\xff" * 64))
    assert received == [Frame("begun", {})]


def test_a_frame_over_the_limit_is_not_sent() -> None:
    with pytest.raises(ProtocolViolation):
        encode(Frame("job", {}, bytes(BODY_LIMIT + 1)))


def test_a_look_at_the_channel_does_not_wait() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        channel = BlockingChannel(theirs)
        assert channel.receive_available() == []
        ours.sendall(encode(Frame("hello")) + encode(Frame("begun", key=2))[:-1])
        assert channel.receive_available() == [Frame("hello")]
        ours.sendall(encode(Frame("begun", key=2))[-1:])
        assert channel.receive() == [Frame("begun", key=2)]


def test_the_end_of_the_other_side_is_told() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        ours.close()
        channel = BlockingChannel(theirs)
        with pytest.raises(EOFError):
            channel.receive()
        with pytest.raises(EOFError):
            channel.receive_available()
