"""An id for each request, which every line about it has and its answer repeats.

A client, or a proxy on the way, may give one in `X-Request-ID`; it goes into
logs and into a header, so that only a short one of harmless characters is taken.
"""

import re
from collections.abc import Iterable
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qcexec_telemetry import bind

_HEADER = b"x-request-id"
_HARMLESS = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}")


class RequestIdMiddleware:
    """Binds the request's id to all that is logged inside, and echoes it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = choose_request_id(scope["headers"])
        header = (_HEADER, request_id.encode())

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], header]
            await send(message)

        with bind(request_id=request_id):
            await self._app(scope, receive, send_with_id)


def choose_request_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The id that the client gave, where it is harmless, else a new one."""
    for name, value in headers:
        if name == _HEADER and _HARMLESS.fullmatch(value):
            return value.decode()
    return uuid4().hex
