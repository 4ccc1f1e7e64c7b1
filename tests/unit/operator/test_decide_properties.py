"""What holds of every plan, whatever was seen."""

from dataclasses import replace
from random import Random
from uuid import UUID

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from qcexec_operator.decide import decide
from qcexec_operator.memory import Memory, Moment
from qcexec_operator.observed import (
    CostClass,
    DeploymentState,
    Doubt,
    DoubtCode,
    Observed,
    Pod,
    PodPhase,
    QueueFigures,
    WorkerRow,
)
from qcexec_operator.plan import Change
from qcexec_operator.policy import Policy, ScaleDown
from qcexec_operator.run_times import RunTimes
from qcexec_operator.victims import VICTIM_COST
from support.worker_pools import LONG_AGO, NOW, RUN_TIMES, Model, deployment, figures


def policy(random: Random) -> Policy:
    least = random.randint(0, 5)
    return Policy(
        target_wait_seconds=random.uniform(0.5, 600.0),
        min_replicas=least,
        max_replicas=least + random.randint(0, 30),
        scale_down=ScaleDown(random.choice([None, 0.0, 60.0, 600.0])),
    )


def some(random: Random, value: float) -> float | None:
    return random.choice([None, value])


def moment(random: Random) -> float:
    return NOW - random.choice([0.0, 1.0, 2.0, 20.0, 500.0]) * random.random()


def queue(random: Random) -> QueueFigures:
    costs = tuple(
        CostClass(random.randint(1, 1000), random.uniform(0.001, 1000.0))
        for _ in range(random.randint(0, 4))
    )
    return QueueFigures(
        age_seconds=random.uniform(0.0, 14.0),
        depth=random.choice([0, 0, 1, 10, 5000]),
        depth_exact=True,
        running=random.choice([0, 0, 5]),
        due_soon=random.choice([0, 0, 2]),
        oldest_seconds=some(random, random.uniform(0.0, 1000.0)),
        costs=random.choice([None, costs]),
        arrival_rate=random.choice([None, 0.0, 0.0, 100.0 * random.random()]),
    )


def memory(random: Random) -> Memory:
    return Memory(
        began=random.choice([NOW, LONG_AGO]),
        recommendations=tuple(
            Moment(moment(random), random.randint(0, 30)) for _ in range(random.randint(0, 2))
        ),
        steps=tuple(Moment(moment(random), 2) for _ in range(random.randint(0, 1))),
        busy=some(random, random.choice([0.0, 50.0 * random.random()])),
        updated=moment(random),
    )


def row(random: Random, number: int, pod_number: int) -> WorkerRow:
    leases = random.choice([0, 0, 0, 1, 3])
    draining = some(random, moment(random))
    return WorkerRow(
        worker_id=UUID(int=number),
        pod_uid=f"pod-{pod_number}",
        slots=2,
        leases=leases,
        started_at=moment(random),
        heartbeat_at=NOW - random.choice([0.0, 5.0, 50.0]),
        idle_since=None if leases else some(random, moment(random)),
        remaining_seconds=some(random, 1000.0 * random.random()) if leases else None,
        draining_at=draining,
        drained_at=None if draining is None else random.choice([None, NOW, draining]),
    )


def made_up(seed: int, *, quiet: bool = False) -> tuple[Observed, Policy]:
    """Anything; or (``quiet``) a pool in which nothing is to do and some have drained."""
    random = Random(seed)
    number = random.randint(0, 12)
    pods = []
    workers = []
    for each in range(1, number + 1):
        pods.append(
            Pod(
                uid=f"pod-{each}",
                name=f"pod-{each}",
                phase=random.choice([*PodPhase, PodPhase.READY, PodPhase.UNREADY]),
                created_at=moment(random),
                deletion_cost=random.choice([0, 7, VICTIM_COST, VICTIM_COST]),
                cost_since=some(random, moment(random)),
            )
        )
        if random.random() < 0.7:
            workers.append(row(random, each, each))
        if random.random() < 0.1:
            workers.append(row(random, each + 50, each))
    generation = random.randint(1, 2)
    observed = Observed(
        memory=memory(random),
        figures=queue(random),
        workers=tuple(workers),
        pods=tuple(pods),
        deployment=DeploymentState(
            replicas=max(0, number + random.choice([0, 0, 0, -2, 2])),
            generation=2,
            observed_generation=generation,
            rolling_out=random.random() < 0.2,
            resource_version="1",
        ),
        run_times=random.choice(
            [None, RunTimes(*(10.0 ** random.uniform(-2, 2) for _ in range(3)))]
        ),
        cold_start_seconds=some(random, random.uniform(0.1, 100.0)),
    )
    if quiet:
        observed = replace(
            observed,
            memory=Memory(began=LONG_AGO, busy=0.0, updated=NOW),
            figures=figures(),
            workers=tuple(
                replace(each, draining_at=NOW - 9.0, drained_at=NOW - 9.0)
                if random.random() < 0.8
                else each
                for each in workers
            ),
            deployment=deployment(max(0, number + random.choice([0, 0, 0, -2, 2]))),
        )
    return observed, policy(random)


def quiet(seed: int) -> tuple[Observed, Policy]:
    return made_up(seed, quiet=True)


situations = st.integers(0, 2**48).map(made_up)
"""Drawn by a generator of their own: Hypothesis takes a second for twenty of these."""


def replicas(observed: Observed) -> int:
    assert observed.deployment is not None
    return observed.deployment.replicas


def may_go(observed: Observed, pod: Pod) -> bool:
    """Said once more, from the rules: no tasks, no claims to come, and marked long enough ago."""
    mine = [row for row in observed.workers if row.pod_uid == pod.uid]
    quiet = all(row.drained_at is not None and row.leases == 0 for row in mine)
    never_ran = not mine and pod.phase in (PodPhase.UNSCHEDULED, PodPhase.CREATING)
    marked = pod.deletion_cost <= VICTIM_COST
    settled = pod.cost_since is not None and NOW - pod.cost_since >= 2.0
    return (never_ran or (bool(mine) and quiet)) and marked and settled


@given(situations)
def test_the_bounds_always_hold(situation: tuple[Observed, Policy]) -> None:
    observed, policy = situation
    plan = decide(observed, policy, NOW)
    for pods in (plan.desired, plan.recommendation):
        assert policy.min_replicas <= pods <= policy.max_replicas
    if plan.change is Change.UP:
        assert plan.replicas is not None
        assert plan.replicas <= policy.max_replicas
    if plan.change is Change.DOWN:
        assert plan.replicas is not None
        assert plan.replicas >= policy.min_replicas


@settings(max_examples=300)
@given(st.integers(0, 2**48).map(quiet))
def test_the_scale_is_lowered_only_by_what_kubernetes_will_take_and_may(
    situation: tuple[Observed, Policy],
) -> None:
    observed, policy = situation
    plan = decide(observed, policy, NOW)
    if plan.change is not Change.DOWN:
        return
    assert plan.replicas is not None
    assert not plan.undrain
    alive = [pod for pod in observed.pods if pod.phase is not PodPhase.GOING]
    order = list(PodPhase)
    ranked = sorted(alive, key=lambda pod: (order.index(pod.phase), pod.deletion_cost))
    before = max(0, len(alive) - replicas(observed))
    after = max(0, len(alive) - plan.replicas)
    for pod in ranked[before:after]:
        assert may_go(observed, pod)


def test_quiet_pools_are_lowered_at_all() -> None:
    assert any(decide(*quiet(seed), NOW).change is Change.DOWN for seed in range(200))


@given(situations)
def test_a_busy_pod_is_never_marked(situation: tuple[Observed, Policy]) -> None:
    observed, policy = situation
    plan = decide(observed, policy, NOW)
    busy = {row.pod_uid for row in observed.workers if row.leases}
    assert not busy & {uid for uid, cost in plan.deletion_costs if cost < 0}


@given(situations)
def test_only_workers_and_pods_that_exist_are_named_and_each_for_one_thing(
    situation: tuple[Observed, Policy],
) -> None:
    observed, policy = situation
    plan = decide(observed, policy, NOW)
    drained, called = set(plan.drain), set(plan.undrain)
    assert not drained & called
    assert drained | called <= {row.worker_id for row in observed.workers}
    asked = {row.worker_id for row in observed.workers if row.draining_at is not None}
    assert not drained & asked
    assert called <= asked
    marked = [uid for uid, _ in plan.deletion_costs]
    assert len(marked) == len(set(marked))
    assert set(marked) <= {pod.uid for pod in observed.pods}


@given(situations, st.sampled_from(["figures", "costs", "rate", "run times", "doubt"]))
def test_missing_data_never_scales_down(situation: tuple[Observed, Policy], what: str) -> None:
    observed, policy = situation
    seen = observed.figures
    assert seen is not None
    works = replace(seen, depth=max(1, seen.depth))
    observed = {
        "figures": replace(observed, figures=None),
        "costs": replace(observed, figures=replace(works, costs=None)),
        "rate": replace(observed, figures=replace(seen, arrival_rate=None)),
        "run times": replace(observed, figures=works, run_times=None),
        "doubt": replace(observed, doubts=(Doubt(DoubtCode.PODS_STALE, "?"),)),
    }[what]
    assume(replicas(observed) <= policy.max_replicas)
    plan = decide(observed, policy, NOW)
    assert plan.change is not Change.DOWN
    assert plan.desired >= replicas(observed)


@given(situations, st.integers(1, 5000), st.floats(0.0, 100.0))
def test_more_work_never_means_fewer_pods(
    situation: tuple[Observed, Policy], more: int, older: float
) -> None:
    observed, policy = situation
    seen = observed.figures
    assert seen is not None
    longer = replace(
        seen,
        depth=seen.depth + more,
        oldest_seconds=(seen.oldest_seconds or 0.0) + older,
    )
    before = decide(observed, policy, NOW)
    after = decide(replace(observed, figures=longer), policy, NOW)
    assert after.desired >= before.desired
    assert after.recommendation >= before.recommendation


@given(situations)
def test_the_same_is_decided_of_the_same_and_what_was_done_is_not_asked_again(
    situation: tuple[Observed, Policy],
) -> None:
    observed, policy = situation
    plan = decide(observed, policy, NOW)
    assert decide(observed, policy, NOW) == plan
    costs = dict(plan.deletion_costs)
    done = replace(
        observed,
        memory=plan.memory,
        workers=tuple(
            replace(row, draining_at=NOW)
            if row.worker_id in plan.drain
            else replace(row, draining_at=None, drained_at=None)
            if row.worker_id in plan.undrain
            else row
            for row in observed.workers
        ),
        pods=tuple(
            replace(pod, deletion_cost=costs[pod.uid], cost_since=NOW) if pod.uid in costs else pod
            for pod in observed.pods
        ),
    )
    assume(plan.replicas is None)
    again = decide(done, policy, NOW)
    assert not again.drain
    assert not again.undrain
    assert not again.deletion_costs


@given(situations)
def test_a_paused_pool_is_left_alone(situation: tuple[Observed, Policy]) -> None:
    observed, policy = situation
    plan = decide(observed, replace(policy, paused=True), NOW)
    assert plan.replicas is None
    assert not plan.drain


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 70), st.integers(0, 70), st.floats(5.0, 60.0), st.integers(0, 2))
def test_a_constant_load_reaches_a_constant_scale(
    before: int, load: int, wait: float, least: int
) -> None:
    model = Model(Policy(wait, least, 20, slots_per_pod=4))
    for _ in range(200):
        model.turn(before)
    for _ in range(500):
        model.turn(load)
    reached = model.replicas
    assert min(20, -(-load // 4)) <= reached
    assert reached <= max(least, -(-load * 3 // 2 // 4) + 1)
    for _ in range(200):
        plan = model.turn(load)
        assert plan.change is Change.NONE
        assert not plan.drain
    assert model.replicas == reached
    assert model.killed_busy == 0


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 100), st.integers(1, 120)), min_size=2, max_size=8))
def test_no_load_however_it_changes_costs_a_busy_pod(loads: list[tuple[int, int]]) -> None:
    model = Model(Policy(30.0, 0, 20, slots_per_pod=4))
    for load, turns in loads:
        for _ in range(turns):
            model.turn(load)
    for _ in range(600):
        model.turn(0)
    assert model.killed_busy == 0
    assert model.replicas == 0


def test_what_is_known_of_run_times_is_what_the_model_assumes() -> None:
    assert RUN_TIMES.residual_seconds == RUN_TIMES.mean_seconds
