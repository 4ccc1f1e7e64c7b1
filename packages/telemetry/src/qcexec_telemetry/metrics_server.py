"""Where a scraper gets the metrics: a listener of its own, in a thread of its own.

Not a route of the service: whoever may submit need not see the figures, and a scrape is answered
whatever the event loop is at. The client library's application answers. Its server is not used:
that one looks up the machine's name before it listens, which takes long where no DNS answers, and
waits for ever for a client that says nothing.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, make_wsgi_app

from qcexec_telemetry.errors import MetricsAddressUnusable

_SILENCE_SECONDS = 10.0
_POLL_SECONDS = 0.1


@contextmanager
def serving_metrics(registry: CollectorRegistry, host: str, port: int) -> Iterator[None]:
    """Serves `registry` over HTTP while inside; port 0: does nothing.

    Raises MetricsAddressUnusable where the address can't be listened on.
    """
    if port == 0:
        yield
        return
    server = _listening(host, port)
    server.set_app(make_wsgi_app(registry))
    thread = threading.Thread(
        target=server.serve_forever, args=(_POLL_SECONDS,), name="metrics", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _listening(host: str, port: int) -> _Server:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        kind = _ServerV6 if family is socket.AF_INET6 else _Server
        return kind((str(address[0]), port), _Handler)
    except OSError as error:
        message = (
            f"cannot serve metrics on {host} port {port}: {error.strerror or error}; "
            "QCEXEC_METRICS_PORT names another port, or 0 for none"
        )
        raise MetricsAddressUnusable(message) from error


class _Handler(WSGIRequestHandler):
    timeout = _SILENCE_SECONDS

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class's name
        """Says nothing: a scrape every few seconds is no news."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        """Binds without asking DNS for a name, which nothing here uses."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "", self.server_address[1]
        self.setup_environ()

    def handle_error(self, request: object, client_address: object) -> None:
        """A scraper that has gone away is no fault of this process."""


class _ServerV6(_Server):
    address_family = socket.AF_INET6
