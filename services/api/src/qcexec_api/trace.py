"""The span of a request: which requests have one, and what its log lines say of it.

FastAPI makes the span itself, around everything else, with the names and attributes of
https://opentelemetry.io/docs/specs/semconv/http/http-spans/. Probes have none: they come every few
seconds and tell nothing.
"""

from collections.abc import MutableMapping
from typing import Any

from fastapi.telemetry import TelemetryConfig
from starlette.types import ASGIApp, Receive, Scope, Send

from qcexec_api.access import PROBES
from qcexec_telemetry import bind
from qcexec_telemetry.tracing import Tracer


def request_spans(tracer: Tracer) -> TelemetryConfig:
    """What FastAPI is told: spans of requests by `tracer`, and nothing else; without it, nothing.

    Whatever the environment may say to FastAPI itself.
    """
    return TelemetryConfig(
        tracer_provider=tracer.provider,
        tracing=tracer.provider is not None,
        metrics=False,
        logs=False,
        operation_spans=False,
        auto_configure=False,
        exclude=_is_probe,
    )


class TraceBinding:
    """Binds the ids of the request's trace and span to all that is logged inside."""

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        current = self._tracer.current if scope["type"] == "http" else None
        if current is None:
            await self._app(scope, receive, send)
            return
        with bind(**current.log_fields):
            await self._app(scope, receive, send)


def _is_probe(scope: MutableMapping[str, Any]) -> bool:
    return scope.get("path") in PROBES
