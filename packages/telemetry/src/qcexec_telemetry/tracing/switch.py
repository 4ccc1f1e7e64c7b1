"""Whether there are traces: read from the variables that OpenTelemetry itself defines.

https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/: those that say
whether and how are read here; the others (sampler, headers, certificates, sizes and delays of
batches, attributes of the process) by its library. One that is set but empty counts as unset.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from qcexec_telemetry.errors import TracesUnsupported
from qcexec_telemetry.tracing.tracer import NO_TRACES, Tracer

_PREFIX = "OTEL_EXPORTER_OTLP_"
_PROTOCOL = "http/protobuf"


@contextmanager
def tracing(service: str, version: str, environment: Mapping[str, str]) -> Iterator[Tracer]:
    """The tracer of this process, until the end of the block; then what it has is sent.

    `service` is the name of the process, where `environment` gives none. The end of the block
    waits for the collector at most two seconds. Raises TracesUnsupported before it begins.
    """
    if not collector_is_set(environment):
        yield NO_TRACES
        return
    from qcexec_telemetry.tracing.export import exporting

    with exporting(service, version) as tracer:
        yield tracer


def collector_is_set(environment: Mapping[str, str]) -> bool:
    """Whether spans are to be sent. Raises TracesUnsupported where they can't be as asked for."""
    given = {name: value.strip() for name, value in environment.items() if value.strip()}
    if given.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    if not {f"{_PREFIX}ENDPOINT", f"{_PREFIX}TRACES_ENDPOINT"} & given.keys():
        return False
    exporter = given.get("OTEL_TRACES_EXPORTER", "otlp")
    if exporter == "none":
        return False
    if exporter != "otlp":
        raise TracesUnsupported(f"OTEL_TRACES_EXPORTER: {exporter!r} is not otlp, nor none")
    for name in (f"{_PREFIX}TRACES_PROTOCOL", f"{_PREFIX}PROTOCOL"):
        protocol = given.get(name)
        if protocol is not None:
            if protocol != _PROTOCOL:
                raise TracesUnsupported(f"{name}: spans are sent by {_PROTOCOL} alone")
            break
    return True
