"""What scrapers, Prometheus and Grafana are given: nothing unless asked for, then all of it."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from chart.helm import CHART
from chart.rendering import Object, Rendering, render

_KINDS = ("PodMonitor", "PrometheusRule")
_PORTS = {"api": "9464", "worker": "9464", "operator": "8080"}
_RULES_FILE = CHART / "files/monitoring/rules.yaml"


def _on(**more: Any) -> Object:
    settings = {"podMonitor": {}, "prometheusRule": {}, "dashboards": {}} | more
    return {"monitoring": {name: {"enabled": True, **each} for name, each in settings.items()}}


def _rules(rendering: Rendering) -> list[Any]:
    (made,) = rendering.of_kind("PrometheusRule")
    return [rule for group in made["spec"]["groups"] for rule in group["rules"]]


def _dashboards(rendering: Rendering) -> list[Object]:
    return [
        each for each in rendering.of_kind("ConfigMap") if "-dashboard-" in each["metadata"]["name"]
    ]


def test_a_cluster_without_the_prometheus_operator_takes_the_default() -> None:
    rendering = render("default")
    assert not [each for kind in _KINDS for each in rendering.of_kind(kind)]
    assert _dashboards(rendering) == []


def test_pods_say_where_their_metrics_are() -> None:
    told = {
        pod.component: pod.metadata["annotations"]
        for pod in render("default").pods()
        if "prometheus.io/scrape" in pod.metadata.get("annotations", {})
    }
    assert told == {
        component: {
            "prometheus.io/scrape": "true",
            "prometheus.io/port": port,
            "prometheus.io/path": "/metrics",
        }
        for component, port in _PORTS.items()
    }


def test_annotations_of_ones_own_stay_and_win() -> None:
    own = {"prometheus.io/port": "1", "example/own": "yes"}
    rendering = render("default", {"api": {"podAnnotations": own}})
    (pod,) = (each for each in rendering.pods() if each.component == "api")
    assert pod.metadata["annotations"].items() >= own.items()
    assert pod.metadata["annotations"]["prometheus.io/scrape"] == "true"


@pytest.mark.parametrize(
    "values", [_on(), {"monitoring": {"scrapeAnnotations": False}}], ids=["monitored", "off"]
)
def test_no_pod_is_scraped_twice(values: Object) -> None:
    for pod in render("default", values).pods():
        assert "prometheus.io/scrape" not in pod.metadata.get("annotations", {})


def test_the_pod_monitor_finds_one_port_of_each_component() -> None:
    rendering = render("default", _on())
    (monitor,) = rendering.of_kind("PodMonitor")
    wanted = monitor["spec"]["selector"]["matchLabels"]
    found = {}
    for pod in rendering.pods():
        if not wanted.items() <= pod.labels.items():
            continue
        for endpoint in monitor["spec"]["podMetricsEndpoints"]:
            kept = endpoint["relabelings"][0]["regex"]
            if not re.fullmatch(kept, pod.component):
                continue
            ports = {
                port["name"]: str(port["containerPort"])
                for container in pod.containers
                for port in container.spec.get("ports", [])
            }
            if endpoint["port"] in ports:
                assert pod.component not in found
                found[pod.component] = ports[endpoint["port"]]
    assert found == _PORTS


def test_series_are_told_apart_by_release() -> None:
    (monitor,) = render("default", _on()).of_kind("PodMonitor")
    for endpoint in monitor["spec"]["podMetricsEndpoints"]:
        assert {
            "action": "replace",
            "sourceLabels": ["__meta_kubernetes_pod_label_app_kubernetes_io_instance"],
            "targetLabel": "release",
        } in endpoint["relabelings"]


def test_rules_are_those_of_the_file_narrowed_to_the_release() -> None:
    made = _rules(render("default", _on(), release="quick"))
    plain = yaml.safe_load(_RULES_FILE.read_text(encoding="utf-8"))
    names = [
        rule.get("alert") or rule["record"] for group in plain["groups"] for rule in group["rules"]
    ]
    assert [rule.get("alert") or rule["record"] for rule in made] == names
    for rule in made:
        assert 'release!=""' not in rule["expr"]
        assert "postgresql-0" not in rule["expr"] or (
            'persistentvolumeclaim="data-quick-qcexec-postgresql-0"' in rule["expr"]
        )
        selectors = re.findall(r"\{([^}]*)\}", rule["expr"])
        assert selectors
        assert all(each.startswith('namespace="') for each in selectors)


def test_the_claim_is_that_of_the_chart() -> None:
    rendering = render("default", _on(), release="quick")
    (database,) = rendering.of_kind("StatefulSet")
    (claim,) = database["spec"]["volumeClaimTemplates"]
    name = f"{claim['metadata']['name']}-{database['metadata']['name']}-0"
    text = " ".join(rule["expr"] for rule in _rules(rendering))
    assert set(re.findall(r'persistentvolumeclaim="([^"]*)"', text)) == {name}


def test_an_external_database_has_no_volume_to_watch() -> None:
    names = {rule.get("alert") for rule in _rules(render("external_database", _on()))}
    assert "QcexecDatabaseUnreachable" in names
    assert not any(name and name.startswith("QcexecDatabaseDisk") for name in names)


def test_alerts_can_be_labelled_linked_and_left_out() -> None:
    rules = _rules(render("everything_on"))
    alerts = [rule for rule in rules if "alert" in rule]
    assert "QcexecQueueOld" not in {rule["alert"] for rule in alerts}
    for rule in alerts:
        assert rule["labels"]["team"] == "quantum"
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert rule["annotations"]["runbook_url"].startswith(
            "https://docs.example/qcexec/docs/runbooks/"
        )
    assert all("labels" not in rule for rule in rules if "record" in rule)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not on PATH")
@pytest.mark.parametrize("name", ["default", "everything_on", "external_database"])
def test_prometheus_takes_the_rules(name: str, tmp_path: Path) -> None:
    (made,) = render(name, _on() if name != "everything_on" else None).of_kind("PrometheusRule")
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump(made["spec"]), encoding="utf-8")
    done = subprocess.run(
        ["promtool", "check", "rules", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_dashboards_come_whole_and_where_the_sidecar_looks() -> None:
    made = _dashboards(render("everything_on"))
    files = {path.name: path for path in (CHART / "files/monitoring/dashboards").glob("*.json")}
    assert sorted(file for each in made for file in each["data"]) == sorted(files)
    for each in made:
        assert each["metadata"]["namespace"] == "grafana"
        assert each["metadata"]["labels"]["dashboards"] == "yes"
        assert each["metadata"]["annotations"] == {"grafana_folder": "qcexec"}
        for file, text in each["data"].items():
            assert json.loads(text) == json.loads(files[file].read_text(encoding="utf-8"))


def test_the_sidecars_usual_label_is_the_default() -> None:
    for each in _dashboards(render("default", _on())):
        assert each["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert "namespace" not in each["metadata"]
