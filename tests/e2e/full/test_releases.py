"""Releases beside one another, and one after the other."""

from uuid import UUID

from e2e.cluster import name_of
from e2e.releases import Releases

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


def test_what_is_left_after_uninstalling_lets_the_next_release_read_the_old_tasks(
    releases: Releases,
) -> None:
    with releases.alone("uninstall") as release:
        with releases.service(release) as service:
            task_id: UUID = service.submit()
            before = service.result(task_id)
        release.test()
        release.uninstall()
        assert _left(release.cluster.all_objects(release.namespace)) == {
            ("PersistentVolumeClaim", "data-qcexec-postgresql-0"),
            ("Secret", "qcexec-postgresql-auth"),
        }
        release.install()
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
