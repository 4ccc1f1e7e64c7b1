"""What is decided about a pool, case by case."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from qcexec_operator.decide import decide
from qcexec_operator.errors import InvalidPolicy
from qcexec_operator.memory import Memory, Moment
from qcexec_operator.observed import (
    CostClass,
    Doubt,
    DoubtCode,
    Pod,
    PodPhase,
    QueueFigures,
    WorkerRow,
)
from qcexec_operator.plan import Change, ConditionType
from qcexec_operator.policy import Policy, ScaleDown
from qcexec_operator.victims import VICTIM_COST
from support.worker_pools import (
    COLD_START,
    MEMORY,
    NOW,
    POLICY,
    figures,
    idle,
    leaving,
    pod,
    pool,
    worker,
)

ONE, TWO, THREE = UUID(int=1), UUID(int=2), UUID(int=3)


def test_one_waiting_task_wakes_a_pool_at_zero() -> None:
    plan = decide(pool(queue=figures(1)), POLICY, NOW)
    assert (plan.replicas, plan.change) == (1, Change.UP)
    assert plan.resource_version == "42"
    assert "1 task waits" in plan.reason


def test_a_task_that_is_soon_due_wakes_a_pool_at_zero() -> None:
    assert decide(pool(queue=figures(due_soon=1)), POLICY, NOW).replicas == 1


def test_a_burst_gets_at_once_what_gets_it_begun_in_time() -> None:
    # 400 tasks of 2 s, 30 s to wait, of which a start takes 10: 800 / 20 = 40 slots of 4 a pod.
    plan = decide(pool(queue=figures(400)), POLICY, NOW)
    assert plan.replicas == 10
    assert plan.demand is not None
    assert plan.demand.work_seconds == pytest.approx(800.0)


def test_pods_that_are_starting_are_not_started_twice() -> None:
    starting = tuple(pod(each, PodPhase.CREATING, age=3.0) for each in range(10))
    memory = replace(MEMORY, recommendations=(Moment(NOW - 3.0, 10),))
    queue = figures(400, oldest=3.0)
    assert decide(pool(queue=queue, pods=starting, memory=memory), POLICY, NOW).replicas is None


def test_pods_that_were_asked_for_and_are_not_there_yet_are_not_asked_for_twice() -> None:
    memory = replace(MEMORY, recommendations=(Moment(NOW - 1.0, 10),))
    queue = figures(400, oldest=1.0)
    assert decide(pool(queue=queue, replicas=10, memory=memory), POLICY, NOW).replicas is None


def test_a_few_long_tasks_get_a_slot_each_and_no_more() -> None:
    plan = decide(pool(queue=figures(3, seconds=5000.0)), POLICY, NOW)
    assert plan.replicas == 1


def test_a_giant_among_small_tasks_does_not_count_for_more_than_its_slot() -> None:
    costs = (CostClass(1000, 10.0), CostClass(1, 9000.0))
    mixed = replace(figures(1001), costs=costs)
    assert decide(pool(queue=mixed), POLICY, NOW).replicas == 1


def test_the_maximum_bounds_what_is_wanted_and_the_status_says_so() -> None:
    plan = decide(pool(queue=figures(100_000)), POLICY, NOW)
    assert plan.replicas == POLICY.max_replicas
    limited = plan.condition(ConditionType.SCALING_LIMITED)
    assert (limited.status, limited.reason) == (True, "TooManyReplicas")


def test_the_minimum_is_kept_when_nothing_is_to_do() -> None:
    plan = decide(pool(), replace(POLICY, min_replicas=2), NOW)
    assert plan.replicas == 2
    assert plan.condition(ConditionType.SCALING_LIMITED).reason == "TooFewReplicas"


def test_a_pool_that_keeps_up_stays_as_it_is() -> None:
    rows = tuple(worker(each, leases=3, remaining=1.0) for each in (1, 2))
    memory = replace(MEMORY, busy=6.0)
    plan = decide(pool(*rows, queue=figures(arrival_rate=3.0), memory=memory), POLICY, NOW)
    assert plan.change is Change.NONE
    assert not plan.drain


def test_an_idle_pool_is_drained_before_the_scale_is_touched() -> None:
    plan = decide(pool(*idle(4)), POLICY, NOW)
    assert plan.replicas is None
    assert plan.desired == 0
    assert plan.drain == (ONE,)  # a quarter of four, the longest idle


def test_no_more_are_asked_to_drain_in_a_period_than_a_step() -> None:
    first = decide(pool(*idle(8)), POLICY, NOW)
    assert len(first.drain) == 2
    rows = (worker(1, draining=True), worker(2, draining=True), *idle(8)[2:])
    later = decide(pool(*rows, memory=first.memory), POLICY, NOW + 1.0)
    assert not later.drain
    assert later.draining == 2
    much_later = decide(pool(*rows, memory=first.memory), POLICY, NOW + 20.0)
    assert len(much_later.drain) == 2


def test_a_recent_recommendation_keeps_the_pool_from_shrinking() -> None:
    memory = replace(MEMORY, recommendations=(Moment(NOW - 5.0, 4),))
    assert not decide(pool(*idle(4), memory=memory), POLICY, NOW).drain
    assert decide(pool(*idle(4), memory=memory), POLICY, NOW + 30.0).drain


def test_a_restarted_operator_waits_for_a_window_before_it_shrinks_anything() -> None:
    young = Memory(began=NOW - 1.0)
    assert not decide(pool(*idle(4), memory=young), POLICY, NOW).drain


def test_a_drained_pod_is_marked_before_the_scale_is_lowered() -> None:
    plan = decide(pool(worker(1, drained=True), *idle(4)[1:]), POLICY, NOW)
    assert plan.deletion_costs == (("pod-1", VICTIM_COST),)
    assert plan.replicas is None


@pytest.mark.parametrize(
    ("row", "marked"),
    [
        (worker(1, drained=True), pod(1, PodPhase.UNREADY, cost=VICTIM_COST, cost_age=1.9)),
        (worker(1, drained=True), pod(1, PodPhase.UNREADY, cost=VICTIM_COST)),
        (worker(1, drained=True, leases=1), leaving(1)),
        (worker(1, draining=True), leaving(1)),
        (worker(1), leaving(1)),
    ],
    ids=["cost too young", "age of the cost unknown", "has a lease", "no answer", "never asked"],
)
def test_the_scale_is_not_lowered_by_a_pod_that_is_not_ready_to_go(
    row: WorkerRow, marked: Pod
) -> None:
    plan = decide(pool(row, *idle(2)[1:], pods=(marked, pod(2))), POLICY, NOW)
    assert plan.replicas is None


def test_the_scale_is_lowered_by_those_that_have_drained() -> None:
    rows = (worker(1, drained=True), worker(2, drained=True), *idle(4)[2:])
    pods = (leaving(1), leaving(2), pod(3), pod(4))
    plan = decide(pool(*rows, pods=pods), POLICY, NOW)
    assert (plan.replicas, plan.change) == (2, Change.DOWN)


def test_the_scale_is_not_lowered_where_kubernetes_would_choose_another_pod() -> None:
    # A pod that is not ready goes before one that is, whatever the deletion costs.
    rows = (worker(1, drained=True), worker(2, leases=4))
    ready = pod(1, cost=VICTIM_COST, cost_age=10.0)
    plan = decide(pool(*rows, pods=(ready, pod(2, PodPhase.UNREADY))), POLICY, NOW)
    assert plan.replicas is None


def test_a_scale_that_was_lowered_is_not_lowered_again_while_the_pods_are_still_listed() -> None:
    rows = (worker(1, drained=True), *idle(3)[1:])
    pods = (leaving(1), pod(2), pod(3))
    assert decide(pool(*rows, pods=pods), POLICY, NOW).replicas == 2
    assert decide(pool(*rows, pods=pods, replicas=2), POLICY, NOW).replicas is None


def test_pods_without_a_node_go_first_and_need_no_drain() -> None:
    unscheduled = pod(9, PodPhase.UNSCHEDULED)
    observed = pool(*idle(3), pods=(pod(1), pod(2), pod(3), unscheduled))
    plan = decide(observed, POLICY, NOW)
    assert plan.deletion_costs == (("pod-9", VICTIM_COST),)
    assert not plan.drain
    marked = replace(unscheduled, deletion_cost=VICTIM_COST, cost_since=NOW - 3.0)
    plan = decide(replace(observed, pods=(*observed.pods[:3], marked)), POLICY, NOW)
    assert plan.replicas == 3


def test_a_pod_that_cannot_start_goes_instead_of_one_that_has_drained() -> None:
    rows = (worker(1, drained=True), worker(2, leases=4, remaining=2.0))
    stuck = pod(3, PodPhase.CREATING)
    memory = replace(MEMORY, busy=4.0)
    queue = figures(running=4)
    observed = pool(*rows, pods=(leaving(1), pod(2), stuck), memory=memory, queue=queue)
    plan = decide(observed, POLICY, NOW)
    assert plan.desired == 2
    assert ("pod-3", VICTIM_COST) in plan.deletion_costs
    assert plan.undrain == (ONE,)
    marked = replace(stuck, deletion_cost=VICTIM_COST, cost_since=NOW - 3.0)
    called_back = pool(*idle(1), rows[1], pods=(pod(1), pod(2), marked), memory=memory, queue=queue)
    assert decide(called_back, POLICY, NOW).replicas == 2


def test_a_starting_pod_that_was_chosen_is_drained_when_its_worker_appears() -> None:
    marked = pod(1, PodPhase.UNREADY, cost=VICTIM_COST, cost_age=9.0, age=9.0)
    assert decide(pool(*idle(3)[1:], pods=(marked, pod(2), pod(3))), POLICY, NOW).replicas is None
    ready = replace(marked, phase=PodPhase.READY)
    plan = decide(pool(*idle(3), pods=(ready, pod(2), pod(3))), POLICY, NOW)
    assert ONE in plan.drain
    assert plan.replicas is None


def test_the_least_work_is_lost_when_all_are_busy() -> None:
    rows = (
        worker(1, leases=1, remaining=900.0),
        worker(2, leases=1, remaining=5.0),
        worker(3, leases=1, remaining=60.0),
        worker(4, leases=1),
    )
    memory = replace(MEMORY, busy=0.0)
    plan = decide(pool(*rows, memory=memory), POLICY, NOW + 0.001)
    assert plan.drain == (TWO,)


def test_a_giant_task_keeps_its_pod_until_it_is_done() -> None:
    rows = (worker(1, leases=1, remaining=3000.0), *idle(3)[1:])
    observed = pool(*rows, queue=figures(running=1))
    assert decide(observed, POLICY, NOW).desired == 1
    gone = pool(rows[0], queue=figures(running=1))
    plan = decide(gone, POLICY, NOW)
    assert (plan.desired, plan.drain, plan.replicas) == (1, (), None)


@pytest.mark.parametrize("queue", [figures(running=1), figures(due_soon=1)])
def test_a_pool_does_not_go_to_zero_while_something_runs_or_is_soon_due(
    queue: QueueFigures,
) -> None:
    plan = decide(pool(worker(1), queue=queue), POLICY, NOW)
    assert plan.desired == 1


def test_returning_demand_calls_back_before_it_starts_pods() -> None:
    rows = (worker(1, drained=True), worker(2, draining=True, leases=1, remaining=9.0))
    pods = (leaving(1), pod(2))
    plan = decide(pool(*rows, pods=pods, queue=figures(100)), POLICY, NOW)
    assert set(plan.undrain) == {ONE, TWO}
    assert ("pod-1", 0) in plan.deletion_costs
    assert plan.replicas is None


def test_a_pod_that_kubernetes_is_about_to_delete_is_not_called_back() -> None:
    rows = (worker(1, drained=True), worker(2, leases=4, remaining=2.0))
    observed = pool(*rows, pods=(leaving(1), pod(2)), replicas=1, queue=figures(400))
    plan = decide(observed, POLICY, NOW)
    assert not plan.undrain
    assert plan.replicas is not None
    assert plan.replicas > 1


def test_nothing_is_marked_while_kubernetes_chooses_whom_to_delete() -> None:
    rows = (worker(1, drained=True), worker(2, drained=True), *idle(4)[2:])
    observed = pool(*rows, pods=(leaving(1), pod(2, PodPhase.UNREADY), pod(3), pod(4)), replicas=3)
    plan = decide(observed, POLICY, NOW)
    assert (plan.deletion_costs, plan.drain, plan.replicas) == ((), (), None)
    settled = replace(observed, pods=observed.pods[1:])
    assert decide(settled, POLICY, NOW).deletion_costs == (("pod-2", VICTIM_COST),)


def test_those_with_the_most_work_left_are_called_back_first() -> None:
    rows = (
        worker(1, draining=True, leases=1, remaining=500.0),
        worker(2, draining=True, leases=1, remaining=3.0),
        worker(3, draining=True, leases=1, remaining=90.0),
    )
    plan = decide(pool(*rows, queue=figures(1, running=3)), POLICY, NOW)
    assert plan.desired == 1
    assert plan.undrain == (ONE,)


def test_nothing_is_taken_while_a_rollout_runs_but_more_may_be_started() -> None:
    observed = pool(worker(1, drained=True), *idle(3)[1:], pods=(leaving(1), pod(2), pod(3)))
    assert observed.deployment is not None
    rolling = replace(observed, deployment=replace(observed.deployment, rolling_out=True))
    plan = decide(rolling, POLICY, NOW)
    assert (plan.replicas, plan.drain) == (None, ())
    assert plan.condition(ConditionType.SCALING_LIMITED).reason == "RolloutRuns"
    busy = replace(rolling, figures=figures(4000))
    assert decide(busy, POLICY, NOW).replicas == POLICY.max_replicas


def test_demand_that_returns_calls_back_during_a_rollout_with_its_additional_pods() -> None:
    rows = (worker(1, draining=True, leases=1), worker(2, leases=4), worker(3, leases=4))
    observed = pool(*rows, replicas=2, queue=figures(400, running=9))
    assert observed.deployment is not None
    rolling = replace(observed, deployment=replace(observed.deployment, rolling_out=True))
    assert decide(rolling, POLICY, NOW).undrain == (ONE,)


def test_the_scale_is_not_lowered_before_the_controller_has_seen_the_last_change() -> None:
    observed = pool(worker(1, drained=True), *idle(2)[1:], pods=(leaving(1), pod(2)))
    assert observed.deployment is not None
    unseen = replace(observed.deployment, observed_generation=6)
    assert decide(replace(observed, deployment=unseen), POLICY, NOW).replicas is None


@pytest.mark.parametrize("code", DoubtCode)
def test_any_doubt_holds_the_scale_and_says_so(code: DoubtCode) -> None:
    observed = replace(pool(*idle(3)), doubts=(Doubt(code, "It is so."),))
    for queue in (figures(), figures(1000)):
        plan = decide(replace(observed, figures=queue), POLICY, NOW)
        assert (plan.replicas, plan.drain, plan.undrain, plan.deletion_costs) == (None, (), (), ())
        active = plan.condition(ConditionType.SCALING_ACTIVE)
        assert (active.status, active.reason) == (False, code.value)
        assert "It is so." in plan.reason
        reachable = plan.condition(ConditionType.DATABASE_REACHABLE)
        assert reachable.status is not code.of_the_database


def test_after_a_doubt_a_whole_window_passes_before_the_pool_shrinks() -> None:
    doubtful = replace(pool(*idle(4)), doubts=(Doubt(DoubtCode.DATABASE_UNAVAILABLE, "Away."),))
    after = decide(doubtful, POLICY, NOW).memory
    window = POLICY.window_seconds(COLD_START)
    assert not decide(pool(*idle(4), memory=after), POLICY, NOW + window - 1.0).drain
    late = replace(pool(*idle(4), memory=after), workers=idle(4))
    assert decide(late, POLICY, NOW + window + 1.0).drain


def test_old_figures_are_no_figures() -> None:
    old = replace(figures(1000), age_seconds=60.0)
    plan = decide(pool(*idle(1), queue=old), POLICY, NOW)
    assert plan.replicas is None
    assert plan.condition(ConditionType.SCALING_ACTIVE).reason == "FiguresOld"


def test_a_missing_deployment_is_told_and_nothing_is_written() -> None:
    plan = decide(replace(pool(), deployment=None), POLICY, NOW)
    assert plan.replicas is None
    assert plan.condition(ConditionType.READY).reason == "DeploymentMissing"


def test_a_paused_pool_keeps_its_scale_and_all_its_workers() -> None:
    paused = replace(POLICY, paused=True)
    rows = (worker(1, drained=True), *idle(2)[1:])
    plan = decide(pool(*rows, pods=(leaving(1), pod(2)), queue=figures(4000)), paused, NOW)
    assert plan.replicas is None
    assert plan.undrain == (ONE,)
    assert plan.deletion_costs == (("pod-1", 0),)
    assert plan.condition(ConditionType.SCALING_ACTIVE).reason == "Paused"


def test_a_lowered_maximum_drains_what_is_too_much() -> None:
    rows = tuple(worker(each, leases=4, remaining=float(each)) for each in range(1, 5))
    memory = replace(MEMORY, busy=16.0)
    lowered = replace(POLICY, max_replicas=2)
    plan = decide(pool(*rows, memory=memory, queue=figures(500)), lowered, NOW)
    assert (plan.desired, plan.replicas, plan.drain) == (2, None, (ONE,))


def test_a_silent_worker_is_no_capacity() -> None:
    silent = replace(worker(1), heartbeat_at=NOW - 60.0)
    plan = decide(pool(silent, queue=figures(4)), POLICY, NOW)
    assert plan.replicas == 2


def test_pods_that_nobody_can_create_do_not_make_others_drain() -> None:
    rows = tuple(worker(each, leases=3, remaining=2.0) for each in (1, 2))
    memory = replace(MEMORY, busy=6.0)
    plan = decide(pool(*rows, replicas=5, memory=memory), POLICY, NOW)
    assert not plan.drain
    assert plan.replicas == 2


@pytest.mark.parametrize(
    "broken",
    [
        {"min_replicas": 3, "max_replicas": 2},
        {"min_replicas": -1},
        {"target_wait_seconds": 0.0},
        {"slots_per_pod": 0},
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(broken: dict[str, Any]) -> None:
    values: dict[str, Any] = {"target_wait_seconds": 1.0, "min_replicas": 0, "max_replicas": 1}
    with pytest.raises(InvalidPolicy):
        Policy(**{**values, **broken})


def test_a_stabilization_that_was_set_replaces_the_computed_one() -> None:
    assert POLICY.window_seconds(1.0) == 30.0
    assert POLICY.window_seconds(20.0) == 60.0
    assert POLICY.window_seconds(900.0) == 300.0
    fixed = replace(POLICY, scale_down=ScaleDown(stabilization_seconds=7.0))
    assert fixed.window_seconds(900.0) == 7.0
