"""What a service says spans to, and what takes its place where nobody listens."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Final, Protocol

from qcexec_telemetry.tracing.spans import FinishedSpan, SpanIdentity, SpanKind, TraceValue

if TYPE_CHECKING:
    from opentelemetry.trace import TracerProvider


class OpenSpan(Protocol):
    """A span that is under way."""

    @property
    def identity(self) -> SpanIdentity | None:
        """Which span it is; None where there are no traces."""

    def set(self, name: str, value: TraceValue) -> None:
        """Say what was not known when it began."""


class Tracer(Protocol):
    """Makes spans. Nothing here waits for the collector, nor raises."""

    @property
    def provider(self) -> TracerProvider | None:
        """For a library that makes spans of its own; None where there are no traces."""

    @property
    def current(self) -> SpanIdentity | None:
        """The span around the caller, where there is one."""

    def open(
        self, name: str, kind: SpanKind, attributes: Mapping[str, TraceValue]
    ) -> AbstractContextManager[OpenSpan]:
        """A span as long as the block, below the span around the caller.

        What leaves the block as an exception is the span's error: by its `code` where it has one,
        else by the name of its class.
        """

    def record(self, span: FinishedSpan) -> None:
        """A span that is over."""


class _NoSpan:
    identity: Final = None

    def set(self, name: str, value: TraceValue) -> None:
        del name, value

    def __enter__(self) -> _NoSpan:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        del kind, error, trace


class _NoTraces:
    provider: Final = None
    current: Final = None

    def open(self, name: str, kind: SpanKind, attributes: Mapping[str, TraceValue]) -> _NoSpan:
        del name, kind, attributes
        return _NO_SPAN

    def record(self, span: FinishedSpan) -> None:
        del span


_NO_SPAN = _NoSpan()

NO_TRACES: Final[Tracer] = _NoTraces()
"""Drops everything."""
