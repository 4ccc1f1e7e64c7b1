"""One line a request, and the last place where an exception can become an answer.

Whatever nobody expected is logged here with its traceback, inside the block
that binds the request's id, and answered with 500 and no word about it.
Probes are logged at debug level, for they come every few seconds and tell
nothing; what the service could not do, at warning level.
"""

import asyncio
import logging
from http import HTTPStatus
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qcexec_api.notes import open_notes
from qcexec_api.problems import ENDED, UNEXPECTED
from qcexec_telemetry import log_event

_PROBES = frozenset({"/health", "/livez", "/readyz"})

_logger = logging.getLogger(__name__)


class AccessLog:
    """Logs the event `request`: method, route, status, duration_ms and what was noted."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        notes = open_notes(scope)
        status: int | None = None

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
            if status is None:
                await ENDED.response()(scope, receive, send_and_see)
        except Exception as error:
            log_event(_logger, "request_failed", severity=logging.ERROR, error=error)
            if status is not None:
                # Half an answer is out: only the server can end it, by closing the connection.
                raise
            await UNEXPECTED.response()(scope, receive, send_and_see)
        finally:
            route = getattr(scope.get("route"), "path_format", None)
            log_event(
                _logger,
                "request",
                severity=_severity(route, status),
                method=scope["method"],
                route=route,
                status=status,
                duration_ms=round((perf_counter() - started) * 1000, 3),
                **notes,
            )


def _severity(route: str | None, status: int | None) -> int:
    if route in _PROBES:
        return logging.DEBUG
    if status is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return logging.WARNING
    return logging.INFO
