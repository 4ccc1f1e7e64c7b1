"""How many pods the work needs."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcexec_operator.demand import Load, Supply, demand
from qcexec_operator.observed import CostClass
from qcexec_operator.run_times import RunTimes

WAIT, START = 30.0, 10.0

run_times = st.builds(
    RunTimes,
    seconds_per_cost=st.floats(0.01, 1000.0),
    mean_seconds=st.floats(0.001, 1000.0),
    variation=st.floats(0.0, 50.0),
)
classes = st.lists(
    st.builds(CostClass, tasks=st.integers(1, 10_000), cost=st.floats(1e-3, 1e5)), max_size=5
).map(tuple)
loads = st.builds(
    Load,
    depth=st.integers(0, 1_000_000),
    running=st.integers(0, 100),
    due_soon=st.integers(0, 5),
    oldest_seconds=st.floats(0.0, 1000.0),
    costs=classes,
    run_times=run_times,
    busy_average=st.floats(0.0, 4000.0),
    arrival_rate=st.none() | st.floats(0.0, 1000.0),
)


@st.composite
def supplies(draw: st.DrawFn) -> Supply:
    slots = draw(st.integers(1, 16))
    live = draw(st.integers(0, 200))
    starting = draw(st.lists(st.floats(0.0, 60.0), max_size=20))
    return Supply(
        replicas=live + len(starting),
        slots_per_pod=slots,
        ready=live * slots,
        busy=draw(st.integers(0, live * slots)),
        starting=tuple(starting),
    )


waits, starts = st.floats(0.5, 600.0), st.floats(0.1, 120.0)


@given(loads, supplies(), waits, starts, st.integers(1, 1_000_000))
def test_more_tasks_never_give_fewer_pods(
    load: Load, supply: Supply, wait: float, start: float, more: int
) -> None:
    longer = replace(load, depth=load.depth + more)
    assert demand(longer, supply, wait, start).pods >= demand(load, supply, wait, start).pods


@given(loads, supplies(), waits, starts, st.floats(1.0, 100.0))
def test_dearer_tasks_never_give_fewer_pods(
    load: Load, supply: Supply, wait: float, start: float, factor: float
) -> None:
    dearer = replace(
        load,
        run_times=replace(
            load.run_times,
            seconds_per_cost=load.run_times.seconds_per_cost * factor,
            mean_seconds=load.run_times.mean_seconds * factor,
        ),
    )
    assert demand(dearer, supply, wait, start).pods >= demand(load, supply, wait, start).pods


@given(loads, supplies(), waits, starts, st.floats(0.0, 1000.0))
def test_a_longer_wait_never_gives_fewer_pods(
    load: Load, supply: Supply, wait: float, start: float, more: float
) -> None:
    older = replace(load, oldest_seconds=load.oldest_seconds + more)
    assert demand(older, supply, wait, start).pods >= demand(load, supply, wait, start).pods


@given(loads, supplies(), waits, starts, st.floats(0.0, 1000.0), st.floats(0.0, 1000.0))
def test_more_arrivals_and_a_busier_past_never_give_fewer_pods(
    load: Load, supply: Supply, wait: float, start: float, rate: float, busy: float
) -> None:
    more = replace(
        load,
        arrival_rate=(load.arrival_rate or 0.0) + rate,
        busy_average=load.busy_average + busy,
    )
    assert demand(more, supply, wait, start).pods >= demand(load, supply, wait, start).pods


@given(loads, supplies(), waits, starts)
def test_a_busier_pool_never_needs_fewer_pods(
    load: Load, supply: Supply, wait: float, start: float
) -> None:
    fuller = replace(supply, busy=supply.ready)
    assert demand(load, fuller, wait, start).pods >= demand(load, supply, wait, start).pods


@given(loads, supplies(), waits, starts)
def test_there_are_never_more_new_slots_than_tasks_without_one(
    load: Load, supply: Supply, wait: float, start: float
) -> None:
    new = demand(load, supply, wait, start).pods - supply.replicas
    without_slot = max(0, load.depth - supply.free)
    # The average of the past may keep pods; it is no reason to start any but in the same moment.
    if load.busy_average == 0.0 and new > 0 and supply.replicas:
        assert (new - 1) * supply.slots_per_pod < without_slot + supply.busy


@given(loads, supplies(), waits, starts)
def test_whatever_is_to_do_needs_a_pod(
    load: Load, supply: Supply, wait: float, start: float
) -> None:
    if load.depth or load.running or load.due_soon:
        assert demand(load, supply, wait, start).pods >= 1


def load(depth: int, seconds: float, oldest: float = 0.0, busy: float = 0.0) -> Load:
    return Load(
        depth=depth,
        running=0,
        due_soon=0,
        oldest_seconds=oldest,
        costs=(CostClass(depth, depth * seconds),) if depth else (),
        run_times=RunTimes(1.0, seconds, 1.0),
        busy_average=busy,
    )


NOTHING = Supply(replicas=0, slots_per_pod=4, ready=0, busy=0)


@pytest.mark.parametrize(
    ("what", "pods"),
    [
        (load(0, 2.0), 0),
        (load(1, 2.0), 1),
        (load(400, 2.0), 10),  # 800 s of work in 30 - 10 s
        (load(400, 2.0, oldest=15.0), 27),  # in 7.5 s, the least time
        (load(8, 9000.0), 2),  # a slot each
        (load(100_000, 0.001), 2),  # 100 s of work
    ],
)
def test_the_worked_examples_of_the_documentation_hold(what: Load, pods: int) -> None:
    assert demand(what, NOTHING, WAIT, START).pods == pods


def test_headroom_is_a_deviation_and_what_makes_long_waits_rare() -> None:
    supply = Supply(replicas=40, slots_per_pod=1, ready=40, busy=25)
    # 25 + sqrt(25 x 2 x 2 / 30) + 12 x 2 / 30 = 27.6
    assert demand(load(0, 2.0, busy=25.0), supply, WAIT, START).pods == 28


def test_a_pool_that_can_do_it_in_time_gets_no_more() -> None:
    supply = Supply(replicas=7, slots_per_pod=4, ready=28, busy=28)
    assert demand(load(400, 2.0), supply, WAIT, START).pods <= 7
    assert demand(load(600, 2.0), supply, WAIT, START).pods > 7


def test_slots_with_giants_do_not_count_as_capacity() -> None:
    supply = Supply(replicas=7, slots_per_pod=4, ready=28, busy=28, residuals=(9000.0,) * 28)
    assert demand(load(400, 2.0), supply, WAIT, START).pods > 7


def test_a_pod_that_is_late_is_given_up_little_by_little() -> None:
    def pods(age: float) -> int:
        supply = Supply(replicas=10, slots_per_pod=4, ready=0, busy=0, starting=(age,) * 10)
        return demand(load(400, 2.0, oldest=0.0), supply, WAIT, START).pods

    assert pods(5.0) <= 10
    assert pods(40.0) > 10


def test_what_arrives_while_pods_start_counts_where_the_slots_are_too_few_for_it() -> None:
    supply = Supply(replicas=5, slots_per_pod=4, ready=20, busy=20)
    waiting = replace(load(250, 2.0), arrival_rate=9.0)  # 18 of 20 slots
    assert demand(waiting, supply, WAIT, START).pods <= 5
    growing = replace(waiting, arrival_rate=20.0)  # 40 slots: 20 more, for ten seconds
    # As many as keep up, at a utilization of 0.8: 50 slots.
    assert demand(growing, supply, WAIT, START).pods == 13


def test_while_tasks_are_late_pods_that_may_not_work_are_not_given_up() -> None:
    # One pod works, one is on a lost node, and one starts for ever in its place: by what is
    # believed, two would do, but a task has waited for longer than it may.
    supply = Supply(replicas=3, slots_per_pod=1, ready=1, busy=1, starting=(5.0,))
    assert demand(load(2, 1.0, oldest=WAIT - 1.0), supply, WAIT, START).pods < 3
    assert demand(load(2, 1.0, oldest=WAIT + 1.0), supply, WAIT, START).pods >= 3
