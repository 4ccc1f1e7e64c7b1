"""Gauges of the queue as a whole, by the one process that holds the maintenance lock.

So a sum over all processes is the queue's own figure, with or without an operator. Series end
with the lock, and when nothing was heard for a while: a figure that may be old is no figure.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

from qcexec_queue.figures import Figures
from qcexec_telemetry.metrics import GaugeMetric, Metric

TITLE = "API or worker, whichever holds the maintenance lock: the queue"

TASKS = GaugeMetric(
    "qcexec_queue_tasks",
    "Tasks that wait (ready), wait for a moment (scheduled), or have a worker (running)",
    ("queue", "state"),
)
OLDEST = GaugeMetric(
    "qcexec_queue_oldest_age_seconds",
    "Since the submission of the oldest task that is ready; 0: none is",
    ("queue",),
)
BYTES = GaugeMetric("qcexec_queue_bytes", "Circuits of the tasks that are ready", ("queue",))
SERVED = GaugeMetric("qcexec_queue_served", "Whether a pool serves the queue", ("queue",))
WORKERS = GaugeMetric(
    "qcexec_queue_workers",
    "Workers that claim, or were asked to drain, by their rows",
    ("queue", "state"),
)
SLOTS = GaugeMetric("qcexec_queue_slots", "Slots of all those workers", ("queue",))
DATABASE_BYTES = GaugeMetric("qcexec_database_size_bytes", "What the database takes on disk")

METRICS: Sequence[Metric] = (TASKS, OLDEST, BYTES, SERVED, WORKERS, SLOTS, DATABASE_BYTES)

OLDEST_FIGURES_SECONDS = 15.0
"""Three times as long as figures usually last."""


class QueueFiguresCollector(Collector):
    """Shows the figures that it was given last."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._taken: tuple[Figures, float] | None = None

    def take(self, figures: Figures) -> None:
        """These were read just now."""
        self._taken = figures, self._clock()

    def forget(self) -> None:
        """The lock was lost, or got anew."""
        self._taken = None

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """The families, without series."""
        return [each.family() for each in METRICS if isinstance(each, GaugeMetric)]

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The families with what is known, or nothing."""
        taken = self._taken
        if taken is None or self._clock() - taken[1] > OLDEST_FIGURES_SECONDS:
            return []
        return _families(taken[0])


def _families(figures: Figures) -> list[GaugeMetricFamily]:
    tasks, oldest, held, served = TASKS.family(), OLDEST.family(), BYTES.family(), SERVED.family()
    workers, slots, size = WORKERS.family(), SLOTS.family(), DATABASE_BYTES.family()
    for each in figures.queues:
        for state, number in (
            ("ready", each.ready),
            ("scheduled", each.scheduled),
            ("running", each.running),
        ):
            tasks.add_metric((each.queue, state), number)
        oldest.add_metric((each.queue,), each.oldest_seconds)
        held.add_metric((each.queue,), each.bytes)
        served.add_metric((each.queue,), each.served)
        workers.add_metric((each.queue, "claiming"), each.claiming)
        workers.add_metric((each.queue, "draining"), each.draining)
        slots.add_metric((each.queue,), each.slots)
    size.add_metric((), figures.database_bytes)
    return [tasks, oldest, held, served, workers, slots, size]
