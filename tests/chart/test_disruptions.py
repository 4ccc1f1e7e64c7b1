"""Pods come and go, are drained and replaced, without anybody losing more than they must."""

from typing import Any

import pytest

from chart.rendering import Object, Rendering, refusal, render

WORKER_LEAVES_SECONDS = 15
"""docs/operations.md: what a worker may take beyond its grace period to hand everything in."""


def test_a_worker_has_the_time_that_its_circuits_and_its_leaving_take(rendering: Rendering) -> None:
    for pod in rendering.pods("worker"):
        grace = float(pod.container("worker").variables["QCEXEC_GRACE_SECONDS"])
        assert pod.spec["terminationGracePeriodSeconds"] >= grace + WORKER_LEAVES_SECONDS


def test_circuits_may_end_unless_a_pool_says_otherwise() -> None:
    grace = {
        pod.labels["qcexec.io/pool"]: pod.container("worker").variables["QCEXEC_GRACE_SECONDS"]
        for pod in render("two_pools", {"workerPoolDefaults": {"taskTimeoutSeconds": 450}}).pods(
            "worker"
        )
    }
    assert grace == {"default": "450", "large": "60"}


def test_a_grace_period_of_nothing_is_nothing() -> None:
    (pod,) = render("default", {"workerPools": {"default": {"graceSeconds": 0}}}).pods("worker")
    assert pod.container("worker").variables["QCEXEC_GRACE_SECONDS"] == "0"


def test_an_api_pod_has_the_time_that_it_serves_on_and_its_requests_take(
    rendering: Rendering,
) -> None:
    for pod in rendering.pods("api"):
        variables = pod.container("api").variables
        drain = float(variables["QCEXEC_SHUTDOWN_DELAY_SECONDS"]) + float(
            variables["QCEXEC_SHUTDOWN_TIMEOUT_SECONDS"]
        )
        assert pod.spec["terminationGracePeriodSeconds"] > drain


def test_an_api_pod_serves_on_until_it_is_seen_to_be_unready(rendering: Rendering) -> None:
    """Endpoints go with the deletion; whoever asks for readiness needs one round at least."""
    for pod in rendering.pods("api"):
        container = pod.container("api")
        probe = container.spec["readinessProbe"]
        assert float(container.variables["QCEXEC_SHUTDOWN_DELAY_SECONDS"]) >= (
            probe["periodSeconds"] * probe["failureThreshold"]
        )


def test_postgresql_has_a_minute_to_stop_at_least() -> None:
    (pod,) = render("default").pods("postgresql")
    assert pod.spec["terminationGracePeriodSeconds"] >= 60


def test_the_api_is_replaced_without_a_pod_less(rendering: Rendering) -> None:
    for deployment in rendering.of_kind("Deployment"):
        if deployment["metadata"]["labels"]["app.kubernetes.io/component"] == "api":
            assert deployment["spec"]["strategy"]["rollingUpdate"] == {
                "maxSurge": 1,
                "maxUnavailable": 0,
            }


def test_each_budget_lets_one_pod_go_at_least(rendering: Rendering) -> None:
    """Of a single pod, too: a drain must not wait for ever."""
    for budget in rendering.of_kind("PodDisruptionBudget"):
        spec = budget["spec"]
        assert "minAvailable" not in spec
        assert int(str(spec["maxUnavailable"]).rstrip("%")) >= 1
        assert spec["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


@pytest.mark.parametrize("none", [0, "0", "0%"])
@pytest.mark.parametrize("where", ["api", "workerPoolDefaults"])
def test_a_budget_that_lets_no_pod_go_is_refused(where: str, none: Any) -> None:
    refusal("default", {where: {"podDisruptionBudget": {"maxUnavailable": none}}})


def test_api_and_each_pool_have_a_budget() -> None:
    assert budgets(render("everything_on")) == {
        "qcexec-api",
        "qcexec-worker-default",
        "qcexec-worker-large",
        "qcexec-worker-small",
    }


def test_a_budget_can_be_left_out() -> None:
    assert budgets(render("everything_off")) == set()
    assert budgets(render("two_pools")) == {"qcexec-api", "qcexec-worker-default"}


def test_api_and_workers_are_spread_over_nodes_and_zones_without_being_kept_from_starting() -> None:
    for component in ("api", "worker"):
        (pod,) = render("default").pods(component)
        constraints = pod.spec["topologySpreadConstraints"]
        assert {each["topologyKey"] for each in constraints} == {
            "kubernetes.io/hostname",
            "topology.kubernetes.io/zone",
        }
        for each in constraints:
            assert each["whenUnsatisfiable"] == "ScheduleAnyway"
            assert each["labelSelector"]["matchLabels"].items() <= pod.labels.items()


def test_an_autoscaler_and_the_deployment_do_not_both_decide() -> None:
    rendering = render("everything_on")
    (scaler,) = rendering.of_kind("HorizontalPodAutoscaler")
    deployment = target(rendering, scaler)
    assert "replicas" not in deployment["spec"]
    assert render("default").one("Deployment", "qcexec-api")["spec"]["replicas"] == 2


def test_what_outlives_a_release_is_volumes_passwords_and_what_other_releases_use() -> None:
    rendering = render("default", {"backup": {"enabled": True}})
    kept = {
        each["kind"]
        for each in rendering.objects
        if each["metadata"].get("annotations", {}).get("helm.sh/resource-policy") == "keep"
    }
    assert kept == {"Secret", "PersistentVolumeClaim", "CustomResourceDefinition"}
    (stateful,) = rendering.of_kind("StatefulSet")
    assert stateful["spec"].get("persistentVolumeClaimRetentionPolicy", {}) in (
        {},
        {"whenDeleted": "Retain", "whenScaled": "Retain"},
    )
    (claim,) = stateful["spec"]["volumeClaimTemplates"]
    assert claim["metadata"]["name"] == "data"


def test_an_upgrade_of_the_chart_restarts_postgresql_only_where_that_changes_it(
    rendering: Rendering,
) -> None:
    for pod in rendering.pods("postgresql"):
        assert not pod.labels.keys() & {"helm.sh/chart", "app.kubernetes.io/version"}


def target(rendering: Rendering, scaler: Object) -> Object:
    reference = scaler["spec"]["scaleTargetRef"]
    return rendering.one(reference["kind"], reference["name"])


def budgets(rendering: Rendering) -> set[str]:
    return {each["metadata"]["name"] for each in rendering.of_kind("PodDisruptionBudget")}
