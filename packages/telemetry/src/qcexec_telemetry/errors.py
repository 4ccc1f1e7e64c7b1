"""What can go wrong when telemetry is set up.

TelemetryError
├── LogFileUnusable             the log file cannot be opened for appending
├── MetricsAddressUnusable      the address for metrics cannot be listened on
├── TracesUnsupported           traces are asked for in a way that is not known here
└── MarkersMissing              a page has no place for the table of metrics
"""

from typing import ClassVar


class TelemetryError(Exception):
    """Anything that this package refuses to do."""

    code: ClassVar[str] = "telemetry_error"


class LogFileUnusable(TelemetryError):
    """The log file cannot be opened for appending; the message names it and the reason."""

    code = "log_file_unusable"


class MetricsAddressUnusable(TelemetryError):
    """The address for metrics cannot be listened on; the message says why, and what to set."""

    code = "metrics_address_unusable"


class TracesUnsupported(TelemetryError):
    """The environment asks for traces in a way that is not known here; the message names it."""

    code = "traces_unsupported"


class MarkersMissing(TelemetryError):
    """A page lacks the two lines between which the table of metrics stands."""

    code = "markers_missing"
