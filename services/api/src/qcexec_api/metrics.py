"""What an API process exports beside what its maintenance does: requests, submissions, refusals.

A request is told by its route's template, never by its path, and by its method where that is one
that HTTP knows: whoever may send requests makes no series.
"""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import Counter, Histogram

from qcexec_api import problems
from qcexec_api.readiness import Readiness
from qcexec_observation.queue_events import QueueEventMetrics
from qcexec_observation.queue_figures import QueueFiguresCollector
from qcexec_queue.connections import Pool
from qcexec_queue.events import BatchEnqueued, Event
from qcexec_telemetry.metrics import (
    STATEMENT_SECONDS,
    CounterMetric,
    GaugeMetric,
    HistogramMetric,
    Metric,
    component_registry,
)

TITLE = "API"

REQUESTS = CounterMetric(
    "qcexec_http_requests_total",
    "Requests, by their route (`unmatched`: there is none) and the answer's status",
    ("route", "method", "status"),
)
REQUEST_SECONDS = HistogramMetric(
    "qcexec_http_request_seconds",
    "From a request's head to the end of its answer",
    ("route", "method"),
    buckets=STATEMENT_SECONDS,
)
SUBMISSIONS = CounterMetric("qcexec_submissions_total", "Tasks that were accepted: committed")
REFUSALS = CounterMetric(
    "qcexec_refusals_total", "Requests that were answered with an error, by its code", ("code",)
)
ENQUEUE_SECONDS = HistogramMetric(
    "qcexec_enqueue_seconds",
    "How long one commit of submissions took, with the wait for a connection",
    buckets=STATEMENT_SECONDS,
)
ENQUEUE_TASKS = HistogramMetric(
    "qcexec_enqueue_batch_tasks",
    "How many submissions shared a commit",
    buckets=(1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0),
)
CONNECTIONS = GaugeMetric(
    "qcexec_database_connections",
    "Connections of this process's pool that are open, by whether one uses them",
    ("state",),
)
CONNECTIONS_LIMIT = GaugeMetric(
    "qcexec_database_connections_limit", "The most connections that the pool opens"
)
REACHABLE = GaugeMetric(
    "qcexec_database_reachable", "Whether PostgreSQL answered when it was last asked, each second"
)

METRICS: Sequence[Metric] = (
    *(REQUESTS, REQUEST_SECONDS, SUBMISSIONS, REFUSALS, ENQUEUE_SECONDS, ENQUEUE_TASKS),
    *(CONNECTIONS, CONNECTIONS_LIMIT, REACHABLE),
)

UNMATCHED = "unmatched"
OTHER = "other"
METHODS = frozenset(
    {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"}
)


class ApiMetrics:
    """One process's, in a registry of its own."""

    def __init__(self, version: str) -> None:
        self.registry = registry = component_registry("api", version)
        self.figures = QueueFiguresCollector()
        registry.register(self.figures)
        self._events = QueueEventMetrics(registry, self.figures)
        self._requests = REQUESTS.made(registry)
        self._request_seconds = REQUEST_SECONDS.made(registry)
        self._answered: dict[tuple[str, str, int | None], tuple[Counter, Histogram]] = {}
        self._submissions = SUBMISSIONS.made(registry)
        self._refusals = REFUSALS.made(registry)
        for code in sorted(problems.CODES):
            self._refusals.labels(code)
        self._enqueue_seconds = ENQUEUE_SECONDS.made(registry)
        self._enqueue_tasks = ENQUEUE_TASKS.made(registry)
        self._connections = CONNECTIONS.made(registry)
        self._connections_limit = CONNECTIONS_LIMIT.made(registry)
        self._reachable = REACHABLE.made(registry)

    def watch(self, pool: Pool, readiness: Readiness) -> None:
        """Shows from now on, at the moment of each scrape, what these say."""
        self._connections_limit.set(pool.get_max_size())
        self._connections.labels("idle").set_function(pool.get_idle_size)
        self._connections.labels("busy").set_function(
            lambda: max(0, pool.get_size() - pool.get_idle_size())
        )
        self._reachable.set_function(lambda: readiness.database_reachable)

    def answered(
        self, method: str, route: str | None, status: int | None, seconds: float, code: str | None
    ) -> None:
        """A request has its answer; `code` is that of the error that it is, if it is one."""
        key = (route or UNMATCHED, method if method in METHODS else OTHER, status)
        series = self._answered.get(key)
        if series is None:
            series = self._answered[key] = (
                self._requests.labels(key[0], key[1], str(status or "none")),
                self._request_seconds.labels(key[0], key[1]),
            )
        series[0].inc()
        series[1].observe(seconds)
        if code is not None:
            self._refusals.labels(code).inc()

    def count_in_queue(self, event: Event, /) -> None:
        """Something happened in the queue."""
        if not isinstance(event, BatchEnqueued):
            self._events(event)
            return
        self._submissions.inc(event.tasks)
        self._enqueue_seconds.observe(event.seconds)
        self._enqueue_tasks.observe(event.tasks)
