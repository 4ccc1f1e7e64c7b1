"""The trace that a submission belongs to, kept with its task.

https://www.w3.org/TR/trace-context/: a header that does not follow the format
is ignored, not refused.
"""

from qcexec_telemetry.tracing import read_traceparent


def valid_traceparent(header: str | None) -> str | None:
    """`header`, where it is a `traceparent` of a version that is known how to read, else None."""
    return header if header is not None and read_traceparent(header) is not None else None
