"""The simulation in `benchmarks` is to be believed, and `decide` holds in it what it promises."""

from collections.abc import Callable

import numpy as np
import pytest
from benchmarks.autoscaling.clairvoyant import least_makespan
from benchmarks.autoscaling.measures import run
from benchmarks.autoscaling.ours import Operator
from benchmarks.autoscaling.pool import SimulatedPool
from benchmarks.autoscaling.rules import Behavior, Hpa, Keda, Scaler
from benchmarks.autoscaling.traces import SLOTS_PER_POD, Trace, traces

from qcexec_operator.policy import Policy

LOADS = {each.name: each for each in traces(8, 3_000, seed=3)}


def ours(trace: Trace) -> Operator:
    return Operator(Policy(trace.target_wait, 0, trace.max_pods, slots_per_pod=SLOTS_PER_POD))


def simulated(trace: Trace, scaler: Scaler) -> SimulatedPool:
    pool = SimulatedPool(trace, 15.0, seed=3)
    while pool.now < trace.duration or not pool.finished:
        scaler.look(pool)
        pool.advance(pool.now + 1.0)
    return pool


@pytest.mark.parametrize("name", LOADS)
@pytest.mark.parametrize("scaler", [ours, lambda _: Keda(2.0), lambda _: Hpa()])
def test_each_task_runs_for_its_time_after_it_came_and_no_slot_runs_two(
    name: str, scaler: Callable[[Trace], Scaler]
) -> None:
    trace = LOADS[name]
    pool = simulated(trace, scaler(trace))
    finishes = pool.finishes()
    assert (finishes >= trace.arrivals + trace.seconds - 1e-6).all()
    assert (pool.waits() >= 0.0).all()
    work = float(trace.seconds.sum()) / SLOTS_PER_POD
    assert pool.pod_seconds >= work
    moments = np.concatenate([finishes - trace.seconds, finishes])
    change = np.concatenate([np.ones(len(finishes)), -np.ones(len(finishes))])
    order = np.lexsort((change, moments))
    assert np.cumsum(change[order]).max() <= (2 * trace.max_pods) * SLOTS_PER_POD


@pytest.mark.parametrize("name", LOADS)
def test_no_busy_pod_is_killed_and_no_task_runs_twice(name: str) -> None:
    outcome = run(LOADS[name], ours(LOADS[name]), cold_start=15.0, step=1.0, seed=5)
    assert outcome.busy_pods_killed == 0
    assert outcome.tasks_repeated == 0


def test_the_bound_is_what_the_best_order_takes() -> None:
    nothing = np.zeros(4)
    assert least_makespan(nothing, np.array([1.0, 1.0, 1.0, 1.0]), 2) == 2.0
    assert least_makespan(nothing, np.array([9.0, 1.0, 1.0, 1.0]), 2) == 9.0
    assert least_makespan(np.array([0.0, 50.0]), np.array([1.0, 1.0]), 2) == 51.0


def test_the_hpa_grows_by_four_or_doubles_and_shrinks_to_the_most_of_five_minutes() -> None:
    behavior = Behavior()
    assert behavior.bounded(1, 100, 0.0) == 5
    assert behavior.bounded(10, 100, 15.0) == 20
    assert behavior.bounded(20, 3, 30.0) == 20
    assert behavior.bounded(20, 3, 314.0) == 20
    assert behavior.bounded(20, 3, 316.0) == 3
