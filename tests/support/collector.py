"""A collector of spans in this process: what is sent to it by OTLP over HTTP, it shows."""

import gzip
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status


@dataclass(frozen=True)
class SeenSpan:
    """One span as it was sent. Ids in hexadecimal digits, times in nanoseconds."""

    service: str
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    start: int
    end: int
    attributes: dict[str, object]
    links: list[str]
    """Ids of spans of the same trace."""
    failed: bool


class Collector:
    """What has been sent so far."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._spans: list[SeenSpan] = []

    def take(self, request: ExportTraceServiceRequest) -> None:
        """A process sends a batch."""
        for group in request.resource_spans:
            service = _values(group.resource.attributes)["service.name"]
            for scope in group.scope_spans:
                self._spans += [_seen(str(service), span) for span in scope.spans]

    def spans(self, trace_id: str | None = None) -> list[SeenSpan]:
        """Those of one trace, or all, by their beginning."""
        these = [span for span in list(self._spans) if trace_id in (None, span.trace_id)]
        return sorted(these, key=lambda span: span.start)

    def of_task(self, task_id: str) -> list[SeenSpan]:
        """The spans of the trace in which a task was accepted."""
        for span in self.spans():
            if span.attributes.get("messaging.message.id") == task_id:
                return self.spans(span.trace_id)
        return []


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector that listens for the length of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            collector.take(ExportTraceServiceRequest.FromString(body))
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector = Collector(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _seen(service: str, span: Span) -> SeenSpan:
    return SeenSpan(
        service,
        span.name,
        Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        _values(span.attributes),
        [link.span_id.hex() for link in span.links if link.trace_id == span.trace_id],
        span.status.code == Status.STATUS_CODE_ERROR,
    )


def _values(attributes: Iterable[KeyValue]) -> dict[str, object]:
    return {
        each.key: getattr(each.value, each.value.WhichOneof("value") or "string_value")
        for each in attributes
    }
