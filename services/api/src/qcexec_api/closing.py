"""Lets go of connections while the process is terminating, each after its next answer.

A proxy that holds a connection open may send a request on it just when the server closes it, and
cannot tell whether a POST was carried out. So every answer of the shutdown delay says that it is
the connection's last one; who has heard it sends elsewhere. See RFC 9112, section 9.6.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qcexec_api.readiness import Readiness


class ConnectionClosing:
    """Adds `Connection: close` to every answer once `readiness` says that the end is near."""

    def __init__(self, app: ASGIApp, readiness: Readiness) -> None:
        self._app = app
        self._readiness = readiness

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_and_close(message: Message) -> None:
            if message["type"] == "http.response.start" and self._readiness.terminating:
                MutableHeaders(scope=message)["connection"] = "close"
            await send(message)

        await self._app(scope, receive, send_and_close if scope["type"] == "http" else send)
