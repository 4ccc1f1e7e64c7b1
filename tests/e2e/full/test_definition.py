"""The kind WorkerPool: how it comes to a cluster, what it says of itself, and what it refuses."""

import json
from typing import Any

import pytest

from e2e.cluster import Cluster
from e2e.definition import is_defined, remove, worker_pools
from e2e.release import Release
from e2e.releases import Releases
from e2e.worker_pool import WorkerPool

VALUES = {"operator": {"enabled": True}}


def test_the_first_release_of_a_cluster_brings_the_definition_and_leaves_it(
    releases: Releases,
) -> None:
    cluster = releases.cluster
    if others := worker_pools(cluster):
        pytest.skip(f"with the definition, other WorkerPools would go: {others}")
    remove(cluster)
    with releases.alone("first", VALUES) as first:
        assert is_defined(cluster)
        pool = WorkerPool(first)
        # As long as no upgrade has taken it in, it goes with what it scales.
        pool.wait_until(lambda: _owners(pool) == [("Deployment", pool.name)], "it has an owner")
        first.uninstall()
        pool.wait_until(lambda: worker_pools(cluster) == [], "it goes with the release")
        assert is_defined(cluster)

        first.install(VALUES)
        first.upgrade({**VALUES, "workerPoolDefaults": {"maxReplicas": 2}})
        assert pool.read()["spec"]["maxReplicas"] == 2
        with releases.service(first) as service:
            assert service.result(service.submit())["status"] == "completed"


def test_an_upgrade_takes_in_what_the_first_installation_has_made(releases: Releases) -> None:
    cluster = releases.cluster
    if others := worker_pools(cluster):
        pytest.skip(f"with the definition, other WorkerPools would go: {others}")
    remove(cluster)
    with releases.alone("first", VALUES) as first:
        pool = WorkerPool(first)
        before = pool.read()["metadata"]["uid"]
        first.upgrade({**VALUES, "workerPoolDefaults": {"maxReplicas": 2}})
        taken = pool.read()
        assert (taken["metadata"]["uid"], taken["spec"]["maxReplicas"]) == (before, 2)
        assert "helm.sh/hook" not in taken["metadata"]["annotations"]
        first.uninstall()
        pool.wait_until(lambda: worker_pools(cluster) == [], "it goes with the release")
        assert is_defined(cluster)


@pytest.mark.usefixtures("release")
def test_every_field_says_what_it_is_for(cluster: Cluster) -> None:
    said = cluster.kubectl("explain", "wp.spec")
    for field in ("scaleTargetRef", "queue", "minReplicas", "maxReplicas", "targetWaitSeconds"):
        assert f"  {field}\t" in said
    name = "workerpools.qcexec.io"
    (version,) = cluster.get("customresourcedefinition", name)["spec"]["versions"]
    fields = version["schema"]["openAPIV3Schema"]["properties"]
    mute = [
        path
        for part in ("spec", "status")
        for path, field in _walk(part, fields[part])
        if not field.get("description", "").endswith(".")
    ]
    assert mute == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"minReplicas": 5}, "minReplicas must not be greater than maxReplicas"),
        ({"queue": "other"}, "queue cannot be changed"),
        ({"targetWaitSeconds": 0}, "spec.targetWaitSeconds"),
        ({"scaleDown": {"stepPercent": 0}}, "spec.scaleDown.stepPercent"),
        ({"scaleTargetRef": {"kind": "StatefulSet"}}, 'supported values: "Deployment"'),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(
    release: Release, change: dict[str, object], complaint: str
) -> None:
    pool = WorkerPool(release)
    before = pool.read()["spec"]
    refused = release.cluster.attempt(
        *("patch", "workerpool", pool.name, "--type", "merge"),
        *("--patch", json.dumps({"spec": change})),
        namespace=release.namespace,
    )
    assert refused.returncode != 0
    assert complaint in refused.stderr
    assert pool.read()["spec"] == before


def _owners(pool: WorkerPool) -> list[tuple[str, str]]:
    owners = pool.read()["metadata"].get("ownerReferences", [])
    return [(owner["kind"], owner["name"]) for owner in owners]


def _walk(path: str, schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """A field and those inside it, by their paths."""
    inner = {**schema.get("properties", {}), **schema.get("items", {}).get("properties", {})}
    below = [each for name, field in inner.items() for each in _walk(f"{path}.{name}", field)]
    return [(path, schema), *below]
