"""Where spans go: nowhere, or from API and workers to the collector that is named."""

import json
from typing import Any

import pytest

from chart.rendering import Rendering, refusal, render

COLLECTOR = {
    "endpoint": "http://collector.tracing:4318",
    "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "tracing"}}}],
}


def _variables(rendering: Rendering, component: str) -> dict[str, Any]:
    (pod,) = rendering.pods(component)
    (container,) = (each for each in pod.containers if not each.init)
    return {each["name"]: each for each in container.spec["env"]}


@pytest.mark.parametrize("component", ["api", "worker", "operator"])
def test_without_an_endpoint_nothing_is_said_of_traces(component: str) -> None:
    variables = _variables(render("default", {"tracing": {"sampler": "always_on"}}), component)
    assert not [name for name in variables if name.startswith(("OTEL_", "K8S_"))]


def test_api_and_workers_send_to_one_collector_and_say_where_they_run() -> None:
    rendering = render("default", {"tracing": COLLECTOR})
    for component in ("api", "worker"):
        variables = _variables(rendering, component)
        told = {name: each.get("value") for name, each in variables.items() if "OTEL" in name}
        assert told == {
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.tracing:4318",
            "OTEL_RESOURCE_ATTRIBUTES": (
                "k8s.namespace.name=quantum,"
                "k8s.pod.name=$(K8S_POD_NAME),k8s.node.name=$(K8S_NODE_NAME)"
            ),
        }
        # What a variable refers to has to be before it.
        order = list(variables)
        for name in ("K8S_POD_NAME", "K8S_NODE_NAME"):
            assert order.index(name) < order.index("OTEL_RESOURCE_ATTRIBUTES")
    assert not [name for name in _variables(rendering, "operator") if "OTEL" in name]


@pytest.mark.parametrize(("given", "told"), [(0, "0"), (0.25, "0.25"), ("1e-3", "1e-3")])
def test_the_sampler_is_told_what_was_given(given: object, told: str) -> None:
    sampled = {**COLLECTOR, "sampler": "parentbased_traceidratio", "samplerArg": given}
    variables = _variables(render("default", {"tracing": sampled}), "api")
    assert variables["OTEL_TRACES_SAMPLER"]["value"] == "parentbased_traceidratio"
    assert variables["OTEL_TRACES_SAMPLER_ARG"]["value"] == told


def test_headers_come_from_a_secret() -> None:
    secret = {"name": "collector", "key": "headers"}
    rendering = render("default", {"tracing": {**COLLECTOR, "headersSecret": secret}})
    for component in ("api", "worker"):
        headers = _variables(rendering, component)["OTEL_EXPORTER_OTLP_HEADERS"]
        assert headers["valueFrom"] == {"secretKeyRef": secret}
    for pod in rendering.pods():
        for container in pod.containers:
            given = "OTEL_EXPORTER_OTLP_HEADERS" in json.dumps(container.spec)
            assert given == (
                (pod.component, container.name) in {("api", "api"), ("worker", "worker")}
            )


def test_a_collector_that_the_policies_would_keep_out_is_refused() -> None:
    message = refusal("default", {"tracing": {"endpoint": "http://collector.tracing:4318"}})
    assert "tracing.to is needed" in message


def test_without_policies_a_collector_may_be_anywhere() -> None:
    endpoint = {"tracing": {"endpoint": "http://collector.tracing:4318"}}
    rendering = render("default", endpoint | {"networkPolicy": {"enabled": False}})
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in _variables(rendering, "api")
