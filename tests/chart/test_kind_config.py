"""The kind cluster's configuration, its Ingress controller and its values of the chart."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from chart.helm import CHART, ROOT, run
from chart.kind import KindRefused, nodes
from chart.kubernetes_schemas import NEWEST, fault
from chart.rendering import SECRETS_READABLE

_FOLDER = ROOT / "k8s"
_CONFIGURATION = (_FOLDER / "kind-config.yaml").read_text(encoding="utf-8")


def test_kind_makes_one_node_with_the_ingress_on_this_machine_alone(tmp_path: Path) -> None:
    (node,) = nodes(_FOLDER / "kind-config.yaml", tmp_path)
    assert {"--publish=127.0.0.1:80:80/TCP", "--publish=127.0.0.1:443:443/TCP"} <= set(node)
    assert node[node.index("--name") + 1] == "qcexec-control-plane"
    assert [part for part in node if part.startswith("--publish=0.0.0.0")] == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("extraPortMappings", "extraPortMapping"),
        ("protocol: TCP", "protocol: HTTP"),
        ("hostPort: 443", "hostPort: 80"),
        ("listenAddress: 127.0.0.1", "listenAddress: localhost.example"),
        ("role: control-plane", "role: worker"),
        ("v1alpha4", "v1alpha9"),
    ],
)
def test_a_configuration_that_kind_does_not_take_is_found(
    tmp_path: Path, right: str, wrong: str
) -> None:
    assert right in _CONFIGURATION
    changed = tmp_path / "kind-config.yaml"
    changed.write_text(_CONFIGURATION.replace(right, wrong), encoding="utf-8")
    with pytest.raises(KindRefused):
        nodes(changed, tmp_path)


def test_kubernetes_takes_the_ingress_controller() -> None:
    assert [fault(each, NEWEST) for each in _documents(_ingress_controller())] == [None] * 6


def test_each_mapped_port_has_a_listener_on_the_node() -> None:
    (deployment,) = _of_kind("Deployment", _ingress_controller())
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    listening = {port["hostPort"] for port in container["ports"] if "hostPort" in port}
    mapped = {
        mapping["containerPort"]
        for node in yaml.safe_load(_CONFIGURATION)["nodes"]
        for mapping in node["extraPortMappings"]
    }
    assert listening == mapped == {80, 443}


def test_the_release_is_let_in_by_this_controller() -> None:
    rendered = _rendered()
    (ingress,) = _of_kind("Ingress", rendered)
    (ingress_class,) = _of_kind("IngressClass", _ingress_controller())
    (namespace,) = _of_kind("Namespace", _ingress_controller())
    assert ingress["spec"]["ingressClassName"] == ingress_class["metadata"]["name"]
    (policy,) = [
        each
        for each in _of_kind("NetworkPolicy", rendered)
        if each["metadata"]["name"] == "qcexec-api"
    ]
    peers = [peer for rule in policy["spec"]["ingress"] for peer in rule.get("from", [])]
    name = {"kubernetes.io/metadata.name": namespace["metadata"]["name"]}
    assert {"namespaceSelector": {"matchLabels": name}} in peers


def _ingress_controller() -> str:
    return (_FOLDER / "kind-ingress.yaml").read_text(encoding="utf-8")


def _rendered() -> str:
    values = str(_FOLDER / "kind-values.yaml")
    return run(["template", "qcexec", str(CHART), "--values", values, *SECRETS_READABLE])


def _of_kind(kind: str, text: str) -> list[Any]:
    return [each for each in _documents(text) if each["kind"] == kind]


def _documents(text: str) -> Iterator[Any]:
    return filter(None, yaml.load_all(text, Loader=yaml.CSafeLoader))
