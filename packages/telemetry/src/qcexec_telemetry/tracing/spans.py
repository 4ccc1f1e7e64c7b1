"""What a span is, in data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

TraceValue: TypeAlias = str | bool | int | float
"""What an attribute of a span may be."""

_SAMPLED = 0x01
_FORMAT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})"
)


@dataclass(frozen=True, slots=True)
class SpanIdentity:
    """Which span of which trace, and whether the trace is kept."""

    trace_id: int
    span_id: int
    sampled: bool

    @property
    def traceparent(self) -> str:
        """As a header: https://www.w3.org/TR/trace-context/, version 00."""
        return f"00-{self.trace_id:032x}-{self.span_id:016x}-{self.sampled:02x}"

    @property
    def log_fields(self) -> dict[str, str]:
        """What log lines about it have, by the names that OpenTelemetry gives them there."""
        return {"trace_id": f"{self.trace_id:032x}", "span_id": f"{self.span_id:016x}"}


def read_traceparent(text: str) -> SpanIdentity | None:
    """Whom a header names; None where it does not follow the format."""
    match = _FORMAT.fullmatch(text)
    if match is None:
        return None
    trace_id, span_id, flags = (int(part, 16) for part in match.groups())
    return SpanIdentity(trace_id, span_id, bool(flags & _SAMPLED))


class SpanKind(Enum):
    """The part that a span plays in a conversation of processes."""

    INTERNAL = "internal"
    CLIENT = "client"
    PRODUCER = "producer"
    CONSUMER = "consumer"


@dataclass(frozen=True, slots=True)
class FinishedSpan:
    """Something that is over. Times are Unix times in nanoseconds."""

    name: str
    kind: SpanKind
    parent: SpanIdentity
    start: int
    end: int
    attributes: Mapping[str, TraceValue] = field(default_factory=dict)
    span_id: int | None = None
    """Its id, where others refer to it; else a random one."""
    links: tuple[SpanIdentity, ...] = ()
    error: str | None = None
    """The code of what went wrong; None: nothing did."""
    parent_is_local: bool = False
    """Whether this process recorded the parent, too."""
