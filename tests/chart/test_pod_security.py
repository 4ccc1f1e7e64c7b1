"""Pods hold nothing that they do not need."""

from typing import Any

import pytest

from chart.pod_security import violations
from chart.rendering import Rendering

SAFE: dict[str, Any] = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "it",
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
            },
        }
    ],
}


def test_each_pod_is_taken_by_a_namespace_that_enforces_restricted(rendering: Rendering) -> None:
    assert {pod.name: violations(pod.spec) for pod in rendering.pods()} == {
        pod.name: [] for pod in rendering.pods()
    }


def test_each_container_has_a_read_only_root_file_system(rendering: Rendering) -> None:
    for pod in rendering.pods():
        for container in pod.containers:
            assert container.spec["securityContext"]["readOnlyRootFilesystem"] is True, pod.name


def test_what_can_be_written_to_is_bounded(rendering: Rendering) -> None:
    for pod in rendering.pods():
        for volume in pod.spec.get("volumes", []):
            if "emptyDir" in volume:
                assert volume["emptyDir"]["sizeLimit"], pod.name


def test_each_pod_runs_as_a_user_of_its_own_group(rendering: Rendering) -> None:
    for pod in rendering.pods():
        context = pod.spec["securityContext"]
        assert context["runAsUser"] > 0
        assert context["runAsGroup"] > 0


def test_no_pod_but_the_operator_can_speak_to_the_clusters_api(rendering: Rendering) -> None:
    for pod in rendering.pods():
        speaks = pod.component == "operator"
        assert pod.spec["automountServiceAccountToken"] is speaks, pod.name
    for account in rendering.of_kind("ServiceAccount"):
        assert account["automountServiceAccountToken"] is False


def test_each_component_has_a_service_account_of_its_own(rendering: Rendering) -> None:
    accounts = {each["metadata"]["name"] for each in rendering.of_kind("ServiceAccount")}
    used = {(pod.component, pod.spec["serviceAccountName"]) for pod in rendering.pods()}
    assert {account for _, account in used} == accounts
    assert len(used) == len(accounts) == len({component for component, _ in used})


def test_no_pod_is_told_of_the_namespaces_services(rendering: Rendering) -> None:
    """Such variables could be taken for settings, and they name what else runs there."""
    for pod in rendering.pods():
        assert pod.spec["enableServiceLinks"] is False, pod.name


def test_a_safe_pod_is_no_violation() -> None:
    assert violations(SAFE) == []


@pytest.mark.parametrize(
    "change",
    [
        {"hostNetwork": True},
        {"hostPID": True},
        {"volumes": [{"name": "node", "hostPath": {"path": "/"}}]},
        {"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}},
        {"securityContext": {"runAsNonRoot": True}},
        {"securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "Unconfined"}}},
        {"securityContext": SAFE["securityContext"] | {"runAsUser": 0}},
        {"securityContext": SAFE["securityContext"] | {"sysctls": [{"name": "kernel.msgmax"}]}},
    ],
    ids=str,
)
def test_an_unsafe_pod_is_a_violation(change: dict[str, Any]) -> None:
    assert violations(SAFE | change)


@pytest.mark.parametrize(
    "change",
    [
        {"privileged": True},
        {"allowPrivilegeEscalation": None},
        {"runAsNonRoot": False},
        {"runAsUser": 0},
        {"capabilities": {}},
        {"capabilities": {"drop": ["ALL"], "add": ["NET_ADMIN"]}},
        {"procMount": "Unmasked"},
        {"seccompProfile": {"type": "Unconfined"}},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["containers", "initContainers"])
def test_an_unsafe_container_is_a_violation(kind: str, change: dict[str, Any]) -> None:
    (container,) = SAFE["containers"]
    unsafe = container | {"securityContext": container["securityContext"] | change}
    assert violations(SAFE | {kind: [unsafe]})


@pytest.mark.parametrize(
    "change",
    [
        {"ports": [{"containerPort": 80, "hostPort": 80}]},
        {"livenessProbe": {"httpGet": {"host": "elsewhere", "port": 80}}},
        {"lifecycle": {"preStop": {"tcpSocket": {"host": "elsewhere", "port": 80}}}},
    ],
    ids=str,
)
def test_a_container_that_reaches_for_the_node_is_a_violation(change: dict[str, Any]) -> None:
    (container,) = SAFE["containers"]
    assert violations(SAFE | {"containers": [container | change]})
