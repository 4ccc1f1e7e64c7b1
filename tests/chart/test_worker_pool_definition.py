"""The definition of WorkerPool: a cluster takes it, `kubectl explain` reads it, and it refuses."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from charts.values_reference.values import descendants, parse

from chart.helm import CHART
from chart.kubernetes_schemas import NEWEST, fault, schema_of
from chart.rendering import Object, render

LIMITS = ("minimum", "maximum", "exclusiveMinimum")
# Beside their types, Kubernetes' own fields need no words.
SILENT = {".apiVersion", ".kind", ".metadata"}
IN_VALUES = (
    "rank",
    "minReplicas",
    "maxReplicas",
    "targetWaitSeconds",
    "scaleDown.stabilizationSeconds",
    "scaleDown.stepPercent",
    "scaleDown.periodSeconds",
)


def definition() -> Object:
    (found,) = render("default").of_kind("CustomResourceDefinition")
    return found


def schema() -> Any:
    return schema_of(definition(), "v1alpha1")


def test_it_is_called_as_kubernetes_wants_it() -> None:
    spec = definition()["spec"]
    assert definition()["metadata"]["name"] == f"{spec['names']['plural']}.{spec['group']}"
    assert spec["scope"] == "Namespaced"
    (version,) = spec["versions"]
    assert version["served"] is version["storage"] is True
    assert version["subresources"] == {"status": {}}


def test_the_schema_is_structural() -> None:
    """Each field has a type, and none takes what it does not name."""
    for path, field in fields(schema()):
        assert "type" in field, path
        assert not field.keys() & {"$ref", "additionalProperties", "anyOf", "allOf", "oneOf"}, path
        assert field["type"] != "object" or "properties" in field or path == ".metadata"
        assert field["type"] != "array" or "items" in field, path
        assert set(field.get("required", ())) <= field.get("properties", {}).keys(), path


def test_each_field_is_described_for_kubectl_explain() -> None:
    for path, field in fields(schema()):
        if path not in SILENT:
            assert re.fullmatch(r"[A-Z].*\.", field["description"]), path
            assert "\n" not in field["description"], path


def test_what_a_rule_reads_is_there_and_bounded() -> None:
    """A rule on an absent field, or of unbounded cost, is refused by the cluster."""
    for path, field in fields(schema()):
        for rule in field.get("x-kubernetes-validations", ()):
            assert rule["message"], path
            for name in re.findall(r"self\.(\w+)", rule["rule"]):
                read = field["properties"][name]
                assert name in field["required"] or "default" in read, path
            assert field["type"] != "string" or "maxLength" in field, path


def test_the_rules_are_that_bounds_are_in_order_and_that_a_queue_stays() -> None:
    rules = {
        (path, rule["rule"])
        for path, field in fields(schema())
        for rule in field.get("x-kubernetes-validations", ())
    }
    assert rules == {
        (".spec", "self.minReplicas <= self.maxReplicas"),
        (".spec.queue", "self == oldSelf"),
    }


def test_each_column_shows_a_field_that_there_is() -> None:
    (version,) = definition()["spec"]["versions"]
    known = {path for path, _ in fields(schema())}
    for column in version["additionalPrinterColumns"]:
        path = re.sub(r"\[\?\(.*?\)\]", "[]", column["jsonPath"])
        assert path in known | {".metadata.creationTimestamp"}, column["name"]


def test_least_is_enough() -> None:
    assert refusal_of({}) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"minReplicas": -1},
        {"maxReplicas": 10001},
        {"maxReplicas": 1.5},
        {"queue": "Default"},
        {"queue": "-default"},
        {"queue": "a" * 64},
        {"targetWaitSeconds": 0},
        {"targetWaitSeconds": 86401},
        {"rank": 1001},
        {"paused": "yes"},
        {"scaleDown": {"stepPercent": 0}},
        {"scaleDown": {"stepPercent": 101}},
        {"scaleDown": {"periodSeconds": 0}},
        {"scaleDown": {"stabilizationSeconds": -1}},
        {"scaleTargetRef": {"name": "a", "kind": "StatefulSet"}},
        {"scaleTargetRef": {}},
        {"minReplica": 1},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(changes: Mapping[str, Any]) -> None:
    assert refusal_of(changes)


@pytest.mark.parametrize("missing", ["scaleTargetRef", "queue", "maxReplicas"])
def test_what_has_no_default_has_to_be_said(missing: str) -> None:
    spec = pool({})
    del spec["spec"][missing]
    assert fault(spec, NEWEST)


@pytest.mark.parametrize("name", IN_VALUES)
def test_a_value_of_the_chart_may_be_what_the_field_may(name: str) -> None:
    (value,) = [
        each
        for each in descendants(parse((CHART / "values.yaml").read_text(encoding="utf-8")))
        if each.name == f"workerPoolDefaults.{name}"
    ]
    field = dict(fields(schema()))[f".spec.{name}"]
    assert limits(field) == limits(value.schema)
    if "default" in field and name != "minReplicas":
        assert field["default"] == value.default


def fields(schema: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each field with its path; that of a list's items ends with []."""
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from fields(inner, f"{path}.{name}")
    if "items" in schema:
        yield from fields(schema["items"], f"{path}[]")


def limits(schema: Mapping[str, Any]) -> dict[str, float]:
    """The limits of a field as JSON Schema has them since draft 6: exclusiveMinimum is a number."""
    found = {name: schema[name] for name in LIMITS if name in schema}
    if found.get("exclusiveMinimum") is True:
        found["exclusiveMinimum"] = found.pop("minimum")
    return {name: float(limit) for name, limit in found.items()}


def pool(changes: Mapping[str, Any]) -> dict[str, Any]:
    spec = {"scaleTargetRef": {"name": "a"}, "queue": "a", "maxReplicas": 1, **changes}
    return {
        "apiVersion": "qcexec.io/v1alpha1",
        "kind": "WorkerPool",
        "metadata": {"name": "a"},
        "spec": spec,
    }


def refusal_of(changes: Mapping[str, Any]) -> str | None:
    return fault(pool(changes), NEWEST)
