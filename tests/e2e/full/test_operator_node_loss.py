"""A node is cut off while a pod of a scaled pool is at work there, and comes back."""

from collections.abc import Iterator

import pytest

from e2e.cluster import LOOK_SECONDS, name_of
from e2e.nodes import TAINT, Node
from e2e.release import Release
from e2e.releases import Releases
from e2e.worker_pool import WorkerPool
from support.circuits import state_vector_circuit
from support.waiting import wait_until_blocking

CIRCUIT = state_vector_circuit(qubits=22, layers=40)
"""Still runs when the node is cut off, and when what ran there has begun again."""


@pytest.fixture(scope="module")
def release(releases: Releases, node: Node) -> Iterator[Release]:
    # Spread over both nodes, as far as there are two that answer.
    spread = {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "DoNotSchedule",
        "nodeTaintsPolicy": "Honor",
        "labelSelector": {"matchLabels": {"app.kubernetes.io/component": "worker"}},
    }
    values = {
        "operator": {"enabled": True},
        "workerPoolDefaults": {
            "minReplicas": 2,
            "maxReplicas": 3,
            "tolerations": [{"key": TAINT, "operator": "Exists", "effect": "NoSchedule"}],
            "topologySpreadConstraints": [spread],
            "taskTimeoutSeconds": 300,
        },
    }
    with releases.alone("operator-node-loss", values) as release:
        WorkerPool(release).wait_until_settled(2, 2)
        assert node.name in {pod["spec"]["nodeName"] for pod in release.pods("worker")}
        yield release


def test_what_a_lost_node_had_runs_elsewhere_once_and_no_pod_is_taken_for_that(
    release: Release, releases: Releases, node: Node
) -> None:
    pool = WorkerPool(release)
    (far,) = (
        name_of(pod) for pod in release.pods("worker") if pod["spec"]["nodeName"] == node.name
    )
    with releases.service(release) as service:
        task_ids = [service.submit(CIRCUIT, shots=100) for _ in range(2)]
        claimed = {release.database.wait_for_lease(task_id): task_id for task_id in task_ids}
        lost = claimed[far]
        # So many because of the work alone.
        pool.change(minReplicas=0)
        node.cut()
        try:
            documents = {task_id: service.result(task_id) for task_id in task_ids}
            assert {each["status"] for each in documents.values()} == {"completed"}
            assert release.database.attempts(lost) == ["worker_expired|f"]
            assert pool.replicas >= 2
            # The pod that was to help out goes once nothing waits, and not again and again.
            lowered = pool.events("ScaledDown")
            assert len(lowered) <= 1
            assert not [said for said in lowered if "from 2" in said]
        finally:
            node.heal()
        (refused,) = wait_until_blocking(
            lambda: release.log_events(far, "late_result_refused", "worker"),
            120,
            what="the worker that was cut off hands in its result",
            pause=LOOK_SECONDS,
        )
        assert refused["task_id"] == str(lost)
        assert [release.database.results(task_id) for task_id in task_ids] == [1, 1]
        assert service.look_up(lost) == documents[lost]
        assert release.database.attempts(lost) == ["worker_expired|f"]
        pool.wait_until_settled(0, 0)
        assert service.result(service.submit())["status"] == "completed"
