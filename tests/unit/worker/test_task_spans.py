"""An attempt as spans."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcexec_queue.leases import held
from qcexec_queue.settlement import Cause, RetryPolicy, settle
from qcexec_queue.states import Lane, Outcome, Priority
from qcexec_queue.tasks import Completion, Lease, StoredResult
from qcexec_telemetry.tracing import FinishedSpan, SpanIdentity
from qcexec_worker.desk import Outgoing
from qcexec_worker.events import HandedIn, LeasesClaimed, RunBegun, RunEnded
from qcexec_worker.jobs import Counts, DeathReason, Died, DoesNotFit, Refused
from qcexec_worker.task_spans import (
    LEASE_LOST,
    Attempt,
    Consumer,
    of_claim,
    of_hand_in,
    of_phases,
    of_run,
    process_identity,
)
from qcexec_worker.traces import TaskTraces

ACCEPTED = SpanIdentity(0xABC, 0xDEF, sampled=True)
CONSUMER = Consumer("default", uuid4())
TASK = UUID("019ab3f2-7c1e-7d52-9f31-1f0b7f6c2a90")
BEGUN, ENDED = 5_000_000_000, 6_000_000_000
REPORT = {"method": "statevector", "num_qubits": 3, "parse_ms": 1.0, "build_ms": 4, "exec_ms": 10.0}

anything = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()


def lease(attempt: int = 0, delivery: int = 0, *, traceparent: str | None = None) -> Lease:
    return Lease(TASK, 7, attempt, delivery, Priority.NORMAL, Lane.FRESH, 0.01, b"{}", traceparent)


def attempt(number: int = 0, delivery: int = 0, submitted: int | None = 1) -> Attempt:
    return Attempt(lease(number, delivery), ACCEPTED, submitted, 3, 4, claimed_with=2)


class Recorded:
    """A tracer that keeps what is recorded."""

    provider = None
    current = None

    def __init__(self) -> None:
        self.spans: list[FinishedSpan] = []

    def record(self, span: FinishedSpan) -> None:
        self.spans.append(span)

    def open(self, *_: object) -> Any:
        raise AssertionError("a worker knows its spans when they are over")


def test_the_wait_before_a_first_attempt_lasts_from_the_submission_to_the_claim() -> None:
    wait, claim = of_claim(attempt(), CONSUMER)
    assert (wait.name, wait.start, wait.end) == ("wait default", 1, 4)
    assert (claim.name, claim.start, claim.end) == ("claim default", 3, 4)
    assert wait.parent == claim.parent == ACCEPTED


@pytest.mark.parametrize("back", [attempt(1), attempt(0, 1), attempt(submitted=None)])
def test_no_wait_is_told_whose_beginning_is_not_known(back: Attempt) -> None:
    assert [span.name for span in of_claim(back, CONSUMER)] == ["claim default"]


@pytest.mark.parametrize(
    ("later", "earlier"), [(attempt(1), attempt()), (attempt(1, 2), attempt(1, 1))]
)
def test_an_attempt_links_to_the_one_before_it_without_being_told_of_it(
    later: Attempt, earlier: Attempt
) -> None:
    (process, *_) = of_run(later, CONSUMER, BEGUN, ENDED, Refused("code", "message"))
    assert process.links == (earlier.process,)
    assert process.span_id == later.process.span_id != earlier.process.span_id


def test_a_first_attempt_links_to_none() -> None:
    (process, *_) = of_run(attempt(), CONSUMER, BEGUN, ENDED, Refused("code", "message"))
    assert process.links == ()


@given(task_id=st.uuids(), times=st.integers(0, 1000))
def test_ids_of_spans_are_valid(task_id: UUID, times: int) -> None:
    assert 0 < process_identity(ACCEPTED, task_id, times).span_id < 2**64


def test_phases_follow_one_another_from_the_beginning_of_the_run() -> None:
    phases = of_phases(attempt(), BEGUN, ENDED, REPORT)
    assert [(each.name, each.start - BEGUN, each.end - BEGUN) for each in phases] == [
        ("parse", 0, 1_000_000),
        ("estimate", 1_000_000, 4_000_000),
        ("simulate statevector", 4_000_000, 14_000_000),
    ]
    assert {each.parent for each in phases} == {attempt().process}


@given(
    report=st.fixed_dictionaries(
        {}, optional=dict.fromkeys((*REPORT, "depth", "shots", "memory_bytes"), anything)
    )
)
def test_whatever_a_child_reports_phases_stay_within_their_run(report: dict[str, object]) -> None:
    process, *phases = of_run(attempt(), CONSUMER, BEGUN, ENDED, Counts(b"{}", report))
    assert [each.name.partition(" ")[0] for each in phases] == ["parse", "estimate", "simulate"]
    last = BEGUN
    for each in phases:
        assert last == each.start <= each.end <= process.end == ENDED
        last = each.end
    assert phases[-1].name in {"simulate statevector", "simulate stabilizer", "simulate other"}


@pytest.mark.parametrize("end", [Refused("syntax_error", "message"), DoesNotFit(2**40)])
def test_what_is_the_circuits_own_fault_is_no_error_of_the_span(end: Refused | DoesNotFit) -> None:
    (process,) = of_run(attempt(), CONSUMER, BEGUN, ENDED, end)
    assert process.error is None
    assert process.attributes["qcexec.code"] in {"syntax_error", "does_not_fit"}


def test_the_death_of_a_child_is_an_error_with_its_reason() -> None:
    (process,) = of_run(
        attempt(), CONSUMER, BEGUN, ENDED, Died(7, DeathReason.TIME_LIMIT, "detail")
    )
    assert process.error == "time_limit"


def test_a_result_that_comes_too_late_is_an_error() -> None:
    result = Completion(TASK, 7, StoredResult(Outcome.COMPLETED, None, b"{}"))
    assert of_hand_in(attempt(), CONSUMER, 1, 2, result, lost=True).error == LEASE_LOST
    assert of_hand_in(attempt(), CONSUMER, 1, 2, result, lost=False).error is None


def test_a_task_that_goes_back_before_it_begins_leaves_no_span_and_nothing_behind() -> None:
    tracer = Recorded()
    traces = TaskTraces(tracer, CONSUMER, lambda _: 0.5)
    claimed = lease(traceparent=ACCEPTED.traceparent)
    traces.observe(LeasesClaimed([claimed], 0.001))
    assert traces.log_fields(claimed) == attempt().process.log_fields
    back = settle(held(claimed, CONSUMER.worker_id, 1), Cause.NOT_BEGUN, RetryPolicy())
    traces.observe(HandedIn(Outgoing([], [back]), frozenset()))
    assert tracer.spans == []
    assert traces.log_fields(claimed) == {}


@pytest.mark.parametrize("traceparent", [None, "garbage", SpanIdentity(1, 2, False).traceparent])
def test_a_task_that_nobody_traces_has_no_spans(traceparent: str | None) -> None:
    tracer = Recorded()
    traces = TaskTraces(tracer, CONSUMER, lambda _: 0.5)
    claimed = lease(traceparent=traceparent)
    traces.observe(LeasesClaimed([claimed], 0.001))
    traces.observe(RunBegun(claimed))
    traces.observe(RunEnded(claimed, 0.1, Counts(b"{}", REPORT)))
    result = StoredResult(Outcome.COMPLETED, None, b"{}")
    traces.observe(HandedIn(Outgoing([Completion(TASK, 7, result)], []), frozenset()))
    assert tracer.spans == []
