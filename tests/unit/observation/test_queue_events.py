"""The queue's events and figures as series: all that can be said begins at zero."""

from typing import get_args
from uuid import UUID

import pytest

from qcexec_observation import queue_events, queue_figures
from qcexec_observation.queue_events import QueueEventMetrics
from qcexec_observation.queue_figures import OLDEST_FIGURES_SECONDS, QueueFiguresCollector
from qcexec_queue import events
from qcexec_queue.figures import Figures, QueueFigures
from qcexec_queue.settlement import Cause
from qcexec_telemetry.metrics import BUILD_INFO, component_registry
from support.metrics import Scrape, of

ID = UUID(int=1)
FIGURES = Figures((QueueFigures("default", 5, 2, 3, 700, 1.5, True, 4, 1, 40),), 8_000_000)
HAPPENED: dict[type, tuple[events.Event, str, dict[str, str]]] = {
    events.BatchSplit: (
        events.BatchSplit("enqueue", 3, "why"),
        "qcexec_batches_split_total",
        {"statement": "enqueue"},
    ),
    events.LateResultRefused: (
        events.LateResultRefused(ID, 1),
        "qcexec_late_results_refused_total",
        {},
    ),
    events.WorkerExpired: (events.WorkerExpired(ID, None), "qcexec_workers_expired_total", {}),
    events.ConnectionReplaced: (
        events.ConnectionReplaced("claims", "why"),
        "qcexec_connections_replaced_total",
        {"purpose": "claims"},
    ),
    events.MaintenanceHeld: (events.MaintenanceHeld(held=True), "qcexec_maintenance_held", {}),
    events.MaintenanceFailed: (
        events.MaintenanceFailed("sweep", "why"),
        "qcexec_maintenance_failures_total",
        {"step": "sweep"},
    ),
    events.PoolRemoved: (events.PoolRemoved("big"), "qcexec_pools_removed_total", {}),
    events.TasksMoved: (events.TasksMoved("a", "b", 1), "qcexec_tasks_moved_total", {}),
    events.LeasesReturned: (
        events.LeasesReturned("pod_gone", 1, 0),
        "qcexec_leases_ended_total",
        {"reason": "pod_gone", "destination": "returned"},
    ),
    events.PartitionsChanged: (
        events.PartitionsChanged(1, None),
        "qcexec_partitions_made_total",
        {},
    ),
}
THE_SERVICES_OWN = {events.BatchEnqueued, events.Exchanged}


class Watched:
    """A registry with an observer and a collector."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.registry = component_registry("tested", "0")
        self.figures = QueueFiguresCollector(lambda: self.now)
        self.registry.register(self.figures)
        self.tell = QueueEventMetrics(self.registry, self.figures)

    def scrape(self) -> Scrape:
        return of(self.registry)


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_every_event_of_the_queue_is_counted_here_or_by_its_service() -> None:
    assert set(HAPPENED) | THE_SERVICES_OWN == set(get_args(events.Event))


@pytest.mark.parametrize("kind", HAPPENED, ids=lambda kind: kind.__name__)
def test_what_happens_once_is_an_increase_by_one_of_a_series_that_was_there(
    watched: Watched, kind: type
) -> None:
    event, name, labels = HAPPENED[kind]
    before = watched.scrape()
    assert before.value(name, **labels) == 0
    watched.tell(event)
    after = watched.scrape()
    assert after.value(name, **labels) == 1
    ours = {key for key in after.samples if key[0].startswith("qcexec_")}
    changed = {key for key in ours if after.samples[key] != before.samples.get(key)}
    assert changed == {(name, frozenset(labels.items()))}


def test_leases_that_ended_are_told_by_where_their_tasks_went(watched: Watched) -> None:
    watched.tell(events.LeasesReturned("worker_expired", 7, 2))
    seen = watched.scrape()
    name = "qcexec_leases_ended_total"
    assert seen.value(name, reason="worker_expired", destination="returned") == 7
    assert seen.value(name, reason="worker_expired", destination="failed") == 2


def test_every_cause_has_its_series(watched: Watched) -> None:
    reasons = watched.scrape().labels("qcexec_leases_ended_total", "reason")
    assert {cause.value for cause in Cause} <= reasons


def test_a_partition_that_was_dropped_is_counted(watched: Watched) -> None:
    watched.tell(events.PartitionsChanged(0, "task"))
    assert watched.scrape().value("qcexec_partitions_retired_total") == 1
    assert watched.scrape().value("qcexec_partitions_made_total") == 0


def test_figures_show_while_the_lock_is_held_and_not_afterwards(watched: Watched) -> None:
    watched.tell(events.MaintenanceHeld(held=True))
    watched.figures.take(FIGURES)
    seen = watched.scrape()
    assert seen.value("qcexec_maintenance_held") == 1
    assert seen.value("qcexec_queue_tasks", queue="default", state="ready") == 5
    assert seen.value("qcexec_queue_tasks", queue="default", state="scheduled") == 2
    assert seen.value("qcexec_queue_tasks", queue="default", state="running") == 3
    assert seen.value("qcexec_queue_oldest_age_seconds", queue="default") == 1.5
    assert seen.value("qcexec_queue_bytes", queue="default") == 700
    assert seen.value("qcexec_queue_served", queue="default") == 1
    assert seen.value("qcexec_queue_workers", queue="default", state="claiming") == 4
    assert seen.value("qcexec_queue_workers", queue="default", state="draining") == 1
    assert seen.value("qcexec_queue_slots", queue="default") == 40
    assert seen.value("qcexec_database_size_bytes") == 8_000_000
    watched.tell(events.MaintenanceHeld(held=False))
    assert not watched.scrape().families & {each.name for each in queue_figures.METRICS}
    assert watched.scrape().value("qcexec_maintenance_held") == 0
    # Those of an earlier time are not those of the next.
    watched.tell(events.MaintenanceHeld(held=True))
    assert not watched.scrape().families & {each.name for each in queue_figures.METRICS}


def test_old_figures_are_no_figures(watched: Watched) -> None:
    watched.figures.take(FIGURES)
    watched.now += OLDEST_FIGURES_SECONDS - 1
    assert watched.scrape().value("qcexec_database_size_bytes") == 8_000_000
    watched.now += 2
    assert watched.scrape().value("qcexec_database_size_bytes") is None


def test_exactly_what_is_declared_is_exported(watched: Watched) -> None:
    watched.figures.take(FIGURES)
    declared = {each.name for each in (*queue_events.METRICS, *queue_figures.METRICS)}
    assert watched.scrape().ours == declared | {BUILD_INFO.name}
