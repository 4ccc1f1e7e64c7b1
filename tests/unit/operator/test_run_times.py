"""What is learnt of run times and arrivals from counters."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcexec_operator.cold_starts import cold_start_seconds
from qcexec_operator.rates import ArrivalRate
from qcexec_operator.run_times import Counters, Learned, RunTimes, learn

ONE, TWO = UUID(int=1), UUID(int=2)


def known(learned: Learned) -> RunTimes:
    times = learned.run_times()
    assert times is not None
    return times


def test_nothing_is_known_before_anything_ran() -> None:
    learned, ended = learn(Learned(), {ONE: Counters()}, 0.0)
    assert learned.run_times() is None
    assert ended == 0


def test_costs_are_corrected_by_what_runs_took() -> None:
    learned, ended = learn(Learned(), {ONE: Counters(10, 50.0, 250.0, 0.5)}, 0.0)
    assert ended == 10
    assert known(learned) == RunTimes(seconds_per_cost=100.0, mean_seconds=5.0, variation=0.0)


def test_only_what_was_added_counts() -> None:
    first, _ = learn(Learned(), {ONE: Counters(10, 10.0, 10.0, 10.0)}, 0.0)
    again, ended = learn(first, {ONE: Counters(10, 10.0, 10.0, 10.0)}, 1.0)
    assert ended == 0
    assert known(again).mean_seconds == pytest.approx(1.0)
    more, ended = learn(again, {ONE: Counters(20, 40.0, 100.0, 20.0)}, 2.0)
    assert ended == 10
    assert known(more).mean_seconds == pytest.approx(2.0, rel=0.01)


def test_the_counters_of_a_worker_that_is_gone_are_neither_lost_nor_counted_again() -> None:
    first, _ = learn(Learned(), {ONE: Counters(10, 10.0, 10.0, 10.0)}, 0.0)
    gone, ended = learn(first, {TWO: Counters(1, 1.0, 1.0, 1.0)}, 0.0)
    assert ended == 1
    assert gone.tasks == 11.0


def test_what_is_old_counts_less() -> None:
    first, _ = learn(Learned(), {ONE: Counters(100, 100.0, 100.0, 100.0)}, 0.0)
    later, _ = learn(first, {ONE: Counters(200, 1100.0, 10_100.0, 200.0)}, 3000.0)
    assert known(later).mean_seconds == pytest.approx(10.0, rel=0.02)


def test_tasks_far_longer_than_their_costs_show_before_the_first_ends() -> None:
    held = Counters(held_tasks=4, held_seconds=400.0, held_cost=0.04)
    learned, _ = learn(Learned(), {ONE: held}, 0.0)
    assert known(learned).seconds_per_cost == pytest.approx(10_000.0)
    assert known(learned).mean_seconds == pytest.approx(100.0)


def test_spread_makes_what_is_found_running_last_longer() -> None:
    assert RunTimes(1.0, 2.0, 0.0).residual_seconds == 1.0
    assert RunTimes(1.0, 2.0, 1.0).residual_seconds == 2.0
    assert RunTimes(1.0, 2.0, 9.0).residual_seconds == 10.0


def test_a_task_that_has_outrun_its_cost_is_expected_to_run_for_as_long_again() -> None:
    times = RunTimes(seconds_per_cost=10.0, mean_seconds=1.0, variation=1.0)
    assert times.remaining_seconds(cost=2.0, elapsed=5.0) == 15.0
    assert times.remaining_seconds(cost=2.0, elapsed=50.0) == 50.0


counts = st.builds(
    Counters,
    tasks=st.integers(0, 100),
    seconds=st.floats(0.0, 1e4),
    squares=st.floats(0.0, 1e6),
    cost=st.floats(0.0, 1e3),
    held_tasks=st.integers(0, 10),
    held_seconds=st.floats(0.0, 1e4),
    held_cost=st.floats(0.0, 1e3),
)


@given(st.lists(st.dictionaries(st.sampled_from([ONE, TWO]), counts), min_size=1, max_size=5))
def test_whatever_is_counted_what_is_learnt_makes_sense(seen: list[dict[UUID, Counters]]) -> None:
    learned = Learned()
    for second, each in enumerate(seen):
        learned, ended = learn(learned, each, float(second))
        assert ended >= 0
    times = learned.run_times()
    if times is not None:
        assert times.seconds_per_cost > 0.0
        assert times.mean_seconds > 0.0
        assert times.variation >= 0.0


def test_arrivals_are_what_ended_and_what_is_in_the_queue_more_than_before() -> None:
    rate = ArrivalRate().observing(10, 0, 0.0)
    assert rate.per_second is None
    rate = rate.observing(14, 6, 2.0)
    assert rate.per_second == pytest.approx(5.0)
    for second in range(4, 1000, 2):
        rate = rate.observing(14, 2, float(second))
    assert rate.per_second == pytest.approx(1.0, rel=0.01)


def test_a_rate_from_estimates_is_unknown() -> None:
    rate = ArrivalRate().observing(10, 0, 0.0).observing(12, 0, 1.0)
    assert rate.observing(None, 5, 2.0).per_second is None


def test_one_slow_start_in_ten_is_expected() -> None:
    assert cold_start_seconds([]) is None
    assert cold_start_seconds([5.0]) == 5.0
    assert cold_start_seconds([5.0] * 19 + [60.0]) == 5.0
    assert cold_start_seconds([5.0] * 8 + [60.0] * 2) == 60.0
