"""What a cluster takes, offline: its own schemas, and those of the definitions that are used."""

import functools
import json
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import yaml

from chart.rendering import Object, render

NEWEST = kubernetes_validate.latest_version()
OLDEST = "1.27"
"""The oldest that Chart.yaml admits."""

_FOLDER = Path(__file__).parent
_CRD = _FOLDER / "gateway_api" / "gateway.networking.k8s.io_httproutes.yaml"
_MONITORING_CRDS = {
    "PodMonitor": "monitoring.coreos.com_podmonitors.yaml",
    "PrometheusRule": "monitoring.coreos.com_prometheusrules.yaml",
}


def fault(document: Object, version: str) -> str | None:
    """What Kubernetes `version` says against an object: unknown fields, too. None: nothing."""
    return _fault(json.dumps(document, sort_keys=True), version)


# Most objects are the same in most renderings.
@functools.cache
def _fault(text: str, version: str) -> str | None:
    document = json.loads(text)
    try:
        if document["apiVersion"].startswith("gateway.networking.k8s.io/"):
            _http_route_schema().validate(document)
        elif document["apiVersion"] == "monitoring.coreos.com/v1":
            _monitoring_schema(document["kind"]).validate(document)
        elif document["apiVersion"] == "qcexec.io/v1alpha1":
            _worker_pool_schema().validate(document)
        else:
            kubernetes_validate.validate(document, version, strict=True)
    except jsonschema.ValidationError as error:
        where = ".".join(str(key) for key in error.absolute_path)
        return f"{document['kind']}/{document['metadata']['name']}: {where}: {error.message}"
    except kubernetes_validate.SchemaNotFoundError as error:
        return str(error.message)
    return None


def schema_of(definition: Object, version: str) -> Any:
    """The schema of one version in a CustomResourceDefinition. Raises ValueError."""
    (schema,) = [
        each["schema"]["openAPIV3Schema"]
        for each in definition["spec"]["versions"]
        if each["name"] == version
    ]
    return schema


@functools.cache
def _http_route_schema() -> Any:
    return _validator(yaml.load(_CRD.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader), "v1")


@functools.cache
def _monitoring_schema(kind: str) -> Any:
    file = _FOLDER / "prometheus_operator" / _MONITORING_CRDS[kind]
    return _validator(yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader), "v1")


@functools.cache
def _worker_pool_schema() -> Any:
    (definition,) = render("default").of_kind("CustomResourceDefinition")
    return _validator(definition, "v1alpha1")


def _validator(definition: Object, version: str) -> Any:
    closed = _closed(schema_of(definition, version))
    # The cluster knows metadata by itself.
    closed["properties"]["metadata"] = {"type": "object"}
    # As in OpenAPI 3.0, exclusiveMinimum is a word beside minimum.
    return jsonschema.Draft4Validator(closed)


def _closed(schema: Any) -> Any:
    """`schema`, refusing the fields that it does not name."""
    match schema:
        case dict():
            inner = {key: _closed(value) for key, value in schema.items()}
            if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
                inner.setdefault("additionalProperties", False)
            return inner
        case list():
            return [_closed(value) for value in schema]
        case _:
            return schema
