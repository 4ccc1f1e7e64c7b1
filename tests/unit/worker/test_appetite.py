"""How much a worker claims, from what its runs took."""

import math

from hypothesis import given
from hypothesis import strategies as st

from qcexec_worker.appetite import MOST_PER_SLOT, WORK_PER_SLOT_SECONDS, RunTimes, appetite

positive = st.floats(1e-9, 1e9)
runs = st.lists(st.tuples(st.floats(0, 1e9), st.floats(0, 1e9)), min_size=1, max_size=200)


def test_without_a_free_slot_nothing_is_claimed() -> None:
    assert appetite(0, RunTimes(), suspects=True) is None


@given(slots=st.integers(1, 1024), suspects=st.booleans())
def test_before_the_first_run_one_task_a_slot_is_claimed(slots: int, suspects: bool) -> None:
    wanted = appetite(slots, RunTimes(), suspects=suspects)
    assert wanted is not None
    assert (wanted.most, wanted.whatever_they_cost, wanted.suspects) == (slots, slots, suspects)


@given(slots=st.integers(1, 1024), seconds=positive, cost=positive)
def test_the_budget_is_the_work_that_slots_do_in_their_time(
    slots: int, seconds: float, cost: float
) -> None:
    run_times = RunTimes()
    run_times.ran(cost, seconds)
    wanted = appetite(slots, run_times, suspects=True)
    assert wanted is not None
    assert wanted.whatever_they_cost == slots
    assert wanted.most == MOST_PER_SLOT * slots
    factor = run_times.seconds_per_cost
    assert factor is not None
    if factor > 1e-9:
        assert math.isclose(wanted.cost * factor, WORK_PER_SLOT_SECONDS * slots)


@given(runs=runs, slots=st.integers(1, 64))
def test_whatever_was_measured_the_appetite_is_finite_and_feeds_every_slot(
    runs: list[tuple[float, float]], slots: int
) -> None:
    run_times = RunTimes()
    for cost, seconds in runs:
        run_times.ran(cost, seconds)
    wanted = appetite(slots, run_times, suspects=False)
    assert wanted is not None
    assert 0 <= wanted.cost < float("inf")
    # PostgreSQL takes it as real.
    assert wanted.cost < 3.4e38
    assert wanted.most >= wanted.whatever_they_cost == slots


@given(factor=st.floats(1e-3, 1e3), before=st.floats(1e-3, 1e3))
def test_what_runs_take_now_soon_outweighs_what_they_took(factor: float, before: float) -> None:
    run_times = RunTimes()
    run_times.ran(1.0, before)
    for _ in range(400):
        run_times.ran(1.0, factor)
    learnt = run_times.seconds_per_cost
    assert learnt is not None
    assert min(factor, before) <= learnt * (1 + 1e-9)
    assert abs(learnt - factor) <= 0.001 * max(factor, before)
