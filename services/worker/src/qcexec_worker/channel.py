"""Frames over the socket pair between a slot and its child.

A frame is a prefix with two lengths, a JSON object, and raw bytes: payloads and counts pass
as they are, never escaped into JSON. Both lengths are bounded, since what a child sends may
come from hostile native code. Decoding is separate from the sockets: the child reads with
blocking calls, the worker from its event loop, and both use the same decoder.
"""

import json
import socket
import struct
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from qcexec_worker.errors import ProtocolViolation

HEADER_LIMIT: Final = 64 * 1024
BODY_LIMIT: Final = 32 * 1024 * 1024

_PREFIX: Final = struct.Struct("!II")
_READ_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Frame:
    """One message: its kind, its fields (JSON values), its raw body, and its size as received."""

    kind: str
    fields: dict[str, Any]
    body: bytes = b""
    size: int = field(default=0, compare=False)


def encode(frame: Frame) -> bytes:
    """Give the bytes of a frame; raises ProtocolViolation when it is over a limit."""
    header = json.dumps({"kind": frame.kind, **frame.fields}, separators=(",", ":")).encode()
    _check_lengths(len(header), len(frame.body))
    return b"".join((_PREFIX.pack(len(header), len(frame.body)), header, frame.body))


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
                header_length, body_length = _PREFIX.unpack_from(buffer, start)
                _check_lengths(header_length, body_length)
                header_start = start + _PREFIX.size
                body_start = header_start + header_length
                end = body_start + body_length
                if len(buffer) < end:
                    break
                with memoryview(buffer) as view:
                    header, body = bytes(view[header_start:body_start]), bytes(view[body_start:end])
                start = end
                yield _parse(header, body)
        finally:
            del buffer[:start]


class BlockingChannel:
    """The child's end: blocking reads, and a look at what is already there."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._decoder = FrameDecoder()
        self._received: deque[Frame] = deque()

    def send(self, *frames: Frame) -> None:
        """Send frames in one piece; blocks while the other end does not read."""
        self._connection.sendall(b"".join(map(encode, frames)))

    def receive(self) -> Frame:
        """Wait for the next frame; raises EOFError when the other end is gone."""
        while not self._received:
            self._feed(self._connection.recv(_READ_BYTES))
        return self._received.popleft()

    def receive_available(self) -> list[Frame]:
        """Give the frames that are there, without waiting; raises EOFError."""
        while True:
            try:
                data = self._connection.recv(_READ_BYTES, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            self._feed(data)
        frames = list(self._received)
        self._received.clear()
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


def _parse(header: bytes, body: bytes) -> Frame:
    try:
        fields = json.loads(header)
    except (ValueError, RecursionError) as error:
        raise ProtocolViolation(
            f"the header of a frame is no JSON: {type(error).__name__}"
        ) from None
    if not isinstance(fields, dict) or not isinstance(kind := fields.pop("kind", None), str):
        raise ProtocolViolation("the header of a frame names no kind")
    return Frame(kind, fields, body, len(header) + len(body))
