"""The operator: what it may do in the cluster, for whom it works, and what its image holds."""

import re
from typing import Any

import pytest

from chart.helm import ROOT
from chart.rendering import Rendering, render

OFF = {"operator": {"enabled": False}}

# Least rights: what its source asks of the cluster's API, and no more.
RIGHTS = {
    ("qcexec.io", "workerpools"): {"get", "list", "watch", "patch"},
    ("qcexec.io", "workerpools/status"): {"get", "patch"},
    ("apps", "deployments"): {"get"},
    ("apps", "deployments/scale"): {"get", "patch"},
    ("", "pods"): {"get", "list", "watch", "patch"},
    ("", "events"): {"create", "patch"},
    ("events.k8s.io", "events"): {"create", "patch"},
}


def test_it_may_do_what_it_needs_and_no_more() -> None:
    (role,) = render("default").of_kind("Role")
    granted: dict[tuple[str, str], set[str]] = {}
    for rule in role["rules"]:
        assert rule.keys() == {"apiGroups", "resources", "verbs"}
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                granted.setdefault((group, resource), set()).update(rule["verbs"])
    assert granted == RIGHTS


def test_nobody_else_has_rights_and_none_reach_beyond_the_namespace(rendering: Rendering) -> None:
    assert not rendering.of_kind("ClusterRole")
    assert not rendering.of_kind("ClusterRoleBinding")
    for binding in rendering.of_kind("RoleBinding"):
        assert rendering.one(binding["roleRef"]["kind"], binding["roleRef"]["name"])
        (subject,) = binding["subjects"]
        (pod,) = rendering.pods("operator")
        assert subject == {
            "kind": "ServiceAccount",
            "name": pod.spec["serviceAccountName"],
            "namespace": "quantum",
        }


def test_there_are_never_two_at_once(rendering: Rendering) -> None:
    for pod in rendering.pods("operator"):
        assert pod.owner["spec"]["replicas"] == 1
        assert pod.owner["spec"]["strategy"] == {"type": "Recreate"}


def test_it_works_for_its_own_release_in_its_own_namespace() -> None:
    """What it finds pools and pods by is on each of them, and on those of no other release."""
    for release in ("qcexec", "another"):
        rendering = render("two_pools", release=release)
        (pod,) = rendering.pods("operator")
        instance = pod.container("operator").variables["QCEXEC_INSTANCE"]
        found = [*rendering.of_kind("WorkerPool"), *(each.owner for each in rendering.pods())]
        for each in found:
            assert each["metadata"]["labels"]["app.kubernetes.io/instance"] == instance == release


def test_its_probes_ask_the_port_that_it_is_told() -> None:
    (pod,) = render("default").pods("operator")
    container = pod.container("operator")
    (port,) = container.spec["ports"]
    assert container.variables["QCEXEC_HTTP_PORT"] == str(port["containerPort"])
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container.spec[probe]["httpGet"]["port"] == port["name"]


@pytest.mark.parametrize("kind", ["WorkerPool", "Role", "RoleBinding"])
def test_without_it_nothing_of_it_is_left(kind: str) -> None:
    assert render("default").of_kind(kind)
    off = render("default", OFF)
    assert not off.of_kind(kind)
    assert not off.pods("operator")
    assert not [each for each in off.objects if each["metadata"]["name"].endswith("-operator")]


def test_its_image_holds_no_simulator_and_no_web_framework() -> None:
    locked = packages("operator")
    assert {"kopf", "asyncpg"} <= locked
    assert not locked & {"qiskit", "qiskit-aer", "fastapi", "starlette", "uvicorn", "numpy"}


def test_its_image_holds_the_members_that_it_needs_and_no_others() -> None:
    dockerfile = (ROOT / "operator" / "Dockerfile").read_text(encoding="utf-8")
    project = (ROOT / "operator" / "pyproject.toml").read_text(encoding="utf-8")
    needed = set(re.findall(r'^    "qcexec-([a-z]+)",$', project, re.MULTILINE))
    copied = set(re.findall(r"^COPY packages/([a-z]+) ", dockerfile, re.MULTILINE))
    assert needed == copied


def test_it_runs_as_the_user_that_its_image_was_made_for() -> None:
    dockerfile = (ROOT / "operator" / "Dockerfile").read_text(encoding="utf-8")
    (pod,) = render("default").pods("operator")
    context: dict[str, Any] = pod.spec["securityContext"]
    assert f"USER {context['runAsUser']}:{context['runAsGroup']}\n" in dockerfile


def packages(lock: str) -> set[str]:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))
