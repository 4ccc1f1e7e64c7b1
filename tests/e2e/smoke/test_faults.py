"""The two faults that every cluster brings sooner or later."""

from e2e.cluster import LOOK_SECONDS
from e2e.release import Release
from e2e.service import Service
from e2e.worker_pool import WorkerPool
from support.circuits import state_vector_circuit
from support.waiting import wait_until_blocking

LONG = state_vector_circuit(qubits=21, layers=40)
"""Still runs when the seconds that even a pod without grace is given are over."""

# The worker's own probe, less patient than the kubelet's.
_LIVE = (
    *("sealed-env", "-i", "QCEXEC_HEALTH_FILE=/tmp/worker-health"),
    *("/opt/venv/bin/python", "-I", "-m", "qcexec_worker.health", "--oldest", "15"),
)


def test_a_task_whose_worker_pod_is_killed_runs_again_at_once_and_completes_once(
    release: Release, service: Service, pool: WorkerPool
) -> None:
    with pool.bounded(2, 2):
        task_id = service.submit(LONG, shots=1)
        pod = release.database.wait_for_lease(task_id)
        killed_at = release.database.moment()
        release.cluster.kubectl(
            *("delete", "pod", pod, "--grace-period=0", "--force"), namespace=release.namespace
        )
        assert service.result(task_id)["status"] == "completed"
        # Not that its lease has ended: nobody waited for that.
        assert release.database.attempts(task_id) == ["pod_gone|f"]
        assert release.database.results(task_id) == 1
        print(f"runs again after {release.database.claimed_at(task_id) - killed_at:.1f} s")
    assert any(pod in message for message in pool.events("TasksReturned"))


def test_without_postgresql_clients_get_the_apis_own_answer_and_nothing_is_restarted(
    release: Release, service: Service
) -> None:
    before = release.restarts()
    release.scale("statefulset", "postgresql", 0)
    try:
        # As long as it takes a probe to see that no task is claimed: that is no reason to restart.
        wait_until_blocking(
            lambda: _is_refused(service) and not release.is_ready("worker"),
            120,
            what="the worker is unready",
            pause=LOOK_SECONDS,
        )
        assert release.is_ready("api")
        assert "age_seconds" in release.execute("worker", *_LIVE)
    finally:
        release.scale("statefulset", "postgresql", 1)
    assert service.result(service.submit_when_possible())["status"] == "completed"
    after = release.restarts()
    assert {container: after.get(container, 0) for container in before} == before


def _is_refused(service: Service) -> bool:
    answer = service.post()
    assert answer.status_code == 503, answer.text
    assert answer.json()["status"] == "error"
    assert int(answer.headers["retry-after"]) > 0
    return True
