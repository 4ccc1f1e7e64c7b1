"""Spans on their way to a collector, by OTLP over HTTP: the one module that knows OpenTelemetry.

Spans are put into a bounded queue, and a thread sends them in batches; where it is full, further
ones are dropped. So a collector that is slow, hangs or is gone costs spans and nothing else.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, StatusCode, TraceFlags

from qcexec_telemetry.tracing.spans import FinishedSpan, SpanIdentity, SpanKind, TraceValue
from qcexec_telemetry.tracing.tracer import OpenSpan, Tracer

_FLUSH_SECONDS = 2.0
_SCHEMA_URL = "https://opentelemetry.io/schemas/1.36.0"
_KINDS = {kind: trace.SpanKind[kind.name] for kind in SpanKind}


@contextmanager
def exporting(service: str, version: str) -> Iterator[Tracer]:
    """A tracer whose spans are sent where the environment says."""
    ids = _ChosenIds()
    defaults = Resource({"service.name": service, "service.version": version})
    provider = TracerProvider(
        # What the environment says of the process goes before what it says of itself.
        resource=Resource.create({}).merge(defaults).merge(OTELResourceDetector().detect()),
        id_generator=ids,
        # It would wait for the collector, half a minute.
        shutdown_on_exit=False,
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    try:
        yield _OtlpTracer(provider, ids, version)
    finally:
        # A thread that is left behind ends with the process.
        closing = threading.Thread(target=provider.shutdown, name="last-spans", daemon=True)
        closing.start()
        closing.join(_FLUSH_SECONDS)


class _ChosenIds(RandomIdGenerator):
    """Gives the next span the id that it is to have. Spans are recorded in one thread alone."""

    def __init__(self) -> None:
        self.next: int | None = None

    def generate_span_id(self) -> int:
        chosen, self.next = self.next, None
        return chosen or super().generate_span_id()


class _OtlpSpan:
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @property
    def identity(self) -> SpanIdentity | None:
        return _identity(self._span)

    def set(self, name: str, value: TraceValue) -> None:
        self._span.set_attribute(name, value)


class _OtlpTracer:
    def __init__(self, provider: TracerProvider, ids: _ChosenIds, version: str) -> None:
        self.provider = provider
        self._ids = ids
        self._tracer = provider.get_tracer("qcexec", version, schema_url=_SCHEMA_URL)

    @property
    def current(self) -> SpanIdentity | None:
        return _identity(trace.get_current_span())

    @contextmanager
    def open(
        self, name: str, kind: SpanKind, attributes: Mapping[str, TraceValue]
    ) -> Iterator[OpenSpan]:
        with self._tracer.start_as_current_span(
            name,
            kind=_KINDS[kind],
            attributes=attributes,
            # The log has the traceback; a message may hold what a client sent.
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield _OtlpSpan(span)
            except BaseException as error:
                _fail(span, str(getattr(error, "code", type(error).__name__)))
                raise

    def record(self, span: FinishedSpan) -> None:
        parent = NonRecordingSpan(_context(span.parent, is_remote=not span.parent_is_local))
        self._ids.next = span.span_id
        made = self._tracer.start_span(
            span.name,
            trace.set_span_in_context(parent),
            _KINDS[span.kind],
            span.attributes,
            [trace.Link(_context(each, is_remote=True)) for each in span.links],
            span.start,
        )
        if span.error is not None:
            _fail(made, span.error)
        made.end(span.end)


def _fail(span: trace.Span, code: str) -> None:
    span.set_attribute("error.type", code)
    span.set_status(StatusCode.ERROR)


def _identity(span: trace.Span) -> SpanIdentity | None:
    context = span.get_span_context()
    if not context.is_valid:
        return None
    return SpanIdentity(context.trace_id, context.span_id, context.trace_flags.sampled)


def _context(identity: SpanIdentity, *, is_remote: bool) -> SpanContext:
    flags = TraceFlags.SAMPLED if identity.sampled else TraceFlags.DEFAULT
    return SpanContext(identity.trace_id, identity.span_id, is_remote, TraceFlags(flags))
