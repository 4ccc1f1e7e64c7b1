"""What becomes of a task whose lease ends without a result."""

import json
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from qcexec_queue.settlement import Cause, HeldLease, RetryPolicy, Settlement, settle
from qcexec_queue.states import Destination, Lane

WORKER, TASK = UUID(int=1), UUID(int=2)
NEVER_COUNTED = [
    Cause.NOT_BEGUN,
    Cause.DRAINED,
    Cause.DOES_NOT_FIT,
    Cause.CHILD_LOST,
    Cause.WORKER_EXPIRED,
    Cause.POD_GONE,
]
DEATHS_UNSEEN = [Cause.WORKER_DIED, Cause.WORKER_EXPIRED, Cause.CHILD_LOST]

policies = st.builds(
    RetryPolicy,
    max_attempts=st.integers(1, 32767),
    max_deliveries=st.integers(1, 32766),
    backoff_seconds=st.floats(0.001, 100.0),
    max_backoff_seconds=st.floats(0.001, 1000.0),
)
leases = st.builds(
    HeldLease,
    worker_id=st.just(WORKER),
    epoch=st.integers(1, 2**62),
    task_id=st.just(TASK),
    queue_id=st.integers(1, 100),
    lane=st.sampled_from(Lane),
    attempt=st.integers(0, 32766),
    delivery=st.integers(0, 32766),
    cost=st.floats(0.0, 1e6),
)
causes = st.sampled_from(Cause)


def lease(lane: Lane = Lane.FRESH, attempt: int = 0, delivery: int = 0) -> HeldLease:
    return HeldLease(WORKER, 7, TASK, 1, lane, attempt, delivery, 0.5)


def after(cause: Cause, held: HeldLease, rounds: int, policy: RetryPolicy) -> list[Settlement]:
    """What happens when each attempt ends for the same cause."""
    settlements = []
    for _ in range(rounds):
        settlement = settle(held, cause, policy)
        settlements.append(settlement)
        if settlement.destination is Destination.FAILED:
            break
        held = lease(settlement.lane, settlement.attempt, settlement.delivery)
    return settlements


@given(leases, causes, policies)
def test_a_failure_has_a_code_and_a_message_and_nothing_else_has(
    held: HeldLease, cause: Cause, policy: RetryPolicy
) -> None:
    settlement = settle(held, cause, policy)
    failed = settlement.destination is Destination.FAILED
    assert failed == (settlement.code is not None) == (settlement.body is not None)
    if settlement.body is not None:
        assert isinstance(json.loads(settlement.body), str)


@given(leases, st.sampled_from(NEVER_COUNTED), policies)
def test_what_is_no_fault_of_the_circuit_never_counts(
    held: HeldLease, cause: Cause, policy: RetryPolicy
) -> None:
    settlement = settle(held, cause, policy)
    assert not settlement.counted
    assert settlement.attempt == held.attempt
    assert settlement.code != "attempts_exhausted"
    assert settlement.destination is not Destination.SCHEDULED
    assert settlement.delay == 0


@given(leases, policies)
def test_the_death_of_its_child_counts_in_any_lane(held: HeldLease, policy: RetryPolicy) -> None:
    settlement = settle(held, Cause.CHILD_DIED, policy)
    assert settlement.counted
    assert settlement.attempt == held.attempt + 1
    assert settlement.delivery == held.delivery


@given(leases, policies)
def test_a_dead_worker_counts_against_a_suspect_alone(held: HeldLease, policy: RetryPolicy) -> None:
    settlement = settle(held, Cause.WORKER_DIED, policy)
    assert settlement.counted == (held.lane == Lane.SUSPECT)


@given(leases, causes, policies)
def test_a_suspect_stays_one_and_a_death_that_nobody_saw_makes_one(
    held: HeldLease, cause: Cause, policy: RetryPolicy
) -> None:
    suspect = held.lane == Lane.SUSPECT or cause in DEATHS_UNSEEN
    assert settle(held, cause, policy).lane == (Lane.SUSPECT if suspect else Lane.RETURNED)


@given(leases, policies)
def test_a_task_that_was_not_begun_goes_back_as_if_it_had_never_been_claimed(
    held: HeldLease, policy: RetryPolicy
) -> None:
    settlement = settle(held, Cause.NOT_BEGUN, policy)
    assert settlement.destination is Destination.READY
    assert (settlement.attempt, settlement.delivery) == (held.attempt, held.delivery)
    assert settlement.reason is None


@given(leases, causes.filter(lambda cause: cause is not Cause.NOT_BEGUN), policies)
def test_every_other_end_is_kept_as_history(
    held: HeldLease, cause: Cause, policy: RetryPolicy
) -> None:
    assert settle(held, cause, policy).reason == cause.value


@given(leases, causes, policies)
def test_what_the_database_can_hold_stays_within_its_types(
    held: HeldLease, cause: Cause, policy: RetryPolicy
) -> None:
    settlement = settle(held, cause, policy)
    assert 0 <= settlement.attempt <= 32767
    assert 0 <= settlement.delivery <= 32767
    assert 0 <= settlement.delay <= policy.max_backoff_seconds


def test_a_circuit_that_kills_its_child_fails_at_the_third_attempt() -> None:
    settlements = after(Cause.CHILD_DIED, lease(), 10, RetryPolicy(max_attempts=3))
    assert [each.destination for each in settlements] == [
        Destination.SCHEDULED,
        Destination.SCHEDULED,
        Destination.FAILED,
    ]
    assert settlements[-1].code == "attempts_exhausted"
    assert settlements[-1].body is not None
    assert b"tried 3 times" in settlements[-1].body


def test_a_circuit_that_kills_its_pod_fails_after_one_death_uncounted_and_three_counted() -> None:
    settlements = after(Cause.WORKER_DIED, lease(), 10, RetryPolicy(max_attempts=3))
    assert [each.counted for each in settlements] == [False, True, True, True]
    assert settlements[-1].code == "attempts_exhausted"


def test_twenty_pods_that_went_fail_no_task_and_the_next_one_does_not_count_either() -> None:
    settlements = after(Cause.POD_GONE, lease(Lane.SUSPECT), 100, RetryPolicy(max_attempts=1))
    assert all(each.destination is Destination.READY for each in settlements[:20])
    assert {(each.attempt, each.counted, each.lane) for each in settlements} == {
        (0, False, Lane.SUSPECT)
    }
    assert settlements[20].code == "deliveries_exhausted"
    assert settlements[20].body is not None
    assert b"last: pod gone" in settlements[20].body


def test_three_rollouts_fail_no_task_and_a_hundred_do() -> None:
    settlements = after(Cause.DRAINED, lease(), 100, RetryPolicy())
    assert all(each.destination is Destination.READY for each in settlements[:20])
    assert settlements[-1].code == "deliveries_exhausted"
    assert len(settlements) == 21


@given(st.integers(1, 32767), policies)
def test_backoff_doubles_up_to_its_cap(attempts: int, policy: RetryPolicy) -> None:
    delay = policy.delay(attempts)
    assert 0 < delay <= policy.max_backoff_seconds
    assert policy.delay(attempts + 1) in (2 * delay, policy.max_backoff_seconds)


@given(st.text(st.characters(codec=None), max_size=6000))
def test_a_detail_is_kept_as_far_as_postgresql_can_hold_it(detail: str) -> None:
    kept = settle(lease(), Cause.CHILD_DIED, RetryPolicy(), detail=detail).detail
    assert kept is not None
    assert "\0" not in kept
    assert len(kept.encode()) <= 16_000
    if detail.isascii() and "\0" not in detail:
        assert detail.endswith(kept)


@given(leases, causes, policies, st.integers(1, 100), st.floats(0.0, 1e6))
def test_a_worker_that_judged_the_task_chooses_its_queue_and_cost(
    held: HeldLease, cause: Cause, policy: RetryPolicy, queue_id: int, cost: float
) -> None:
    judged = settle(held, cause, policy, queue_id=queue_id, cost=cost)
    assert (judged.queue_id, judged.cost) == (queue_id, cost)
    unjudged = settle(held, cause, policy)
    assert (unjudged.queue_id, unjudged.cost) == (held.queue_id, held.cost)
