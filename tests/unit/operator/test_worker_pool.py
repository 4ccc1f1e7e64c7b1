"""WorkerPools as they are read."""

from typing import Any

import pytest

from qcexec_operator.errors import InvalidResource
from qcexec_operator.policy import Policy, ScaleDown
from qcexec_operator.worker_pool import read_worker_pool
from support.cluster_objects import pool_body


def test_what_is_not_said_is_as_the_definition_says_it_is() -> None:
    pool = read_worker_pool(pool_body())
    assert pool.policy == Policy(target_wait_seconds=30.0, min_replicas=0, max_replicas=4)
    assert (pool.queue, pool.deployment, pool.rank) == ("default", "pool", 0)
    assert (pool.status, pool.owners, pool.installed_by_hook) == ({}, (), False)


def test_everything_that_is_said_counts() -> None:
    body = pool_body(
        targetWaitSeconds=5,
        minReplicas=1,
        maxReplicas=9,
        rank=3,
        paused=True,
        scaleDown={"stabilizationSeconds": 0, "stepPercent": 50, "periodSeconds": 2},
    )
    body["metadata"]["annotations"] = {"helm.sh/hook": "post-install"}
    pool = read_worker_pool(body)
    assert pool.policy == Policy(
        target_wait_seconds=5.0,
        min_replicas=1,
        max_replicas=9,
        scale_down=ScaleDown(stabilization_seconds=0, step_percent=50.0, period_seconds=2.0),
        paused=True,
    )
    assert (pool.rank, pool.installed_by_hook) == (3, True)


@pytest.mark.parametrize(
    ("spec", "wakeable"), [({}, True), ({"paused": True}, False), ({"maxReplicas": 0}, False)]
)
def test_a_pool_can_be_woken_unless_it_is_paused_or_may_have_no_pod(
    spec: dict[str, Any], wakeable: bool
) -> None:
    assert read_worker_pool(pool_body(**spec)).wakeable is wakeable


@pytest.mark.parametrize(
    "spec",
    [
        {"minReplicas": 5},
        {"minReplicas": -1},
        {"targetWaitSeconds": 0},
        {"targetWaitSeconds": "soon"},
        {"maxReplicas": "many"},
        {"scaleTargetRef": None},
        {"scaleDown": {"stepPercent": "half"}},
    ],
)
def test_a_spec_that_cannot_be_is_refused_with_the_name_of_the_pool(spec: dict[str, Any]) -> None:
    with pytest.raises(InvalidResource, match="WorkerPool pool"):
        read_worker_pool(pool_body(**spec))


@pytest.mark.parametrize("missing", ["queue", "maxReplicas", "scaleTargetRef"])
def test_a_spec_that_lacks_what_it_must_have_is_refused(missing: str) -> None:
    body = pool_body()
    del body["spec"][missing]
    with pytest.raises(InvalidResource, match=missing):
        read_worker_pool(body)
