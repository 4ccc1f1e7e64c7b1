"""PostgreSQL goes away under load."""

import json

from e2e.host import kill_first_process
from e2e.load import Load, under_load
from e2e.release import Release
from e2e.releases import Releases

VALUES = {"api": {"replicas": 2}}


def test_no_accepted_task_is_lost_when_postgresqls_pod_is_deleted(
    release: Release, releases: Releases
) -> None:
    before = release.restarts()
    pod = release.database.pod
    old = release.cluster.get("pod", pod, release.namespace)["metadata"]["uid"]
    with releases.service(release) as service, under_load(release) as load:
        release.cluster.kubectl("delete", "pod", pod, namespace=release.namespace)
        assert service.result(service.submit_when_possible())["status"] == "completed"
    _assert_nothing_lost(release, load)
    assert release.cluster.get("pod", pod, release.namespace)["metadata"]["uid"] != old
    after = release.restarts()
    assert {key: count for key, count in after.items() if key in before and count} == {}


def test_no_accepted_task_is_lost_when_postgresql_crashes(
    release: Release, releases: Releases
) -> None:
    before = release.restarts()
    (pod,) = release.pods("postgresql")
    with releases.service(release) as service, under_load(release) as load:
        kill_first_process(pod, "postgresql")
        release.wait_for_restart(pod, "postgresql")
        assert service.result(service.submit_when_possible())["status"] == "completed"
    _assert_nothing_lost(release, load)
    crashed = (pod["metadata"]["uid"], "postgresql")
    assert release.restarts() == {**before, crashed: before[crashed] + 1}


def _assert_nothing_lost(release: Release, load: Load) -> None:
    assert load.accepted
    release.database.wait_for_results(load.accepted)
    # Whoever was not served was told so by the API, and when to come again.
    for failure in load.failed:
        assert failure["status"] == 503, failure
        assert json.loads(failure["text"])["status"] == "error", failure
        assert int(failure["retry_after"]) > 0, failure
