"""An operator at work while somebody else changes what it sees, or it cannot see at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest

from e2e.cluster import LOOK_SECONDS
from e2e.release import Release, is_ready
from e2e.service import Service
from e2e.worker_pool import WorkerPool
from support.circuits import state_vector_circuit
from support.waiting import wait_until_blocking

VALUES = {
    "operator": {"enabled": True},
    "workerPoolDefaults": {
        "minReplicas": 0,
        "maxReplicas": 3,
        "scaleDown": {"stabilizationSeconds": 3, "periodSeconds": 1, "stepPercent": 100},
        "taskTimeoutSeconds": 300,
        # More than any circuit here takes: whatever deletes a pod, its circuit ends.
        "graceSeconds": 120,
    },
}

CYCLES = int(os.environ.get("QCEXEC_E2E_CYCLES", "5"))

SHORT = state_vector_circuit(qubits=20, layers=10)
LONG = state_vector_circuit(qubits=21, layers=80)
"""Still runs when the pods beside it have been taken."""


@pytest.fixture
def pool(release: Release) -> WorkerPool:
    return WorkerPool(release)


@pytest.fixture(autouse=True)
def _settled(pool: WorkerPool) -> None:
    """Each test begins with a pool that sleeps."""
    pool.wait_until_settled(0, 0)


def test_however_often_the_pool_grows_and_shrinks_no_circuit_is_killed(
    release: Release, service: Service, pool: WorkerPool
) -> None:
    task_ids: list[UUID] = []
    beside = 0
    for _ in range(CYCLES):
        long = service.submit(LONG, shots=1)
        short = [service.submit(SHORT, shots=1) for _ in range(6)]
        pool.wait_until_asked_for(3)
        release.database.wait_for_results(short)
        # One more than is busy is kept.
        pool.wait_until(lambda: pool.replicas <= 2, "an idle pod is taken")
        beside += service.look_up(long)["status"] == "pending"
        pool.wait_until_settled(0, 0)
        task_ids += [long, *short]
        assert release.database.unfinished(task_ids) == []
        assert release.database.retried(task_ids) == []
    print(f"{CYCLES} cycles, {beside} of which took pods beside one that was busy")
    assert beside
    assert release.database.ended_by_attempt(task_ids) == {1: len(task_ids)}


def test_a_paused_pool_keeps_its_scale_while_tasks_wait_and_grows_once_it_is_no_longer(
    service: Service, pool: WorkerPool
) -> None:
    pool.change(paused=True)
    pool.wait_until(lambda: pool.condition("ScalingActive") == ("False", "Paused"), "it is paused")
    before = pool.changes
    task_id = service.submit()
    target: float = pool.read()["spec"]["targetWaitSeconds"]
    pool.wait_until(
        lambda: pool.status.get("oldestWaitSeconds", 0) > target,
        "a task has waited for longer than it should",
    )
    assert (pool.replicas, pool.changes) == (0, before)
    pool.change(paused=False)
    assert service.result(task_id)["status"] == "completed"
    assert pool.condition("ScalingActive")[0] == "True"


def test_without_postgresql_the_scale_is_held_and_follows_the_queue_again_afterwards(
    release: Release, service: Service, pool: WorkerPool
) -> None:
    task_id = service.submit(LONG, shots=1)
    pool.wait_until_settled(1, 3)
    release.database.wait_for_lease(task_id)
    operator = release.pod("operator")
    restarts = release.restarts()
    release.scale("statefulset", "postgresql", 0)
    try:
        pool.wait_until(
            lambda: pool.condition("DatabaseReachable")[0] == "False", "no database is seen"
        )
        before = pool.replicas, pool.changes
        assert pool.condition("ScalingActive") == ("False", "DatabaseUnavailable")
        # Idle for as long as it takes the workers to be sure of that, and longer than the pool
        # is stabilized.
        pool.wait_until(
            lambda: not any(map(is_ready, release.pods("worker"))), "no worker is ready"
        )
        assert (pool.replicas, pool.changes) == before
        assert pool.status["message"].startswith("Held at ")
    finally:
        release.scale("statefulset", "postgresql", 1)
    pool.wait_until(lambda: pool.condition("ScalingActive")[0] == "True", "it is active again")
    assert pool.condition("DatabaseReachable")[0] == "True"
    assert service.result(task_id)["status"] == "completed"
    assert release.database.retried([task_id]) == []
    assert any("Held at " in message for message in pool.events("ScalingHeld"))
    pool.wait_until_settled(0, 0)
    assert release.pod("operator") == operator
    assert {key: release.restarts().get(key, 0) for key in restarts} == restarts


def test_an_operator_that_is_killed_while_a_pod_drains_goes_on_where_it_was(
    release: Release, service: Service, pool: WorkerPool
) -> None:
    with _draining(release, service, pool) as (task_ids, drained):
        release.cluster.kubectl(
            *("delete", "pod", release.pod("operator"), "--grace-period=0", "--force"),
            namespace=release.namespace,
        )
        pool.wait_until(lambda: pool.replicas == 1, "the pod that drained is taken")
        assert release.database.unfinished(task_ids[drained : drained + 1]) == []
    assert len(release.pods("operator")) == 1


def test_what_drains_for_a_pool_that_is_deleted_is_called_back(
    release: Release, service: Service, pool: WorkerPool
) -> None:
    with _draining(release, service, pool):
        whole = pool.read()
        release.cluster.kubectl("delete", "workerpool", pool.name, namespace=release.namespace)
        wait_until_blocking(
            lambda: not release.database.draining(),
            60,
            what="who drained is called back",
            pause=LOOK_SECONDS,
        )
        assert pool.replicas == 2
        metadata = {key: whole["metadata"][key] for key in ("name", "labels", "annotations")}
        made_anew = {key: whole[key] for key in ("apiVersion", "kind", "spec")}
        release.cluster.apply({**made_anew, "metadata": metadata}, namespace=release.namespace)


def test_no_pod_is_taken_while_a_rollout_runs(release: Release, pool: WorkerPool) -> None:
    deployment = f"deployment/{pool.name}"
    with pool.bounded(3, 3):
        # It never ends, for there is no such image; all pods of the old one stay.
        release.cluster.kubectl(
            *("set", "image", deployment, "worker=qcexec-worker:nowhere"),
            namespace=release.namespace,
        )
        pool.change(minReplicas=0)
        pool.wait_until(
            lambda: "rollout runs" in pool.status["message"] and pool.status["desired"] == 0,
            "fewer pods would do",
        )
        before = pool.changes
        pool.wait_until(
            lambda: pool.condition("ScalingLimited") == ("True", "RolloutRuns"),
            "it says what it waits for",
        )
        assert (pool.replicas, pool.changes) == (3, before)
        assert release.database.draining() == []
        release.cluster.kubectl("rollout", "undo", deployment, namespace=release.namespace)
        pool.wait_until_settled(0, 0)


def test_a_rollout_under_load_runs_no_circuit_twice(
    release: Release, service: Service, pool: WorkerPool
) -> None:
    task_ids = [service.submit(SHORT, shots=1) for _ in range(8)]
    task_ids.append(service.submit(LONG, shots=1))
    pool.wait_until_asked_for(2)
    release.database.wait_for_lease(task_ids[0])
    release.cluster.kubectl(
        "rollout", "restart", f"deployment/{pool.name}", namespace=release.namespace
    )
    release.database.wait_for_results(task_ids)
    assert release.database.retried(task_ids) == []
    pool.wait_until_settled(0, 0)


@pytest.mark.parametrize(("by_hand", "then"), [(1, 2), (4, 3)])
def test_a_scale_that_was_set_by_hand_is_put_right_and_costs_no_circuit(
    release: Release, service: Service, pool: WorkerPool, by_hand: int, then: int
) -> None:
    with pool.bounded(2, 3):
        task_ids = [service.submit(LONG, shots=1) for _ in range(2)]
        for task_id in task_ids:
            release.database.wait_for_lease(task_id)
        release.cluster.kubectl(
            *("scale", f"deployment/{pool.name}", f"--replicas={by_hand}"),
            namespace=release.namespace,
        )
        pool.wait_until(lambda: 2 <= pool.replicas <= then, f"{by_hand} pods are put right")
        release.database.wait_for_results(task_ids)
        # Whom Kubernetes took had its grace, in which circuits end.
        assert release.database.retried(task_ids) == []


@contextmanager
def _draining(
    release: Release, service: Service, pool: WorkerPool
) -> Iterator[tuple[list[UUID], int]]:
    """Two busy pods, one of which drains, and the tasks, with the place of the one that drains.

    Both tasks end with their first attempt, and the pool sleeps in the end.
    """
    with pool.bounded(2, 2):
        task_ids = [service.submit(LONG, shots=1) for _ in range(2)]
        pods = [release.database.wait_for_lease(task_id) for task_id in task_ids]
        pool.change(minReplicas=0, maxReplicas=1)
        (drains,) = wait_until_blocking(
            release.database.draining, 60, what="a pod drains", pause=LOOK_SECONDS
        )
        yield task_ids, pods.index(drains)
        release.database.wait_for_results(task_ids)
        assert release.database.retried(task_ids) == []
        assert release.database.ended_by_attempt(task_ids) == {1: 2}
        pool.wait_until_settled(0, 0)
