"""What a worker counts of its tasks: bounded, whatever a child that was taken over says."""

from datetime import UTC, datetime
from time import monotonic, time
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcexec_engine import METHODS, EngineError
from qcexec_observation import queue_events
from qcexec_queue.events import Exchanged, LateResultRefused
from qcexec_queue.states import Lane, Outcome, Priority
from qcexec_queue.tasks import Lease, StoredResult
from qcexec_telemetry.metrics import BUILD_INFO
from qcexec_worker import metrics
from qcexec_worker.database_clock import DatabaseClock, submitted_at
from qcexec_worker.events import (
    ChildReplaced,
    ClaimedAfterNotify,
    ResultsStored,
    RunBegun,
    RunEnded,
)
from qcexec_worker.jobs import Counts, DeathReason, Died, Refused
from qcexec_worker.metrics import CODES, OTHER, WorkerFigures, WorkerMetrics
from support.metrics import Scrape, of

SIZES = {"1-10", "11-20", "21-25", "26-30", "31+", "unknown"}
LEASE = Lease(UUID(int=1), 1, 0, 0, Priority.NORMAL, Lane.FRESH, 0.1, b"", None)
ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


def made() -> WorkerMetrics:
    return WorkerMetrics("default", "0")


def runs(seen: Scrape) -> dict[tuple[str, str], float]:
    """How many runs there were, by method and size."""
    name = "qcexec_task_run_seconds_count"
    return {
        (dict(labels)["method"], dict(labels)["size"]): value
        for (each, labels), value in seen.samples.items()
        if each == name
    }


@pytest.mark.parametrize(
    ("qubits", "size"),
    [
        *((1, "1-10"), (10, "1-10"), (11, "11-20"), (20, "11-20"), (21, "21-25")),
        *((26, "26-30"), (30, "26-30"), (31, "31+"), (5000, "31+")),
        *((0, "unknown"), (-1, "unknown"), (None, "unknown"), (True, "unknown"), (3.0, "unknown")),
    ],
)
def test_a_run_is_counted_by_its_method_and_the_class_of_its_size(
    qubits: object, size: str
) -> None:
    own = made()
    report = {"method": "stabilizer", "num_qubits": qubits}
    own.count(RunEnded(LEASE, 0.02, Counts(b"{}", report)))
    assert runs(of(own.registry)) == {("stabilizer", size): 1}


@given(st.lists(st.dictionaries(st.sampled_from(["method", "num_qubits"]), ANYTHING)))
def test_no_report_makes_a_series_of_its_own(reports: list[dict[str, object]]) -> None:
    own = made()
    for report in reports:
        own.count(RunEnded(LEASE, 0.02, Counts(b"{}", report)))
    seen = runs(of(own.registry))
    assert sum(seen.values()) == len(reports)
    assert {method for method, _ in seen} <= METHODS | {OTHER}
    assert {size for _, size in seen} <= SIZES


@given(st.lists(st.from_regex(r"[a-z][a-z0-9_]{0,63}", fullmatch=True)))
def test_no_code_makes_a_series_of_its_own(codes: list[str]) -> None:
    own = made()
    own.count(ResultsStored([StoredResult(Outcome.FAILED, code, b"") for code in codes]))
    seen = of(own.registry)
    name = "qcexec_tasks_finished_total"
    assert seen.total(name, outcome="failed") == len(codes)
    assert seen.labels(name, "code") == CODES | {OTHER, ""}


def test_a_run_without_counts_says_nothing_of_estimates() -> None:
    own = made()
    own.count(RunEnded(LEASE, 0.02, Refused("syntax_error", "no")))
    own.count(RunEnded(LEASE, 0.02, Died(1, DeathReason.KILLED, "")))
    seen = of(own.registry)
    assert runs(seen) == {("none", "unknown"): 2}
    assert seen.value("qcexec_task_estimate_ratio_count", queue="default") == 0


def test_the_ratio_is_that_of_what_was_expected_to_what_it_took() -> None:
    own = made()
    report = {"method": "statevector", "num_qubits": 3}
    # 0.1 s were expected and 0.2 s run.
    own.count(RunEnded(LEASE, 0.2, Counts(b"{}", report)))
    seen = of(own.registry)
    assert seen.value("qcexec_task_estimate_ratio_sum", queue="default") == pytest.approx(0.5)
    # A run that took no time that could be measured is no division by zero.
    own.count(RunEnded(LEASE, 0.0, Counts(b"{}", report)))


def test_every_fault_that_the_engine_finds_has_its_code() -> None:
    def codes(error: type[EngineError]) -> set[str]:
        return {error.code}.union(*(codes(each) for each in error.__subclasses__()))

    assert codes(EngineError) <= CODES


def test_ends_are_counted_by_outcome() -> None:
    own = made()
    own.count(
        ResultsStored(
            [
                StoredResult(Outcome.COMPLETED, None, b""),
                StoredResult(Outcome.COMPLETED, None, b""),
                StoredResult(Outcome.FAILED, "time_limit", b""),
                StoredResult(Outcome.CANCELLED, None, b""),
            ]
        )
    )
    seen = of(own.registry)
    name = "qcexec_tasks_finished_total"
    assert seen.value(name, queue="default", outcome="completed", code="") == 2
    assert seen.value(name, queue="default", outcome="failed", code="time_limit") == 1
    assert seen.value(name, queue="default", outcome="cancelled", code="") == 1


def test_a_wait_is_measured_by_the_clock_of_the_database() -> None:
    own = made()
    now = time()
    task_id = UUID(int=(int((now - 100) * 1000) << 80) | (7 << 76))
    assert submitted_at(task_id) == pytest.approx(now - 100, abs=0.001)
    own.count(RunBegun(lease_of(task_id)))
    assert of(own.registry).value("qcexec_task_wait_seconds_count", queue="default") == 0
    # This machine's own clock plays no part: the database lives ten minutes ahead.
    own.clock.heard(datetime.fromtimestamp(now + 600, UTC), monotonic())
    own.count(RunBegun(lease_of(task_id)))
    seen = of(own.registry)
    assert seen.value("qcexec_task_wait_seconds_bucket", queue="default", le="600.0") == 0
    assert seen.value("qcexec_task_wait_seconds_bucket", queue="default", le="1800.0") == 1


def test_a_heartbeat_that_was_long_underway_does_not_move_the_clock() -> None:
    clock, submitted = DatabaseClock(), 1000.0
    clock.heard(datetime.fromtimestamp(submitted, UTC), monotonic())
    clock.heard(datetime.fromtimestamp(submitted + 40, UTC), monotonic() - 1)
    waited = clock.seconds_since(UUID(int=int(submitted * 1000) << 80))
    assert waited is not None
    assert waited < 20


def test_a_task_is_never_begun_before_it_was_submitted() -> None:
    clock = DatabaseClock()
    clock.heard(datetime.fromtimestamp(1000, UTC), monotonic())
    assert clock.seconds_since(UUID(int=(2000 * 1000) << 80)) == 0.0


def test_a_claim_is_counted_and_what_only_hands_in_is_none() -> None:
    own = made()
    own.count_in_queue(Exchanged(5, 3, 0.002, False, claiming=True))
    own.count_in_queue(Exchanged(0, 0, 0.002, True, claiming=True))
    own.count_in_queue(Exchanged(5, 0, 0.002, False, claiming=False))
    own.count_in_queue(LateResultRefused(UUID(int=1), 1))
    own.count(ClaimedAfterNotify(0.003))
    seen = of(own.registry)
    assert seen.value("qcexec_worker_claims_total") == 2
    assert seen.value("qcexec_worker_claimed_tasks_total") == 3
    assert seen.value("qcexec_worker_claim_seconds_count") == 2
    assert seen.value("qcexec_worker_notify_to_claim_seconds_count") == 1
    assert seen.value("qcexec_late_results_refused_total") == 1


def test_children_are_counted_by_why_they_ended_each_of_which_begins_at_zero() -> None:
    own = made()
    name = "qcexec_worker_children_restarted_total"
    reasons = of(own.registry).labels(name, "reason")
    assert reasons == {*(reason.value for reason in DeathReason), "child_not_started"}
    own.count(ChildReplaced("killed"))
    assert of(own.registry).value(name, reason="killed") == 1
    assert of(own.registry).labels(name, "reason") == reasons


def test_slots_are_shown_as_they_are_at_the_scrape() -> None:
    own = made()
    figures = WorkerFigures(busy=1, free=1, slots=4, leases=7, claiming=True)
    own.watch(lambda: figures, 2**30)
    seen = of(own.registry)
    states = {
        state: seen.value("qcexec_worker_slots", state=state)
        for state in ("busy", "free", "starting")
    }
    assert states == {"busy": 1, "free": 1, "starting": 2}
    assert seen.value("qcexec_worker_leases") == 7
    assert seen.value("qcexec_worker_claiming") == 1
    assert seen.value("qcexec_worker_slot_memory_bytes") == 2**30
    figures = WorkerFigures(busy=4, free=0, slots=4, leases=4, claiming=False)
    assert of(own.registry).value("qcexec_worker_slots", state="busy") == 4
    assert of(own.registry).value("qcexec_worker_claiming") == 0


def test_exactly_what_is_declared_is_exported() -> None:
    declared = {each.name for each in (*metrics.METRICS, *queue_events.METRICS, BUILD_INFO)}
    assert of(made().registry).ours == declared


def lease_of(task_id: UUID) -> Lease:
    return Lease(task_id, 1, 0, 0, Priority.NORMAL, Lane.FRESH, 0.1, b"", None)
