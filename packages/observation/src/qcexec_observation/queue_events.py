"""The queue's events as metrics: each process counts what it did itself.

The reasons, steps and purposes that there are have their series from the start, at zero: what
appears with a first value of one is no increase to who asks for an increase.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from prometheus_client import CollectorRegistry

from qcexec_observation.queue_figures import QueueFiguresCollector
from qcexec_queue.events import (
    BatchSplit,
    ConnectionReplaced,
    Event,
    LateResultRefused,
    LeasesReturned,
    MaintenanceFailed,
    MaintenanceHeld,
    PartitionsChanged,
    PoolRemoved,
    TasksMoved,
    WorkerExpired,
)
from qcexec_queue.settlement import Cause
from qcexec_telemetry.metrics import CounterMetric, GaugeMetric, Metric

TITLE = "API and worker: what each did for the queue"

HELD = GaugeMetric(
    "qcexec_maintenance_held", "Whether this process holds the maintenance lock: 1 for one of all"
)
FAILURES = CounterMetric(
    "qcexec_maintenance_failures_total",
    "Steps of the maintenance that failed; each is tried again",
    ("step",),
)
LEASES_ENDED = CounterMetric(
    "qcexec_leases_ended_total",
    "Leases that ended without a result of the circuit: the task went back, or failed for good",
    ("reason", "destination"),
)
EXPIRED = CounterMetric(
    "qcexec_workers_expired_total", "Workers whose heartbeat stopped: their leases were lost"
)
LATE = CounterMetric(
    "qcexec_late_results_refused_total", "Results that came after their lease had ended"
)
REPLACED = CounterMetric(
    "qcexec_connections_replaced_total",
    "Connections to PostgreSQL that ended, did not answer, or could not be had",
    ("purpose",),
)
SPLIT = CounterMetric(
    "qcexec_batches_split_total",
    "Statements for many tasks that were repeated one by one, for PostgreSQL refused the data",
    ("statement",),
)
MADE = CounterMetric("qcexec_partitions_made_total", "Partitions that were made ahead")
RETIRED = CounterMetric(
    "qcexec_partitions_retired_total", "Partitions that were dropped after their retention"
)
REMOVED = CounterMetric(
    "qcexec_pools_removed_total", "Pools that were taken for gone, since nobody vouched for them"
)
MOVED = CounterMetric(
    "qcexec_tasks_moved_total", "Tasks that went to another queue, since no pool served theirs"
)

METRICS: Sequence[Metric] = (
    *(HELD, FAILURES, LEASES_ENDED, EXPIRED, LATE, REPLACED, SPLIT),
    *(MADE, RETIRED, REMOVED, MOVED),
)

STEPS = ("partitions", "promote", "statistics", "figures", "pools", "sweep")
PURPOSES = ("claims", "maintenance", "notify", "service")
STATEMENTS = ("enqueue", "exchange")
REASONS = (*(cause.value for cause in Cause), "claim_reply_lost")
DESTINATIONS = ("returned", "failed")


class QueueEventMetrics:
    """An observer that counts. `figures` are those of the lock's holder, and end with it."""

    def __init__(self, registry: CollectorRegistry, figures: QueueFiguresCollector) -> None:
        self._figures = figures
        self._held = HELD.made(registry)
        self._expired = EXPIRED.made(registry)
        self._late = LATE.made(registry)
        self._made = MADE.made(registry)
        self._retired = RETIRED.made(registry)
        self._removed = REMOVED.made(registry)
        self._moved = MOVED.made(registry)
        self._failures = FAILURES.made(registry)
        self._ended = LEASES_ENDED.made(registry)
        self._replaced = REPLACED.made(registry)
        self._split = SPLIT.made(registry)
        for step in STEPS:
            self._failures.labels(step)
        for reason, destination in product(REASONS, DESTINATIONS):
            self._ended.labels(reason, destination)
        for purpose in PURPOSES:
            self._replaced.labels(purpose)
        for statement in STATEMENTS:
            self._split.labels(statement)

    def __call__(self, event: Event, /) -> None:
        """Count what happened; what is not told of here is not counted here."""
        match event:
            case LeasesReturned():
                self._ended.labels(event.reason, "returned").inc(event.returned)
                self._ended.labels(event.reason, "failed").inc(event.failed)
            case ConnectionReplaced():
                self._replaced.labels(event.purpose).inc()
            case LateResultRefused():
                self._late.inc()
            case MaintenanceHeld():
                self._held.set(event.held)
                self._figures.forget()
            case MaintenanceFailed():
                self._failures.labels(event.step).inc()
            case WorkerExpired():
                self._expired.inc()
            case BatchSplit():
                self._split.labels(event.statement).inc()
            case PartitionsChanged():
                self._made.inc(event.made)
                self._retired.inc(event.retired is not None)
            case PoolRemoved():
                self._removed.inc()
            case TasksMoved():
                self._moved.inc(event.tasks)
            case _:
                return
