"""What the end of a job means for its task."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcexec_queue.settlement import Cause
from qcexec_queue.states import Outcome
from qcexec_queue.tasks import StoredResult
from qcexec_queue.workers import PoolRow
from qcexec_worker.jobs import Counts, DeathReason, DoesNotFit, Refused
from qcexec_worker.outcomes import PutBack, of_death, of_outcome

MINE = 1
GIBIBYTE = 2**30

pools = st.lists(
    st.builds(PoolRow, st.integers(1, 9), st.integers(1, 2**40), st.integers(0, 9)),
    max_size=9,
    unique_by=lambda pool: pool.queue_id,
)


def judged(memory: int, *pools: PoolRow, own: int = GIBIBYTE) -> StoredResult | PutBack:
    return of_outcome(DoesNotFit(memory), pools=pools, queue_id=MINE, slot_memory=own)


def test_counts_are_stored_as_they_came() -> None:
    body = b'{"00":1}'
    verdict = of_outcome(Counts(body, {}), pools=[], queue_id=MINE, slot_memory=1)
    assert verdict == StoredResult(Outcome.COMPLETED, None, body)


@given(message=st.text())
def test_a_refusal_is_final_with_its_message_as_json(message: str) -> None:
    verdict = of_outcome(Refused("syntax_error", message), pools=[], queue_id=MINE, slot_memory=1)
    assert isinstance(verdict, StoredResult)
    assert (verdict.outcome, verdict.code) == (Outcome.FAILED, "syntax_error")
    assert json.loads(verdict.body) == message


@given(memory=st.integers(1, 2**41), pools=pools)
def test_a_task_that_does_not_fit_goes_where_it_fits_or_fails(
    memory: int, pools: list[PoolRow]
) -> None:
    verdict = judged(memory, *pools)
    fitting = [p for p in pools if p.slot_memory >= memory and p.queue_id != MINE]
    if fitting:
        assert verdict == PutBack(Cause.DOES_NOT_FIT, fitting[0].queue_id)
    else:
        assert isinstance(verdict, StoredResult)
        assert (verdict.outcome, verdict.code) == (Outcome.FAILED, "circuit_too_large")


@pytest.mark.parametrize(
    ("seconds", "cost"), [(0.0, None), (2.5, 2.5), (1e300, 1e9), (float("inf"), 1e9)]
)
def test_a_task_that_goes_elsewhere_takes_the_engines_estimate_along(
    seconds: float, cost: float | None
) -> None:
    large = PoolRow(2, 64 * GIBIBYTE, 0)
    outcome = DoesNotFit(8 * GIBIBYTE, seconds)
    verdict = of_outcome(outcome, pools=[large], queue_id=MINE, slot_memory=GIBIBYTE)
    assert verdict == PutBack(Cause.DOES_NOT_FIT, 2, cost)


def test_the_message_names_the_method_where_one_was_chosen() -> None:
    outcome = DoesNotFit(8 * GIBIBYTE, 1.0, "statevector")
    verdict = of_outcome(outcome, pools=[], queue_id=MINE, slot_memory=GIBIBYTE)
    assert isinstance(verdict, StoredResult)
    assert "by the method statevector" in json.loads(verdict.body)


def test_of_the_pools_that_fit_the_first_of_the_given_order_is_taken() -> None:
    small, first, second = (
        PoolRow(2, GIBIBYTE, 0),
        PoolRow(3, 8 * GIBIBYTE, 1),
        PoolRow(4, 4 * GIBIBYTE, 2),
    )
    assert judged(3 * GIBIBYTE, small, first, second) == PutBack(Cause.DOES_NOT_FIT, 3)


def test_the_message_says_what_is_needed_and_what_is_there() -> None:
    verdict = judged(64 * GIBIBYTE, PoolRow(2, 16 * GIBIBYTE, 0), own=512 * 2**20)
    assert isinstance(verdict, StoredResult)
    message = json.loads(verdict.body)
    assert "needs 64 GiB" in message
    assert "has 16 GiB" in message
    verdict = judged(64 * GIBIBYTE, own=512 * 2**20)
    assert isinstance(verdict, StoredResult)
    assert "has 512 MiB" in json.loads(verdict.body)


def test_the_time_limit_is_final_and_named() -> None:
    verdict = of_death(DeathReason.TIME_LIMIT, time_limit=2.5)
    assert isinstance(verdict, StoredResult)
    assert (verdict.outcome, verdict.code) == (Outcome.FAILED, "time_limit")
    assert "2.5 seconds" in json.loads(verdict.body)


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        (DeathReason.KILLED, Cause.CHILD_DIED),
        (DeathReason.EXITED, Cause.CHILD_DIED),
        (DeathReason.PROTOCOL, Cause.CHILD_DIED),
        (DeathReason.FORKSERVER_LOST, Cause.CHILD_LOST),
        (DeathReason.STOPPED, Cause.DRAINED),
    ],
)
def test_any_other_death_puts_the_task_back(reason: DeathReason, cause: Cause) -> None:
    assert of_death(reason, time_limit=1) == PutBack(cause)
