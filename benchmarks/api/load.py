"""A small HTTP/1.1 client: the same circuit over kept connections, as fast as it is answered.

`python -m benchmarks.api.load PORT CONNECTIONS REQUESTS` prints one JSON object: requests per
second, and the 50th and 99th percentile of the time to the answer in milliseconds. It is a process
of its own and reads no more of an answer than its status and length, so that what is measured is
the server.
"""

import asyncio
import json
import sys
import time
from statistics import median, quantiles
from typing import cast

import uvloop
from benchmarks.processes import Figures

_CIRCUIT = """OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q;
bit[2] c;
h q[0];
cx q[0], q[1];
c = measure q;
"""
_BODY = json.dumps({"qc": _CIRCUIT, "shots": 1024}).encode()
_HEAD = (
    "POST /tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    f"Content-Length: {len(_BODY)}\r\n\r\n"
)
_REQUEST = _HEAD.encode() + _BODY


class _Client(asyncio.Protocol):
    """One connection: sends a request, reads its answer, sends the next."""

    def __init__(self, requests: int) -> None:
        self.milliseconds: list[float] = []
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests = requests
        self._transport: asyncio.Transport | None = None
        self._sent = 0.0
        self._answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have a base class of their own.
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, found, rest = self._answer.partition(b"\r\n\r\n")
        if not found or len(rest) < _length(head):
            return
        if not head.startswith(b"HTTP/1.1 202"):
            self._end(RuntimeError(f"not accepted: {self._answer[:300]!r}"))
            return
        self.milliseconds.append((time.perf_counter() - self._sent) * 1e3)
        self._answer = b""
        if len(self.milliseconds) < self._requests:
            self._send()
        else:
            self._end(None)

    def connection_lost(self, error: Exception | None) -> None:
        self._end(error or RuntimeError("the server closed the connection"))

    def _send(self) -> None:
        assert self._transport is not None
        self._sent = time.perf_counter()
        self._transport.write(_REQUEST)

    def _end(self, error: Exception | None) -> None:
        if self.ended.done():
            return
        if error is None:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(error)


async def load(port: int, connections: int, requests: int) -> Figures:
    """Send `requests` over `connections`. Raises RuntimeError for any answer but 202."""
    loop = asyncio.get_running_loop()
    each = requests // connections
    started = time.perf_counter()
    clients = [
        (await loop.create_connection(lambda: _Client(each), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    await asyncio.gather(*(client.ended for client in clients))
    seconds = time.perf_counter() - started
    milliseconds = [each for client in clients for each in client.milliseconds]
    return {
        "rate": len(milliseconds) / seconds,
        "p50": median(milliseconds),
        "p99": quantiles(milliseconds, n=100, method="inclusive")[98],
    }


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise RuntimeError(f"an answer without a length: {head!r}")


if __name__ == "__main__":
    figures = uvloop.run(load(*(int(argument) for argument in sys.argv[1:])))
    sys.stdout.write(json.dumps(figures) + "\n")
