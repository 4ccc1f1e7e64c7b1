"""Helm and Kubernetes take what the chart makes."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from chart.helm import CHART, MAJORS, run
from chart.kubernetes_schemas import NEWEST, OLDEST, fault
from chart.rendering import Rendering, render, values_file, values_files

BOTH_HELMS = pytest.mark.parametrize("major", MAJORS)
EACH_FILE = pytest.mark.parametrize("name", values_files())


@BOTH_HELMS
@EACH_FILE
def test_helm_lint_has_nothing_against_the_chart(name: str, major: int) -> None:
    run(["lint", "--strict", str(CHART), "--values", values_file(name)], major=major)


@EACH_FILE
def test_both_helms_render_the_same(name: str) -> None:
    renderings = [
        sorted((each for each in render(name, major=major).objects), key=_name) for major in MAJORS
    ]
    for one, other in zip(*renderings, strict=True):
        if one["kind"] == "Secret":  # its passwords are made anew
            assert one["data"].keys() == other["data"].keys()
        else:
            assert one == other


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_kubernetes_knows_each_field(rendering: Rendering, version: str) -> None:
    faults = [fault(each, version) for each in rendering.objects]
    assert not [each for each in faults if each]


def test_what_kubernetes_does_not_know_is_noticed() -> None:
    misspelt = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "a"},
        "spec": {"prots": []},
    }
    unknown = {"apiVersion": "v1", "kind": "Sevrice", "metadata": {"name": "a"}}
    route = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "a"},
        "spec": {"rules": [{"backendRef": []}]},
    }
    pool = {
        "apiVersion": "qcexec.io/v1alpha1",
        "kind": "WorkerPool",
        "metadata": {"name": "a"},
        "spec": {"scaleTargetRef": {"name": "a"}, "queue": "a", "maxReplicas": 1, "minReplica": 1},
    }
    for document in (misspelt, unknown, route, pool):
        assert fault(document, NEWEST)


def test_nothing_is_null(rendering: Rendering) -> None:
    """A null is no absence: as a quantity, Kubernetes takes it for 0."""
    found = {f"{_name(each)}: {path}" for each in rendering.objects for path in _nulls(each, "")}
    assert not found


def test_no_two_objects_share_a_name(rendering: Rendering) -> None:
    names = [_name(each) for each in rendering.objects]
    assert len(names) == len(set(names))


def test_two_releases_in_one_namespace_share_no_object_but_a_definition() -> None:
    releases = ["qcexec", "another", "qcexec-next", "a" * 53, "a" * 52 + "b"]
    names = [
        {_name(each) for each in render("everything_on", release=release).objects}
        for release in releases
    ]
    for one, other in itertools.combinations(names, 2):
        assert one & other == {"CustomResourceDefinition/workerpools.qcexec.io"}


def test_a_second_release_leaves_the_definition_to_the_first() -> None:
    rendering = render("default", {"crds": {"enabled": False}})
    assert rendering.of_kind("CustomResourceDefinition") == []
    assert rendering.of_kind("WorkerPool")


def test_a_definition_that_is_not_kept_goes_with_the_release() -> None:
    (definition,) = render("default", {"crds": {"keep": False}}).of_kind("CustomResourceDefinition")
    assert "helm.sh/resource-policy" not in definition["metadata"].get("annotations", {})


def _name(document: Any) -> str:
    return f"{document['kind']}/{document['metadata']['name']}"


def _nulls(content: Any, path: str) -> Iterator[str]:
    match content:
        case None:
            yield path
        case dict():
            for key, value in content.items():
                yield from _nulls(value, f"{path}.{key}")
        case list():
            for index, value in enumerate(content):
                yield from _nulls(value, f"{path}[{index}]")
