"""Worker pools: each is the defaults with its own values over them."""

from typing import Any

import pytest

from chart.rendering import Container, Pod, render


def test_there_is_one_deployment_for_each_pool() -> None:
    assert deployments("default") == {"qcexec-worker-default"}
    assert deployments("two_pools") == {"qcexec-worker-default", "qcexec-worker-large"}


def test_the_pool_of_the_chart_can_be_removed() -> None:
    assert deployments("other_pool") == {"qcexec-worker-unlimited"}


def test_a_release_may_have_no_workers() -> None:
    assert deployments("default", {"workerPools": {"default": None}}) == set()


def test_what_a_pool_says_holds_for_that_pool_alone() -> None:
    default, large = worker("two_pools", "default"), worker("two_pools", "large")
    assert variable(default, "QCEXEC_MAX_QUBITS") == "32"
    assert variable(large, "QCEXEC_MAX_QUBITS") == "34"
    assert default.container("worker").spec["resources"]["limits"]["memory"] == "2Gi"
    assert large.container("worker").spec["resources"]["limits"]["memory"] == "300Gi"


@pytest.mark.parametrize(
    ("defaults", "own", "expected"),
    [
        ({"rank": 3}, {"rank": 0}, ("QCEXEC_POOL_RANK", "0")),
        (
            {"metricsIntervalSeconds": 60},
            {"metricsIntervalSeconds": 0},
            ("QCEXEC_METRICS_INTERVAL_SECONDS", "0"),
        ),
        ({"graceSeconds": 60}, {"graceSeconds": 0}, ("QCEXEC_GRACE_SECONDS", "0")),
        ({"queue": "other"}, {"queue": ""}, ("QCEXEC_QUEUE", "default")),
        ({"graceSeconds": 60}, {"graceSeconds": None}, ("QCEXEC_GRACE_SECONDS", "300")),
    ],
    ids=str,
)
def test_a_pool_can_take_back_what_the_defaults_say(
    defaults: dict[str, Any], own: dict[str, Any], expected: tuple[str, str]
) -> None:
    changes = {"workerPoolDefaults": defaults, "workerPools": {"default": own}}
    (pod,) = render("default", changes).pods("worker")
    name, value = expected
    assert variable(pod, name) == value


def test_a_pool_of_no_pods_is_there_to_be_scaled() -> None:
    rendering = render("two_pools", {"operator": {"enabled": False}})
    assert rendering.one("Deployment", "qcexec-worker-large")["spec"]["replicas"] == 0


def test_an_empty_list_of_a_pool_takes_the_place_of_the_defaults() -> None:
    assert "tolerations" in worker("two_pools", "default").spec
    assert not worker("two_pools", "large").spec.get("tolerations")


def test_api_and_workers_share_a_queue_unless_a_pool_has_its_own() -> None:
    rendering = render("two_pools", {"queue": "shared"})
    (api,) = rendering.pods("api")
    assert api.container("api").variables["QCEXEC_QUEUE"] == "shared"
    queues = {
        pod.labels["qcexec.io/pool"]: variable(pod, "QCEXEC_QUEUE")
        for pod in rendering.pods("worker")
    }
    assert queues == {"default": "shared", "large": "large"}


def test_slots_come_from_the_cpu_limit_which_the_worker_sees_itself() -> None:
    pod = worker("default", "default")
    assert pod.container("worker").spec["resources"]["limits"]["cpu"] == "2"
    assert source(pod.container("worker"), "QCEXEC_SLOTS") is None


def test_without_a_cpu_limit_slots_come_from_the_request() -> None:
    """The cgroup tells a worker of a limit, never of a request."""
    container = worker("other_pool", "unlimited").container("worker")
    assert "cpu" not in container.spec["resources"]["limits"]
    assert source(container, "QCEXEC_SLOTS") == {
        "resourceFieldRef": {
            "containerName": "worker",
            "resource": "requests.cpu",
            "divisor": "1",
        }
    }


def test_given_slots_are_the_slots() -> None:
    assert variable(worker("two_pools", "large"), "QCEXEC_SLOTS") == "1"


def test_a_worker_knows_the_pod_that_it_runs_in() -> None:
    """Its successor releases what it held; the row of a worker names pod and node."""
    container = worker("default", "default").container("worker")
    fields = {
        name: (source(container, name) or {})["fieldRef"]["fieldPath"]
        for name in ("QCEXEC_POD_UID", "QCEXEC_POD_NAME", "QCEXEC_NODE_NAME")
    }
    assert fields == {
        "QCEXEC_POD_UID": "metadata.uid",
        "QCEXEC_POD_NAME": "metadata.name",
        "QCEXEC_NODE_NAME": "spec.nodeName",
    }


def deployments(name: str, changes: dict[str, Any] | None = None) -> set[str]:
    return {pod.owner["metadata"]["name"] for pod in render(name, changes).pods("worker")}


def worker(name: str, pool: str) -> Pod:
    (pod,) = [each for each in render(name).pods("worker") if each.labels["qcexec.io/pool"] == pool]
    return pod


def variable(pod: Pod, name: str) -> str:
    return pod.container("worker").variables[name]


def source(container: Container, name: str) -> dict[str, Any] | None:
    """Where a variable that is not written out comes from; None where there is no such one."""
    for each in container.spec["env"]:
        if each["name"] == name:
            found: dict[str, Any] = each["valueFrom"]
            return found
    return None
