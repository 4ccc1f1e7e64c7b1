"""What is declared is what is exported."""

import re

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest

from qcexec_telemetry.metrics import (
    BUILD_INFO,
    STATEMENT_SECONDS,
    TASK_SECONDS,
    CounterMetric,
    GaugeMetric,
    HistogramMetric,
    component_registry,
)
from support.metrics import of

HITS = CounterMetric("qcexec_hits_total", "Hits", ("target",))
DEPTH = GaugeMetric("qcexec_depth", "Depth")
TOOK = HistogramMetric("qcexec_took_seconds", "Took", buckets=(0.1, 1.0))


def test_a_declaration_is_exported_under_its_own_name_with_its_labels_and_buckets() -> None:
    registry = component_registry("tested", "0")
    HITS.made(registry).labels("wall").inc(3)
    DEPTH.made(registry).set(2)
    TOOK.made(registry).observe(0.5)
    seen = of(registry)
    assert seen.ours == {HITS.name, DEPTH.name, TOOK.name, BUILD_INFO.name}
    assert seen.value("qcexec_hits_total", target="wall") == 3
    assert seen.value("qcexec_depth") == 2
    assert seen.value("qcexec_took_seconds_bucket", le="0.1") == 0
    assert seen.value("qcexec_took_seconds_bucket", le="1.0") == 1
    assert seen.value("qcexec_took_seconds_count") == 1


def test_every_component_tells_its_release_and_its_process_and_not_when_series_were_made() -> None:
    registry = component_registry("api", "1.2.3")
    HITS.made(registry).labels("wall").inc()
    seen = of(registry)
    assert seen.value("qcexec_build_info", component="api", version="1.2.3") == 1
    assert {"process_cpu_seconds_total", "python_info"} <= seen.families
    assert "_created" not in generate_latest(registry).decode()


def test_two_components_of_one_process_share_nothing() -> None:
    one, other = component_registry("api", "1"), component_registry("worker", "1")
    HITS.made(one).labels("wall").inc()
    HITS.made(other)
    assert of(one).value("qcexec_hits_total", target="wall") == 1
    assert of(other).value("qcexec_hits_total", target="wall") is None


def test_buckets_rise() -> None:
    for bounds in (TASK_SECONDS, STATEMENT_SECONDS):
        assert list(bounds) == sorted(set(bounds))
    assert (TASK_SECONDS[0], TASK_SECONDS[-1]) == (0.001, 3600)


@given(st.text())
def test_no_value_of_a_label_breaks_the_exposition(value: str) -> None:
    registry = component_registry("tested", "0")
    HITS.made(registry).labels(value.encode(errors="replace").decode()).inc()
    assert of(registry).total("qcexec_hits_total") == 1
    assert (
        len(re.findall("^qcexec_hits_total", generate_latest(registry).decode(), re.MULTILINE)) == 1
    )
