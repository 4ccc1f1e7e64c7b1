"""Values that would not do what they say are refused before anything is installed."""

import re
from typing import Any

import pytest

from chart.helm import MAJORS
from chart.rendering import refusal, render

BOTH_HELMS = pytest.mark.parametrize("major", MAJORS)


@BOTH_HELMS
@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"replicaCount": 3}, "replicaCount"),
        ({"api": {"replica": 3}}, "replica"),
        ({"postgresql": {"auth": {"password": "x"}}}, "password"),
        ({"workerPools": {"large": {"replica": 3}}}, "replica"),
        ({"workerPoolDefaults": {"podDisruptionBudget": {"minAvailable": 1}}}, "minAvailable"),
    ],
    ids=str,
)
def test_a_value_that_the_chart_does_not_have_is_refused_by_name(
    changes: dict[str, Any], named: str, major: int
) -> None:
    message = refusal("default", changes, major=major)
    assert re.search(rf"additional propert(y|ies) '?{named}\b", message, re.IGNORECASE)


@BOTH_HELMS
@pytest.mark.parametrize(
    "changes",
    [
        {"api": {"replicas": "two"}},
        {"api": {"replicas": 0}},
        {"api": {"service": {"type": "ExternalName"}}},
        {"leaseSeconds": 0},
        {"queue": "Not A Label"},
        {"logLevel": "LOUD"},
        {"networkPolicy": {"enabled": "yes"}},
        {"postgresql": {"runAsUser": 0}},
        {"externalDatabase": {"sslMode": "prefer"}},
        {"ingress": {"hosts": "qcexec.example"}},
        {"workerPools": {"large": {"slots": 0}}},
        {"workerPools": {"Large": {}}},
        {"workerPools": {"a" * 21: {}}},
    ],
    ids=str,
)
def test_a_value_out_of_its_range_is_refused(changes: dict[str, Any], major: int) -> None:
    refusal("default", changes, major=major)


@BOTH_HELMS
@pytest.mark.parametrize(
    "changes",
    [
        {"api": {"resources": {"limits": {"cpu": 2, "memory": "1Gi"}}}},
        {"api": {"maxQueuedBytes": 1e12}},
        {"postgresql": {"resources": {"limits": {"cpu": "4"}}}},
        {"postgresql": {"settings": {"work_mem": "16MB", "jit": False}}},
        {"retryBackoffSeconds": 0.5},
        {"workerPools": {"large": {"resources": {"limits": {"ephemeral-storage": "1Gi"}}}}},
        {"global": {"imageRegistry": "registry.example"}},
    ],
    ids=str,
)
def test_what_kubernetes_and_postgresql_decide_is_left_to_them(
    changes: dict[str, Any], major: int
) -> None:
    assert render("default", changes, major=major).objects


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"host": ""}, "externalDatabase.host"),
        ({"existingSecret": ""}, "externalDatabase.existingSecret"),
        ({"caSecret": {"name": ""}}, "externalDatabase.caSecret.name"),
    ],
    ids=str,
)
def test_what_an_external_database_lacks_is_named(changes: dict[str, Any], named: str) -> None:
    assert named in refusal("external_database", {"externalDatabase": changes})


@BOTH_HELMS
def test_a_cluster_that_is_too_old_is_refused(major: int) -> None:
    oldest = ("--kube-version", "1.27.0")
    older = ("--kube-version", "1.26.15")
    assert render("existing_secret", major=major, options=oldest).objects
    assert "1.27" in refusal("existing_secret", {}, major=major, options=older)


def test_a_route_without_a_gateway_is_refused() -> None:
    assert "httpRoute.parentRefs" in refusal("default", {"httpRoute": {"enabled": True}})


def test_a_pool_without_a_memory_limit_is_refused() -> None:
    message = refusal(
        "default", {"workerPools": {"large": {"resources": {"limits": {"memory": None}}}}}
    )
    assert "workerPools.large" in message
    assert "resources.limits.memory" in message


def test_a_pool_that_says_nothing_of_cpu_is_refused() -> None:
    resources = {"requests": {"cpu": None}, "limits": {"cpu": None}}
    message = refusal("default", {"workerPools": {"large": {"resources": resources}}})
    assert "workerPools.large" in message
    assert render(
        "default", {"workerPools": {"large": {"resources": resources, "slots": 2}}}
    ).objects
