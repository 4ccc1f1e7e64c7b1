"""Each value does something: another one changes what is rendered."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import yaml
from charts.values_reference.values import Value, descendants, parse

from chart.helm import CHART, HelmRefused
from chart.rendering import render

# Between them, all is on: with PostgreSQL in the release and without, with autoscaling and without.
BASES = ("everything_on", "everything_on_external")

# Other values than the default where one cannot be made from its type alone.
OTHERS: Mapping[str, object] = {
    "queue": "other",
    "api.podDisruptionBudget.maxUnavailable": "40%",
    "api.resources": {"requests": {"cpu": "333m"}},
    "api.extraEnv": [{"name": "OTHER", "value": "1"}],
    "api.tolerations": [{"operator": "Exists"}],
    "api.topologySpreadConstraints": [],
    "workerPoolDefaults.podDisruptionBudget.maxUnavailable": "40%",
    "workerPoolDefaults.queue": "other",
    "workerPoolDefaults.maxReplicas": 20,
    "workerPoolDefaults.resources": {"requests": {"cpu": "333m"}},
    "workerPoolDefaults.extraEnv": [{"name": "OTHER", "value": "1"}],
    "workerPoolDefaults.tolerations": [{"operator": "Exists"}],
    "workerPoolDefaults.topologySpreadConstraints": [],
    "workerPools": {"other": {}},
    "operator.intervalSeconds": 2,
    "operator.resources": {"requests": {"cpu": "333m"}},
    "operator.extraEnv": [{"name": "OTHER", "value": "1"}],
    "operator.tolerations": [{"operator": "Exists"}],
    "postgresql.resources": {"requests": {"cpu": "333m"}},
    "postgresql.settings": {"work_mem": "16MB"},
    "postgresql.tolerations": [{"operator": "Exists"}],
    "postgresql.persistence.size": "33Gi",
    "postgresql.reservedConnections": 300,
    "externalDatabase.maxConnections": 10,
    "ingress.tls": [{"secretName": "other"}],
    "backup.persistence.size": "33Gi",
    "backup.schedule": "5 5 * * *",
    "backup.resources": {"requests": {"cpu": "333m"}},
    "backup.tolerations": [{"operator": "Exists"}],
    "backup.timeZone": "Europe/Vienna",
    "tracing.to": [{"podSelector": {}}],
    "networkPolicy.ingressController": [{"podSelector": {}}],
    "networkPolicy.monitoring": [{"podSelector": {}}],
    "networkPolicy.dns.to": [{"podSelector": {}}],
    "networkPolicy.api.extraIngress": [{"from": [{"podSelector": {}}]}],
    "networkPolicy.api.extraEgress": [{"to": [{"podSelector": {}}]}],
    "networkPolicy.apiServer.to": [{"podSelector": {}}],
    "networkPolicy.apiServer.ports": [8443],
    "networkPolicy.operator.extraEgress": [{"to": [{"podSelector": {}}]}],
    "networkPolicy.worker.extraEgress": [{"to": [{"podSelector": {}}]}],
    "externalDatabase.egress": [{"podSelector": {}}],
    "image.pullSecrets": [{"name": "other"}],
    "httpRoute.parentRefs": [{"name": "other"}],
}

VALUES = [
    value
    for value in descendants(parse((CHART / "values.yaml").read_text(encoding="utf-8")))
    if not value.children
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.name)
def test_another_value_changes_what_is_rendered(value: Value) -> None:
    assert any(
        outcome(base, changes) not in (None, outcome(base, {}))
        for other in others(value)
        for changes in [under(value.path, other)]
        for base in BASES
    )


def test_templates_read_no_value_that_there_is_not() -> None:
    """Helm renders nothing for a misspelt value, silently."""
    defaults = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    missing = {
        f"{path.name}: .Values.{name}"
        for path in (CHART / "templates").rglob("*.*")
        for name in re.findall(r"\.Values\.([A-Za-z0-9_.]+)", path.read_text(encoding="utf-8"))
        if not known(defaults, name.rstrip(".").split("."))
    }
    assert not missing


def others(value: Value) -> Sequence[object]:
    """Values that a base may not have yet, and that the schema admits."""
    if value.name in OTHERS:
        return [OTHERS[value.name]]
    match value.schema.get("enum"), value.default:
        case [*choices], _:
            return choices
        case _, bool():
            return [True, False]
        case _, int() | float() | None:
            return [max(13, int(str(value.schema.get("minimum", 0))) + 1)]
        case _, str():
            return ["other"]
        case _, dict():
            return [{"example/other": "yes"}]
        case _:
            return [["other"]]


def under(path: Sequence[str], content: object) -> dict[str, Any]:
    *above, last = path
    changes = {last: content}
    for key in reversed(above):
        changes = {key: changes}
    return changes


def outcome(base: str, changes: dict[str, Any]) -> str | None:
    """What is rendered, or why a template refuses to; None where the schema does."""
    try:
        return render(base, changes).text
    except HelmRefused as refused:
        return None if "schema" in str(refused) else str(refused)


def known(defaults: object, path: list[str]) -> bool:
    for key in path:
        if not isinstance(defaults, dict):
            return False
        if key not in defaults:
            return not defaults  # an empty mapping may have any key
        defaults = defaults[key]
    return True
