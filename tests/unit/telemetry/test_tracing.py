"""Whether there are traces, what a traceparent says, and what a process without them loads."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcexec_telemetry import TracesUnsupported
from qcexec_telemetry.tracing import (
    NO_TRACES,
    SpanIdentity,
    SpanKind,
    collector_is_set,
    read_traceparent,
    tracing,
)

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}
TRACES_ENDPOINT = {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}

identities = st.builds(
    SpanIdentity, st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1), st.booleans()
)


@pytest.mark.parametrize(
    "environment",
    [
        ENDPOINT,
        TRACES_ENDPOINT,
        {**ENDPOINT, "OTEL_SDK_DISABLED": "false"},
        {**ENDPOINT, "OTEL_SDK_DISABLED": ""},
        {**ENDPOINT, "OTEL_TRACES_EXPORTER": "otlp"},
        {**ENDPOINT, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"},
        # What is said of traces goes before what is said of everything.
        {
            **ENDPOINT,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
        },
    ],
)
def test_a_collector_that_is_named_is_used(environment: dict[str, str]) -> None:
    assert collector_is_set(environment)


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": " "},
        {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://collector:4318/v1/metrics"},
        {**ENDPOINT, "OTEL_SDK_DISABLED": "TRUE"},
        {**ENDPOINT, "OTEL_TRACES_EXPORTER": "none"},
        # Without a collector nobody cares how it would be spoken to.
        {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
    ],
)
def test_without_one_there_are_no_traces(environment: dict[str, str]) -> None:
    assert not collector_is_set(environment)
    with tracing("a-service", "1.0", environment) as tracer:
        assert tracer is NO_TRACES


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"),
        ("OTEL_TRACES_EXPORTER", "zipkin"),
    ],
)
def test_what_is_not_known_here_is_refused_and_named(name: str, value: str) -> None:
    with pytest.raises(TracesUnsupported, match=name):
        collector_is_set({**ENDPOINT, name: value})


@given(identity=identities)
def test_a_traceparent_is_read_as_it_was_written(identity: SpanIdentity) -> None:
    assert read_traceparent(identity.traceparent) == identity


@given(text=st.text(max_size=60))
def test_what_is_no_traceparent_is_none(text: str) -> None:
    assert read_traceparent(text) is None


@pytest.mark.parametrize("flags", ["01", "03", "ff"])
def test_of_the_flags_the_lowest_says_whether_a_trace_is_kept(flags: str) -> None:
    kept = read_traceparent(f"00-{1:032x}-{2:016x}-{flags}")
    assert kept == SpanIdentity(1, 2, sampled=True)


def test_without_traces_there_is_no_span_to_name() -> None:
    with NO_TRACES.open("a span", SpanKind.PRODUCER, {}) as span:
        span.set("an attribute", 1)
        assert span.identity is None
        assert NO_TRACES.current is None


@pytest.mark.parametrize(
    ("module", "prefixes"),
    [
        # FastAPI imports the interface by itself, but nothing that records or sends.
        ("qcexec_api.app", ("opentelemetry.sdk", "opentelemetry.exporter", "requests", "google")),
        ("qcexec_worker.application", ("opentelemetry", "requests", "google")),
    ],
)
def test_without_a_collector_nothing_of_traces_is_loaded(
    module: str, prefixes: tuple[str, ...]
) -> None:
    program = (
        f"import sys, {module}\n"
        "from qcexec_telemetry.tracing import tracing\n"
        "with tracing('a-service', '1.0', {}):\n"
        f"    print([name for name in sys.modules if name.startswith({prefixes})])\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert ended.stdout.strip() == b"[]"
