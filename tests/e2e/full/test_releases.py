"""Releases beside one another, and one after the other."""

import time
from uuid import UUID

from e2e.cluster import name_of
from e2e.releases import Releases
from e2e.worker_pool import WorkerPool
from support.circuits import state_vector_circuit

_WITH_OPERATOR = {"operator": {"enabled": True}}
_LONG = state_vector_circuit(qubits=21, layers=80)
"""Still runs when the grace of its pod is over."""

# Made by the cluster itself in any namespace, or gone a while after what they belong to.
_CLUSTERS_OWN = {
    ("ConfigMap", "kube-root-ca.crt"),
    ("ServiceAccount", "default"),
}
_FOLLOWERS = {"Event", "EndpointSlice", "Endpoints", "Lease"}


def test_two_releases_in_one_namespace_do_not_see_each_others_tasks(releases: Releases) -> None:
    with (
        releases.in_new_namespace("two", "left", "right") as (left, right),
        releases.service(left) as left_service,
        releases.service(right) as right_service,
    ):
        ids = {
            left_service: [left_service.submit() for _ in range(5)],
            right_service: [right_service.submit() for _ in range(5)],
        }
        for service, other in ((left_service, right_service), (right_service, left_service)):
            for task_id in ids[service]:
                assert service.result(task_id)["status"] == "completed"
                assert other.get(f"/tasks/{task_id}").status_code == 404
        for release in (left, right):
            workers = release.database.query("select pod from qcexec.worker")
            assert workers == [release.pod("worker")]


def test_two_operators_in_one_namespace_each_scale_what_is_theirs(releases: Releases) -> None:
    values = {**_WITH_OPERATOR, "workerPoolDefaults": {"minReplicas": 1, "maxReplicas": 2}}
    with (
        releases.in_new_namespace("two", "left", "right", values=values) as (left, right),
        releases.service(left) as service,
    ):
        pool, other = WorkerPool(left), WorkerPool(right)
        before = other.changes
        task_ids = [
            service.submit(state_vector_circuit(21, 20, number), shots=1) for number in range(6)
        ]
        pool.wait_until_asked_for(2)
        left.database.wait_for_lease(task_ids[0])
        # A pod of the other one goes: no business of this one's.
        left.cluster.kubectl(
            *("delete", "pod", right.pod("worker"), "--grace-period=0", "--force"),
            namespace=left.namespace,
        )
        left.database.wait_for_results(task_ids)
        assert left.database.retried(task_ids) == []
        assert pool.events("TasksReturned") == []
        assert (other.replicas, other.changes) == (1, before)
        right.uninstall()
        pool.wait_until_settled(1, 1)
        assert service.result(service.submit())["status"] == "completed"


def test_a_release_with_a_circuit_at_work_is_uninstalled_within_a_minute(
    releases: Releases,
) -> None:
    with releases.alone("leaving", _WITH_OPERATOR) as release:
        with releases.service(release) as service:
            release.database.wait_for_lease(service.submit(_LONG, shots=1))
        begun = time.monotonic()
        release.uninstall()
        print(f"uninstalled in {time.monotonic() - begun:.0f} s")
        assert time.monotonic() - begun < 60
        assert _left(release.cluster.all_objects(release.namespace)) == {
            ("PersistentVolumeClaim", "data-qcexec-postgresql-0"),
            ("Secret", "qcexec-postgresql-auth"),
        }


def test_what_is_left_after_uninstalling_lets_the_next_release_read_the_old_tasks(
    releases: Releases,
) -> None:
    with releases.alone("uninstall", _WITH_OPERATOR) as release:
        with releases.service(release) as service:
            task_id: UUID = service.submit()
            before = service.result(task_id)
        release.test()
        release.uninstall()
        assert _left(release.cluster.all_objects(release.namespace)) == {
            ("PersistentVolumeClaim", "data-qcexec-postgresql-0"),
            ("Secret", "qcexec-postgresql-auth"),
        }
        release.install(_WITH_OPERATOR)
        with releases.service(release) as service:
            assert service.look_up(task_id) == before
            assert service.result(service.submit())["status"] == "completed"


def _left(objects: list[dict[str, object]]) -> set[tuple[str, str]]:
    found = {(str(each["kind"]), name_of(each)) for each in objects}
    return {
        (kind, name)
        for kind, name in found - _CLUSTERS_OWN
        if kind not in _FOLLOWERS and not name.startswith("sh.helm.")
    }
