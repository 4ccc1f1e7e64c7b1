"""What pools make of their resources, and what may be done to single pods."""

import json

import pytest

from e2e.cluster import LOOK_SECONDS, name_of
from e2e.release import Release, is_ready
from e2e.service import Service
from support.waiting import wait_until_blocking

VALUES = {
    "workerPools": {
        "one": {"resources": {"limits": {"cpu": "1"}}},
        "two": {"resources": {"limits": {"cpu": "2"}}},
        # The machine has more than one CPU.
        "unlimited": {"resources": {"requests": {"cpu": "200m"}, "limits": {"cpu": None}}},
    }
}


@pytest.mark.parametrize(("pool", "slots"), [("one", "1"), ("two", "2"), ("unlimited", "1")])
def test_a_pod_has_as_many_slots_as_cpus_of_its_limit_or_else_of_its_request(
    release: Release, pool: str, slots: str
) -> None:
    pod = release.pod("worker", pool)
    assert release.database.query(
        "select slots from qcexec.worker where pod = :'pod'", pod=pod
    ) == [slots]


def test_a_pod_without_a_cpu_limit_has_none(release: Release) -> None:
    (pod,) = release.pods("worker", "unlimited")
    (container,) = pod["spec"]["containers"]
    assert "cpu" not in container["resources"]["limits"]


@pytest.mark.parametrize("component", ["api", "worker", "postgresql"])
def test_a_drain_may_take_the_only_pod_of_a_component(
    release: Release, service: Service, component: str
) -> None:
    pool = "one" if component == "worker" else None
    (pod,) = release.pods(component, pool)
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": name_of(pod), "namespace": release.namespace},
    }
    path = f"/api/v1/namespaces/{release.namespace}/pods/{name_of(pod)}/eviction"
    release.cluster.kubectl("create", "--raw", path, "--filename", "-", text=json.dumps(eviction))
    wait_until_blocking(
        lambda: _replaced(release, component, pool, pod["metadata"]["uid"]),
        120,
        what=f"another pod of {component} is ready",
        pause=LOOK_SECONDS,
    )
    assert service.result(service.submit_when_possible())["status"] == "completed"


def test_an_autoscaler_is_taken_by_the_cluster(release: Release) -> None:
    release.upgrade({**VALUES, "api": {"autoscaling": {"enabled": True, "minReplicas": 1}}})
    (autoscaler,) = release.cluster.find("horizontalpodautoscalers", release.namespace)
    target = autoscaler["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", f"{release.full_name}-api")
    assert len(release.pods("api")) == 1


def _replaced(release: Release, component: str, pool: str | None, uid: str) -> bool:
    return [
        is_ready(pod) for pod in release.pods(component, pool) if pod["metadata"]["uid"] != uid
    ] == [True]
