"""Metrics as data: what a component exports is declared once.

A declaration has a name after Prometheus' conventions, a sentence, labels and, for a histogram,
its buckets. From it the object that counts is made, in a registry of the component's own, and the
table in the documentation (`metrics_table`); rules and dashboards are checked against it. What a
label can say must be bounded: each combination is a series in the scraper's memory for weeks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.metrics_core import GaugeMetricFamily

TASK_SECONDS = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
    *(10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 300.0, 600.0, 1800.0, 3600.0),
)
"""Buckets for what a task takes: it may be a millisecond, it may be an hour."""

STATEMENT_SECONDS = (
    *(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
"""Buckets for what a statement takes, which is given up after ten seconds."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One family of series."""

    kind: ClassVar[str]

    name: str
    """As it is exported; a counter's ends in `_total`."""
    help: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CounterMetric(Metric):
    """Something that only grows, until the process ends."""

    kind: ClassVar[str] = "counter"

    def made(self, registry: CollectorRegistry) -> Counter:
        """The object that counts."""
        return Counter(self.name, self.help, self.labels, registry=registry)


@dataclass(frozen=True, slots=True)
class GaugeMetric(Metric):
    """Something as it is at the moment."""

    kind: ClassVar[str] = "gauge"

    def made(self, registry: CollectorRegistry) -> Gauge:
        """The object that shows it."""
        return Gauge(self.name, self.help, self.labels, registry=registry)

    def family(self) -> GaugeMetricFamily:
        """A family without series, for a collector that knows which there are."""
        return GaugeMetricFamily(self.name, self.help, labels=self.labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistogramMetric(Metric):
    """How something is distributed: how often it was at most as much as each bucket says."""

    kind: ClassVar[str] = "histogram"

    buckets: tuple[float, ...]

    def made(self, registry: CollectorRegistry) -> Histogram:
        """The object that observes."""
        return Histogram(self.name, self.help, self.labels, registry=registry, buckets=self.buckets)


TITLE = "Every component"

BUILD_INFO = GaugeMetric("qcexec_build_info", "1: which release runs", ("component", "version"))
METRICS: Sequence[Metric] = (BUILD_INFO,)


def component_registry(component: str, version: str) -> CollectorRegistry:
    """A registry of its own for a component, with what each exports: its release, its process.

    Series that tell when others were made are turned off, in the whole process: twice the series
    for what a scraper knows by itself.
    """
    disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has no types for it
    registry = CollectorRegistry()
    BUILD_INFO.made(registry).labels(component, version).set(1)
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    return registry
