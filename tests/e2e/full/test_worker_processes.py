"""The processes of a worker die: the child that runs a circuit, then all of the container."""

from e2e.host import kill_first_process
from e2e.release import Release
from e2e.service import Service
from e2e.slot_processes import kill_child, starve_child
from support.circuits import SECONDS, state_vector_circuit

# No task comes back because its lease ran out.
VALUES = {"leaseSeconds": 600}

LARGE = state_vector_circuit(qubits=25, layers=8)
"""Takes 512 MiB, which is most of a container, for seconds."""
TOO_LARGE = state_vector_circuit(qubits=27, layers=4)


def test_a_circuit_whose_process_is_killed_runs_again_and_completes(
    release: Release, service: Service
) -> None:
    before = release.restarts()
    task_id = service.submit(SECONDS, shots=1)
    release.database.wait_for_lease(task_id)
    kill_child(release)
    assert service.result(task_id)["status"] == "completed"
    assert release.database.attempts(task_id) == ["child_died|t"]
    assert release.database.results(task_id) == 1
    assert release.restarts() == before


def test_a_circuit_whose_process_is_ended_for_want_of_memory_runs_again_and_completes(
    release: Release, service: Service
) -> None:
    task_id = service.submit(LARGE, shots=1)
    release.database.wait_for_lease(task_id)
    starve_child(release)
    assert service.result(task_id)["status"] == "completed"
    # With version 2 of control groups Kubernetes has all of the container ended at once.
    assert release.database.attempts(task_id) in (["child_died|t"], ["worker_died|f"])
    assert release.database.results(task_id) == 1


def test_a_circuit_that_fits_no_slot_fails_and_takes_no_process_with_it(
    release: Release, service: Service
) -> None:
    before = release.restarts()
    document = service.result(service.submit(TOO_LARGE, shots=1))
    assert document["status"] == "error"
    assert "memory" in document["message"]
    assert release.restarts() == before


def test_what_a_killed_container_had_runs_again_as_soon_as_it_is_started_anew(
    release: Release, service: Service
) -> None:
    (pod,) = release.pods("worker")
    key = pod["metadata"]["uid"], "worker"
    before = release.restarts()[key]
    task_id = service.submit(state_vector_circuit(21, 20, number=2), shots=1)
    release.database.wait_for_lease(task_id)
    kill_first_process(pod, "worker")
    # Long before the lease ends.
    assert service.result(task_id)["status"] == "completed"
    assert release.database.attempts(task_id) == ["worker_died|f"]
    assert release.database.results(task_id) == 1
    assert release.restarts()[key] == before + 1
