"""Two pools: a circuit that is too large for one is passed on to the other, which sleeps."""

from e2e.release import Release
from e2e.service import Service
from e2e.worker_pool import WorkerPool
from support.circuits import state_vector_circuit

VALUES = {
    "operator": {"enabled": True},
    "workerPools": {
        "default": {
            "minReplicas": 1,
            "maxReplicas": 1,
            # About 200 MiB a slot.
            "resources": {"limits": {"memory": "512Mi"}},
        },
        "large": {"queue": "large", "rank": 1, "minReplicas": 0, "maxReplicas": 1},
    },
}

LARGE = state_vector_circuit(qubits=25, layers=4)
"""Takes 256 MiB in single precision, and twice as much in double."""
TOO_LARGE = state_vector_circuit(qubits=28, layers=4)


def test_a_circuit_that_is_too_large_wakes_the_pool_that_it_fits_and_loses_no_attempt(
    release: Release, service: Service
) -> None:
    large = WorkerPool(release, "large")
    large.wait_until_settled(0, 0)
    task_id = service.submit(LARGE, shots=1)
    document = service.result(task_id)
    assert document["status"] == "completed", document
    assert release.database.query(
        "select queue.name from qcexec.result join qcexec.worker using (worker_id)"
        " join qcexec.queue using (queue_id) where task_id = :'task'",
        task=str(task_id),
    ) == ["large"]
    assert release.database.ended_by_attempt([task_id]) == {1: 1}
    assert "|t" not in "".join(release.database.attempts(task_id))
    assert service.result(service.submit())["status"] == "completed"
    large.wait_until_settled(0, 0)
    assert WorkerPool(release).replicas == 1


def test_a_circuit_that_no_pool_can_hold_fails_and_wakes_nobody(
    release: Release, service: Service
) -> None:
    large = WorkerPool(release, "large")
    large.wait_until_settled(0, 0)
    before = large.changes
    document = service.result(service.submit(TOO_LARGE, shots=1))
    assert document["status"] == "error"
    assert "memory" in document["message"]
    assert large.changes == before
