"""Logs, metrics and traces of every service, set up in one way.

One JSON object a line, on stdout and, where a path is given, in a rotating
file. A service calls `configure_logging` once, names what happens with
`log_event`, and says with `bind` what all lines of a request or of a task
have in common. What it counts it declares with `metrics`, and serves with
`metrics_server`; spans it gives to the tracer of `tracing`. These are imported
by those alone who need them.
"""

from qcexec_telemetry.configuration import configure_logging
from qcexec_telemetry.context import bind
from qcexec_telemetry.errors import (
    LogFileUnusable,
    MetricsAddressUnusable,
    TelemetryError,
    TracesUnsupported,
)
from qcexec_telemetry.events import log_event, log_typed_event

__all__ = [
    "LogFileUnusable",
    "MetricsAddressUnusable",
    "TelemetryError",
    "TracesUnsupported",
    "bind",
    "configure_logging",
    "log_event",
    "log_typed_event",
]
