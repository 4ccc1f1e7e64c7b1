"""Traces: what one task went through, from the request to its result, as a tree of spans.

Off unless OpenTelemetry's own variables name a collector, and then nothing of OpenTelemetry is
imported. A service is given a `Tracer` and never sees the library. Spans whose time is known when
they begin are opened; those that are known only when all is over are recorded, with the times that
they had. A span may be given its id, so that others can refer to it who have never heard of it.
"""

from qcexec_telemetry.tracing.spans import (
    FinishedSpan,
    SpanIdentity,
    SpanKind,
    TraceValue,
    read_traceparent,
)
from qcexec_telemetry.tracing.switch import collector_is_set, tracing
from qcexec_telemetry.tracing.tracer import NO_TRACES, OpenSpan, Tracer

__all__ = [
    "NO_TRACES",
    "FinishedSpan",
    "OpenSpan",
    "SpanIdentity",
    "SpanKind",
    "TraceValue",
    "Tracer",
    "collector_is_set",
    "read_traceparent",
    "tracing",
]
