"""Names and labels: short enough, and selecting what they are meant to."""

import itertools
import re

from chart.rendering import LONGEST_RELEASE, Object, Pod, Rendering, render

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# The cluster appends to the names of their pods and jobs.
SHORTER = {"StatefulSet": 52, "CronJob": 52}


def test_names_are_labels_and_leave_room_for_what_the_cluster_appends(rendering: Rendering) -> None:
    for each in rendering.objects:
        if each["kind"] == "CustomResourceDefinition":
            continue  # is called after what it defines
        name = each["metadata"]["name"]
        assert LABEL.fullmatch(name), name
        assert len(name) <= SHORTER.get(each["kind"], 63), name


def test_the_longest_name_of_a_pool_fits() -> None:
    pool = "a" * 20
    rendered = render("default", {"workerPools": {pool: {}}}, release=LONGEST_RELEASE)
    assert [
        each for each in rendered.of_kind("Deployment") if each["metadata"]["name"].endswith(pool)
    ]
    test_names_are_labels_and_leave_room_for_what_the_cluster_appends(rendered)


def test_a_release_that_is_called_after_the_chart_does_not_say_it_twice() -> None:
    assert render("default").one("Service", "qcexec-api")
    assert render("default", release="team").one("Service", "team-qcexec-api")


def test_the_overrides_stand_in_the_names() -> None:
    assert render("default", {"nameOverride": "circuits"}).one("Service", "qcexec-circuits-api")
    assert render("default", {"fullnameOverride": "circuits"}).one("Service", "circuits-api")


def test_each_object_has_the_recommended_labels(rendering: Rendering) -> None:
    for each in rendering.objects:
        labels = each["metadata"]["labels"]
        assert labels["app.kubernetes.io/name"] == "qcexec"
        assert labels["app.kubernetes.io/part-of"] == "qcexec"
        assert labels["app.kubernetes.io/managed-by"] == "Helm"
        assert labels["app.kubernetes.io/version"]
        assert labels["app.kubernetes.io/instance"]
        assert labels["app.kubernetes.io/component"]
        assert labels["helm.sh/chart"].startswith("qcexec-")
        assert all(len(value) <= 63 for value in labels.values())


def test_each_workload_selects_its_own_pods_and_no_others(rendering: Rendering) -> None:
    workloads = [*rendering.of_kind("Deployment"), *rendering.of_kind("StatefulSet")]
    assert workloads
    for workload in workloads:
        chosen = selected(workload["spec"]["selector"]["matchLabels"], rendering)
        assert [pod.owner for pod in chosen] == [workload]


def test_selectors_hold_no_label_that_a_release_changes(rendering: Rendering) -> None:
    """A selector cannot be changed: an upgrade would fail."""
    for workload in (*rendering.of_kind("Deployment"), *rendering.of_kind("StatefulSet")):
        assert workload["spec"]["selector"]["matchLabels"].keys() <= {
            "app.kubernetes.io/name",
            "app.kubernetes.io/instance",
            "app.kubernetes.io/component",
            "qcexec.io/pool",
        }


def test_each_service_policy_and_budget_selects_pods_of_one_component(
    rendering: Rendering,
) -> None:
    for each in rendering.objects:
        labels = selector(each)
        if labels is not None:
            pods = selected(labels, rendering)
            assert len({pod.component for pod in pods}) == 1, each["metadata"]["name"]


def test_no_release_selects_the_pods_of_another() -> None:
    one, other = render("everything_on"), render("everything_on", release="qcexec-next")
    for here, there in itertools.permutations((one, other)):
        for each in here.objects:
            labels = selector(each)
            if labels is not None:
                assert not selected(labels, there)


def test_a_workers_pool_is_told_by_its_label() -> None:
    pods = render("two_pools").pods("worker")
    assert {pod.labels["qcexec.io/pool"] for pod in pods} == {"default", "large"}


def selector(document: Object) -> dict[str, str] | None:
    """The labels by which an object chooses pods; None where it chooses none."""
    spec = document.get("spec", {})
    match document["kind"]:
        case "Service":
            labels: dict[str, str] = spec["selector"]
        case "Deployment" | "StatefulSet" | "PodDisruptionBudget":
            labels = spec["selector"]["matchLabels"]
        case "NetworkPolicy":
            labels = spec["podSelector"]["matchLabels"]
        case _:
            return None
    return labels


def selected(labels: dict[str, str], rendering: Rendering) -> list[Pod]:
    return [pod for pod in rendering.pods() if labels.items() <= pod.labels.items()]
