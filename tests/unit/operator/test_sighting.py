"""Pods and Deployments as they are read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcexec_operator.errors import InvalidResource
from qcexec_operator.observed import PodPhase
from qcexec_operator.sighting import UNLIMITED_BYTES, read_deployment, read_pod
from support.cluster_objects import CREATED, CREATED_AT, deployment_body, pod_body


@pytest.mark.parametrize(
    ("fields", "phase"),
    [
        ({"node": None, "phase": "Pending"}, PodPhase.UNSCHEDULED),
        ({"phase": "Pending"}, PodPhase.CREATING),
        ({"ready": False}, PodPhase.UNREADY),
        ({}, PodPhase.READY),
        ({"deleted": CREATED_AT}, PodPhase.GOING),
        ({"phase": "Failed"}, PodPhase.GOING),
        ({"phase": "Succeeded", "node": None}, PodPhase.GOING),
    ],
)
def test_how_far_a_pod_is(fields: dict[str, Any], phase: PodPhase) -> None:
    assert read_pod(pod_body(**fields)).phase is phase


def test_a_pod_without_a_status_is_one_that_was_just_made() -> None:
    body = pod_body(node=None)
    del body["status"]
    seen = read_pod(body)
    assert (seen.phase, seen.ended, seen.restarted) == (PodPhase.UNSCHEDULED, False, False)
    assert (seen.created_at, seen.deletion_cost, seen.version) == (CREATED, 0, 1)


def test_an_evicted_pod_has_ended_and_one_that_is_being_deleted_has_not() -> None:
    evicted = read_pod(pod_body(phase="Failed"))
    leaving = read_pod(pod_body(deleted=CREATED_AT))
    assert (evicted.ended, evicted.deleted_by) == (True, None)
    assert (leaving.ended, leaving.deleted_by) == (False, CREATED)


def test_a_pod_whose_container_was_started_again_is_told_apart() -> None:
    assert read_pod(pod_body(restarts=1)).restarted


@pytest.mark.parametrize(
    ("annotation", "cost"),
    [
        (None, 0),
        ("-1000", -1000),
        ("7", 7),
        ("0", 0),
        ("-010", -10),
        # What follows is no number to Kubernetes: helper.GetDeletionCostFromPodAnnotations.
        ("", 0),
        ("low", 0),
        ("+10", 0),
        ("010", 0),
        (" -10", 0),
        ("1_000", 0),
        ("1.5", 0),
        ("٣", 0),
        ("2147483648", 0),
        ("-2147483649", 0),
        ("-2147483648", -2147483648),
    ],
)
def test_a_deletion_cost_is_read_as_the_replicaset_controller_reads_it(
    annotation: str | None, cost: int
) -> None:
    assert read_pod(pod_body(cost=annotation)).deletion_cost == cost


@given(st.text())
def test_no_annotation_makes_a_pod_unreadable(annotation: str) -> None:
    assert read_pod(pod_body(cost=annotation)).name == "pool-1"


@pytest.mark.parametrize("missing", ["uid", "name", "creationTimestamp"])
def test_a_pod_that_lacks_what_every_pod_has_is_refused(missing: str) -> None:
    body = pod_body()
    del body["metadata"][missing]
    with pytest.raises(InvalidResource, match=missing):
        read_pod(body)


def test_a_deployment_is_read_with_its_version_and_what_its_controller_has_seen() -> None:
    seen = read_deployment(deployment_body(3))
    state = seen.state
    assert (state.replicas, state.pods, seen.pods) == (3, 3, 3)
    assert (state.resource_version, state.generation, state.observed_generation) == ("42", 3, 3)
    assert not state.rolling_out


def test_a_deployment_with_pods_of_an_older_template_is_rolling_out() -> None:
    assert read_deployment(deployment_body(3, updated=2)).state.rolling_out


def test_a_deployment_nobody_has_looked_at_has_no_pods() -> None:
    body = deployment_body(3)
    del body["status"]
    seen = read_deployment(body)
    assert (seen.state.replicas, seen.pods, seen.state.rolling_out) == (3, 0, False)
    assert seen.state.observed_generation < seen.state.generation


def test_a_deployment_selects_pods_that_have_all_its_labels() -> None:
    seen = read_deployment(deployment_body())
    other = pod_body()
    other["metadata"]["labels"]["pool"] = "other"
    assert seen.selects(read_pod(pod_body()))
    assert not seen.selects(read_pod(other))


@pytest.mark.parametrize("selector", [{}, {"matchLabels": {}}, {"matchExpressions": [{}]}])
def test_a_deployment_that_would_select_every_pod_is_refused(selector: dict[str, Any]) -> None:
    body = deployment_body()
    body["spec"]["selector"] = selector
    with pytest.raises(InvalidResource, match="matchLabels"):
        read_deployment(body)


@pytest.mark.parametrize(
    ("limits", "memory"),
    [
        ({}, UNLIMITED_BYTES),
        ({"cpu": "1"}, UNLIMITED_BYTES),
        ({"memory": "2Gi"}, 2 * 2**30),
        ({"memory": "500M"}, 500_000_000),
        ({"memory": "1073741824"}, 2**30),
    ],
)
def test_no_slot_has_more_memory_than_the_container(limits: dict[str, str], memory: int) -> None:
    assert read_deployment(deployment_body(limits=limits)).slot_memory_at_most == memory


@pytest.mark.parametrize("containers", [[], [{"resources": {"limits": {"memory": "much"}}}], None])
def test_a_deployment_whose_containers_make_no_sense_is_refused(containers: object) -> None:
    body = deployment_body()
    body["spec"]["template"]["spec"]["containers"] = containers
    with pytest.raises(InvalidResource):
        read_deployment(body)
