"""The trace that a submission belongs to, kept with its task.

https://www.w3.org/TR/trace-context/: a header that does not follow the format
is ignored, not refused.
"""

import re

_FORMAT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def valid_traceparent(header: str | None) -> str | None:
    """`header`, where it is a `traceparent` of a version that is known how to read, else None."""
    return header if header is not None and _FORMAT.fullmatch(header) else None
