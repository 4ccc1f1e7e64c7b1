"""What can go wrong when logging is set up.

TelemetryError
└── LogFileUnusable     the log file cannot be opened for appending
"""

from typing import ClassVar


class TelemetryError(Exception):
    """Anything that this package refuses to do."""

    code: ClassVar[str] = "telemetry_error"


class LogFileUnusable(TelemetryError):
    """The log file cannot be opened for appending; the message names it and the reason."""

    code = "log_file_unusable"
