"""One line a request, and the last place where an exception can become an answer.

Here every answer is seen, so here requests are counted, too.
Whatever nobody expected is logged here with its traceback, inside the block
that binds the request's id, and answered with 500 and no word about it.
Probes are logged at debug level, for they come every few seconds and tell
nothing; what the service could not do, at warning level.
"""

import asyncio
import logging
from http import HTTPStatus
from time import perf_counter
from typing import Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qcexec_api.notes import open_notes
from qcexec_api.problems import ENDED, ENDED_CODE, UNEXPECTED, UNEXPECTED_CODE
from qcexec_telemetry import log_event

PROBES = frozenset({"/health", "/livez", "/readyz"})
"""Paths that are asked for every few seconds, by machines."""

_logger = logging.getLogger(__name__)


class Answered(Protocol):
    """Is told of each request that has its answer."""

    def __call__(
        self, method: str, route: str | None, status: int | None, seconds: float, code: str | None
    ) -> None:
        """`route` is a template, None where there is none; `code` is an error's."""


class AccessLog:
    """Logs the event `request`: method, route, status, duration_ms and what was noted."""

    def __init__(self, app: ASGIApp, answered: Answered) -> None:
        self._app = app
        self._answered = answered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        notes = open_notes(scope)
        status: int | None = None
        code: str | None = None

        async def send_and_see(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_see)
        except asyncio.CancelledError:
            # Only the server cancels, at the end of its patience with requests in flight, and
            # nothing awaits the task of a request: here cancellation has reached its end.
            code = ENDED_CODE
            if status is None:
                await ENDED.response()(scope, receive, send_and_see)
        except Exception as error:
            code = UNEXPECTED_CODE
            log_event(_logger, "request_failed", severity=logging.ERROR, error=error)
            if status is not None:
                # Half an answer is out: only the server can end it, by closing the connection.
                raise
            await UNEXPECTED.response()(scope, receive, send_and_see)
        finally:
            route = _template(scope)
            seconds = perf_counter() - started
            self._answered(scope["method"], route, status, seconds, code or notes.get("code"))
            log_event(
                _logger,
                "request",
                severity=_severity(route, status),
                method=scope["method"],
                route=route,
                status=status,
                duration_ms=round(seconds * 1000, 3),
                **notes,
            )


def _template(scope: Scope) -> str | None:
    """The route that a request has met, or None."""
    known: str | None = getattr(scope.get("route"), "path_format", None)
    if known is not None or scope.get("endpoint") is None:
        return known
    # FastAPI names its own routes alone. What remains are mounts, which prolong the root path by
    # theirs, and the description, which has one path.
    mount: str = scope["root_path"]
    return f"{mount}/{{path}}" if mount else str(scope["path"])


def _severity(route: str | None, status: int | None) -> int:
    if route in PROBES:
        return logging.DEBUG
    if status is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return logging.WARNING
    return logging.INFO
