"""Frames over the socket pair between a slot and its child.

A frame is a prefix (its kind, a job's key, seed and time, two lengths), a JSON object where there
is more to say, and raw bytes: payloads and counts pass as they are, never escaped into JSON. A tiny
circuit takes as long as a few JSON objects, so neither the frame with a job nor the one that says
that it begins has any. Both lengths are bounded, since what a child sends may come from hostile
native code. Decoding is separate from the sockets: the child reads with blocking calls, the worker
from its event loop, and both use the same decoder.
"""

import json
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from qcexec_worker.errors import ProtocolViolation

HEADER_LIMIT: Final = 64 * 1024
BODY_LIMIT: Final = 32 * 1024 * 1024

KINDS: Final = ("hello", "job", "recall", "begun", "finished", "skipped", "crashed")

_NUMBERS: Final = {kind: number for number, kind in enumerate(KINDS)}
_PREFIX: Final = struct.Struct("!BQQQII")
_READ_BYTES: Final = 64 * 1024
# Made once, and without the guesses that `json.dumps` and `json.loads` make anew for each call.
_encode_fields: Final = json.JSONEncoder(separators=(",", ":")).encode
_decode_fields: Final = json.JSONDecoder().raw_decode


@dataclass(frozen=True, slots=True)
class Frame:
    """One message.

    Attributes:
        kind: one of KINDS.
        fields: what else it says, as JSON values by name.
        body: raw bytes.
        key: that of the job that it is about, of 64 bits.
        seed: that of the job that it brings, of 64 bits.
        nanoseconds: how long the job took that it ends, of 64 bits.
        size: its bytes as received.
    """

    kind: str
    fields: dict[str, Any] = field(default_factory=dict)
    body: bytes = b""
    key: int = 0
    seed: int = 0
    nanoseconds: int = 0
    size: int = field(default=0, compare=False)


def encode(frame: Frame) -> bytes:
    """Give the bytes of a frame; raises ProtocolViolation when it is over a limit."""
    number, body = _NUMBERS[frame.kind], frame.body
    header = _encode_fields(frame.fields).encode() if frame.fields else b""
    _check_lengths(len(header), len(body))
    about = number, frame.key, frame.seed, frame.nanoseconds
    return _PREFIX.pack(*about, len(header), len(body)) + header + body


class FrameDecoder:
    """Cuts a stream of bytes into frames, however the stream was cut on its way."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def pending_bytes(self) -> int:
        """How many bytes of an incomplete frame wait for the rest."""
        return len(self._buffer)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Add received bytes and give the frames they complete; iterate to the end.

        Raises ProtocolViolation where the stream goes wrong, after the frames before it: a
        child that says what it begins, and then sends garbage, has begun it.
        """
        buffer = self._buffer
        buffer += data
        start = 0
        try:
            while len(buffer) - start >= _PREFIX.size:
                prefix = _PREFIX.unpack_from(buffer, start)
                number, key, seed, nanoseconds, header_length, body_length = prefix
                _check_lengths(header_length, body_length)
                body_start = start + _PREFIX.size + header_length
                end = body_start + body_length
                if len(buffer) < end:
                    break
                header = bytes(buffer[body_start - header_length : body_start])
                with memoryview(buffer) as view:
                    body = bytes(view[body_start:end])
                start, size = end, end - start
                fields = _fields(header) if header else {}
                yield Frame(_kind(number), fields, body, key, seed, nanoseconds, size)
        finally:
            del buffer[:start]


class BlockingChannel:
    """The child's end: blocking reads, and a look at what is already there."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._decoder = FrameDecoder()
        self._received: list[Frame] = []

    def send(self, *frames: Frame) -> None:
        """Send frames in one piece; blocks while the other end does not read."""
        if frames:
            self._connection.sendall(b"".join(map(encode, frames)))

    def receive(self) -> list[Frame]:
        """Wait for the next frames; raises EOFError when the other end is gone."""
        while not self._received:
            self._feed(self._connection.recv(_READ_BYTES))
        return self._take()

    def receive_available(self) -> list[Frame]:
        """Give the frames that are there, without waiting; raises EOFError."""
        while True:
            try:
                data = self._connection.recv(_READ_BYTES, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            self._feed(data)
        return self._take()

    def _take(self) -> list[Frame]:
        frames, self._received = self._received, []
        return frames

    def _feed(self, data: bytes) -> None:
        if not data:
            raise EOFError
        self._received.extend(self._decoder.feed(data))


def _check_lengths(header_length: int, body_length: int) -> None:
    if header_length > HEADER_LIMIT or body_length > BODY_LIMIT:
        raise ProtocolViolation(
            f"a frame of {header_length} + {body_length} bytes is over the limit of "
            f"{HEADER_LIMIT} + {BODY_LIMIT}"
        )


def _kind(number: int) -> str:
    if number >= len(KINDS):
        raise ProtocolViolation(f"a frame is of kind {number}, which there is not")
    return KINDS[number]


def _fields(header: bytes) -> dict[str, Any]:
    try:
        text = header.decode()
        fields, end = _decode_fields(text)
    except (ValueError, RecursionError) as error:
        raise ProtocolViolation(
            f"the header of a frame is no JSON: {type(error).__name__}"
        ) from None
    if not isinstance(fields, dict) or end != len(text):
        raise ProtocolViolation("the header of a frame is no JSON object")
    return fields
