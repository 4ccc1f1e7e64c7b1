"""WorkerPools: how they come into the cluster, what they say, and who sets the replicas."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from chart.helm import CHART, MAJORS
from chart.rendering import SECRETS_READABLE, Object, Rendering, refusal, render

BOTH_HELMS = pytest.mark.parametrize("major", MAJORS)
KIND_KNOWN = (*SECRETS_READABLE, "--api-versions", "qcexec.io/v1alpha1/WorkerPool")
OFF: dict[str, Any] = {"operator": {"enabled": False}}
NEVER = "qcexec.io/replicas-in-manifest"

_LOOKUP = 'lookup "apps/v1" "Deployment" $context.Release.Namespace $name'
_STAND_IN = "get ($context.Values.global.live) $name"


@pytest.fixture(scope="module")
def chart_with_live_objects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The chart, which finds live Deployments in a value: `helm template` sees no cluster."""
    chart = tmp_path_factory.mktemp("live") / "qcexec"
    shutil.copytree(CHART, chart)
    pools = chart / "templates" / "_pools.tpl"
    text = pools.read_text(encoding="utf-8")
    assert text.count(_LOOKUP) == 1
    pools.write_text(text.replace(_LOOKUP, _STAND_IN), encoding="utf-8")
    return chart


def test_each_pool_is_scaled_by_one_resource_of_its_own() -> None:
    rendering = render("two_pools")
    targets = [each["spec"]["scaleTargetRef"] for each in pools(rendering).values()]
    deployments = [pod.owner for pod in rendering.pods("worker")]
    assert targets == [
        {"apiVersion": each["apiVersion"], "kind": each["kind"], "name": each["metadata"]["name"]}
        for each in deployments
    ]
    assert pools(render("default", {"workerPools": {"default": None}})) == {}


def test_it_says_of_queue_and_rank_what_the_workers_are_told() -> None:
    rendering = render("two_pools")
    for pod in rendering.pods("worker"):
        variables = pod.container("worker").variables
        spec = pools(rendering)[pod.owner["metadata"]["name"]]["spec"]
        assert spec["queue"] == variables["QCEXEC_QUEUE"]
        assert str(spec["rank"]) == variables["QCEXEC_POOL_RANK"]


def test_a_pool_says_what_its_values_say() -> None:
    spec = pools(render("everything_on"))["qcexec-worker-large"]["spec"]
    del spec["scaleTargetRef"]
    assert spec == {
        "queue": "large",
        "rank": 1,
        "minReplicas": 0,
        "maxReplicas": 4,
        "targetWaitSeconds": 12.5,
        "scaleDown": {"stabilizationSeconds": 120, "stepPercent": 25, "periodSeconds": 15},
        "paused": False,
    }


def test_a_pool_can_take_back_a_stabilization_that_the_defaults_say() -> None:
    changes = {
        "workerPoolDefaults": {"scaleDown": {"stabilizationSeconds": 60}},
        "workerPools": {"default": {"scaleDown": {"stabilizationSeconds": None}}},
    }
    (pool,) = pools(render("default", changes)).values()
    assert pool["spec"]["scaleDown"] == {"stepPercent": 25, "periodSeconds": 15}


@BOTH_HELMS
def test_more_at_least_than_at_most_is_refused_before_anything_is_installed(major: int) -> None:
    changes = {"workerPools": {"large": {"minReplicas": 5, "maxReplicas": 4}}}
    message = refusal("default", changes, major=major)
    assert "workerPools.large: minReplicas (5) must not be greater than maxReplicas (4)" in message
    assert render("default", OFF | changes).objects


@BOTH_HELMS
def test_they_come_after_their_definition_where_the_cluster_does_not_know_the_kind(
    major: int,
) -> None:
    """Helm would refuse the whole installation."""
    for pool in pools(render("two_pools", major=major)).values():
        annotations = pool["metadata"]["annotations"]
        assert annotations["helm.sh/hook"] == "post-install,post-upgrade"
        # Helm's own choice, before-hook-creation, asks for what the cluster does not know.
        assert annotations["helm.sh/hook-delete-policy"] == "hook-failed"


@BOTH_HELMS
def test_they_belong_to_the_release_once_the_cluster_knows_the_kind(major: int) -> None:
    for pool in pools(render("two_pools", options=KIND_KNOWN, major=major)).values():
        assert not [name for name in pool["metadata"]["annotations"] if "hook" in name]


def test_an_upgrade_may_take_those_over_that_came_as_hooks() -> None:
    """Helm asks for this label and these annotations."""
    for options in (SECRETS_READABLE, KIND_KNOWN):
        for pool in pools(render("default", options=options)).values():
            metadata = pool["metadata"]
            assert metadata["labels"]["app.kubernetes.io/managed-by"] == "Helm"
            assert metadata["annotations"]["meta.helm.sh/release-name"] == "qcexec"
            assert metadata["annotations"]["meta.helm.sh/release-namespace"] == "quantum"


def test_replicas_that_were_never_in_the_manifest_do_not_come_into_it(
    chart_with_live_objects: Path,
) -> None:
    for live in ({}, deployment(7, never=True)):
        found = worker(chart_with_live_objects, live)
        assert "replicas" not in found["spec"]
        assert found["metadata"]["annotations"] == {NEVER: "never"}


@pytest.mark.parametrize("replicas", [0, 1, 7])
@BOTH_HELMS
def test_replicas_that_were_in_the_manifest_stay_in_it_as_they_are(
    chart_with_live_objects: Path, major: int, replicas: int
) -> None:
    """Helm deletes what leaves a manifest, and a Deployment without replicas has one."""
    found = worker(chart_with_live_objects, deployment(replicas, never=False), major=major)
    assert found["spec"]["replicas"] == replicas
    assert NEVER not in found["metadata"].get("annotations", {})


def test_without_the_operator_replicas_are_those_of_the_values(
    chart_with_live_objects: Path,
) -> None:
    for never in (True, False):
        live = deployment(7, never=never)
        found = worker(chart_with_live_objects, live, OFF | {"workerPoolDefaults": {"replicas": 3}})
        assert found["spec"]["replicas"] == 3
        assert NEVER not in found["metadata"].get("annotations", {})


def deployment(replicas: int, *, never: bool) -> dict[str, Any]:
    """The live Deployment of the pool default, as far as the chart looks at it."""
    metadata = {"annotations": {NEVER: "never"}} if never else {}
    return {"qcexec-worker-default": {"metadata": metadata, "spec": {"replicas": replicas}}}


def worker(
    chart: Path, live: Object, changes: dict[str, Any] | None = None, major: int = 4
) -> Object:
    values = {"global": {"live": live}, **(changes or {})}
    rendering = render("default", values, chart=chart, major=major)
    return rendering.one("Deployment", "qcexec-worker-default")


def pools(rendering: Rendering) -> dict[str, Any]:
    return {
        each["metadata"]["name"]: {**each, "spec": dict(each["spec"])}
        for each in rendering.of_kind("WorkerPool")
    }
