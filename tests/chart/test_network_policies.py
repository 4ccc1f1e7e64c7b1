"""Who may reach whom: docs/network-policies.md, by hand, against the chart's policies."""

from typing import Any

import pytest

from chart.network import Peer, Policy, may_reach
from chart.rendering import Rendering, render

PEERS = {
    "stranger": Peer({"app": "stranger"}),
    "ingress controller": Peer({"app": "controller"}, namespace="controllers"),
    "monitoring": Peer({"app": "prometheus"}, namespace="observers"),
    "other namespace": Peer({"app": "stranger"}, namespace="elsewhere"),
    "dns": Peer({"k8s-app": "kube-dns"}, namespace="kube-system"),
    "not dns": Peer({"app": "stranger"}, namespace="kube-system"),
    "internet": Peer(address="203.0.113.9"),
    "database": Peer(address="192.0.2.10"),
    "cloud metadata": Peer(address="169.254.169.254"),
    "api server": Peer(address="192.0.2.20"),
    "collector": Peer({"app": "collector"}, namespace="tracing"),
}
HTTP, OPERATOR, METRICS, SPANS = 8000, 8080, 9464, 4318
POSTGRESQL, DNS = 5432, 53
PORTS = [
    *((port, "TCP") for port in (HTTP, OPERATOR, METRICS, SPANS, POSTGRESQL, DNS, 80, 443, 6443)),
    (DNS, "UDP"),
]
Way = tuple[str, str, int]

# Each way that is open; every other one between these, on these ports, is closed.
OPEN: set[Way] = {
    ("test", "api", HTTP),
    ("monitoring", "api", HTTP),
    ("monitoring", "api", METRICS),
    ("monitoring", "worker", METRICS),
    ("monitoring", "operator", OPERATOR),
    ("api", "postgresql", POSTGRESQL),
    ("worker", "postgresql", POSTGRESQL),
    ("operator", "postgresql", POSTGRESQL),
    ("backup", "postgresql", POSTGRESQL),
    ("api", "dns", DNS),
    ("worker", "dns", DNS),
    ("operator", "dns", DNS),
    ("operator", "api server", 443),
    ("operator", "api server", 6443),
    ("backup", "dns", DNS),
    ("test", "dns", DNS),
}
TRACED: set[Way] = {("api", "collector", SPANS), ("worker", "collector", SPANS)}
PUBLISHED: set[Way] = {("ingress controller", "api", HTTP)}
OUTSIDE: set[Way] = {
    (source, "database", 5432) for source in ("api", "worker", "operator", "backup")
}

WHERE = {
    "ingressController": [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "controllers"}}}
    ],
    "monitoring": [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "observers"}}}
    ],
    "apiServer": {"to": [{"ipBlock": {"cidr": "192.0.2.20/32"}}]},
}
ALL = {"backup": {"enabled": True}, "networkPolicy": WHERE}


@pytest.mark.parametrize("end", ["Ingress", "Egress"])
def test_what_is_open_in_a_release_that_is_not_published(end: str) -> None:
    rendering = render("default", ALL)
    assert open_at(end, rendering) == of_end(end, OPEN)


@pytest.mark.parametrize("end", ["Ingress", "Egress"])
@pytest.mark.parametrize(
    "published",
    [
        {"ingress": {"enabled": True}},
        {"httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}]}},
    ],
    ids=str,
)
def test_a_published_release_lets_the_controller_in(published: dict[str, Any], end: str) -> None:
    rendering = render("default", ALL | published)
    assert open_at(end, rendering) == of_end(end, OPEN | PUBLISHED)


@pytest.mark.parametrize("end", ["Ingress", "Egress"])
def test_spans_go_to_the_collector_alone(end: str) -> None:
    tracing = {
        "endpoint": "http://collector.tracing:4318",
        "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "tracing"}}}],
    }
    rendering = render("default", ALL | {"tracing": tracing})
    assert open_at(end, rendering) == of_end(end, OPEN | TRACED)


@pytest.mark.parametrize("end", ["Ingress", "Egress"])
def test_a_database_elsewhere_is_reached_where_it_is_alone(end: str) -> None:
    rendering = render("everything_on_external", {"networkPolicy": WHERE})
    expected = {way for way in OPEN if way[1] != "postgresql"} | OUTSIDE
    assert open_at(end, rendering) == of_end(end, expected)


def test_without_saying_where_it_is_its_port_is_reached_anywhere() -> None:
    rendering = render("everything_on_external", {"externalDatabase": {"egress": []}})
    assert may_reach(policies(rendering), peers(rendering)["api"], PEERS["database"], 5432)
    assert not may_reach(policies(rendering), peers(rendering)["api"], PEERS["internet"], 443)


def test_without_saying_where_it_is_the_clusters_api_is_found_anywhere_by_the_operator_alone() -> (
    None
):
    rendering = render("default")
    for port, reached in ((443, True), (6443, True), (80, False), (HTTP, False)):
        for target in ("api server", "internet"):
            assert (
                may_reach(policies(rendering), peers(rendering)["operator"], PEERS[target], port)
                is reached
            )
    for source in ("api", "worker", "postgresql", "test"):
        for port in (443, 6443):
            peer = peers(rendering)[source]
            assert not may_reach(policies(rendering), peer, PEERS["api server"], port)


@pytest.mark.parametrize(
    ("component", "port"), [("operator", OPERATOR), ("api", METRICS), ("worker", METRICS)]
)
def test_without_monitoring_nobody_reaches_metrics(component: str, port: int) -> None:
    rendering = render("default", {"networkPolicy": {"monitoring": []}})
    everybody = peers(rendering) | PEERS
    target = everybody.pop(component)
    for source in everybody.values():
        assert not may_reach(policies(rendering), source, target, port)


def test_a_stranger_of_the_same_labels_in_another_namespace_is_a_stranger() -> None:
    rendering = render("default")
    worker = peers(rendering)["worker"]
    stranger = Peer(worker.labels, namespace="elsewhere", ports=worker.ports)
    assert not may_reach(policies(rendering), stranger, peers(rendering)["postgresql"], POSTGRESQL)


def test_two_releases_in_one_namespace_do_not_reach_one_another() -> None:
    one, other = render("default"), render("default", release="other")
    together = [*policies(one), *policies(other)]
    for source in ("api", "worker", "operator", "test"):
        for target, port in (
            ("postgresql", POSTGRESQL),
            ("api", HTTP),
            ("worker", HTTP),
            ("operator", OPERATOR),
        ):
            assert not may_reach(together, peers(one)[source], peers(other)[target], port)


def test_the_extra_rules_add_what_they_say() -> None:
    rendering = render("everything_on")
    collector = Peer({"app": "collector"}, namespace="tracing")
    portal = Peer({"app": "portal"})
    for source in ("api", "worker", "operator"):
        assert may_reach(policies(rendering), peers(rendering)[source], collector, 4317)
    assert not may_reach(policies(rendering), peers(rendering)["backup"], collector, 4317)
    assert may_reach(policies(rendering), portal, peers(rendering)["api"], HTTP)


def test_each_pod_is_under_a_policy_of_both_directions() -> None:
    for name in ("default", "everything_on", "everything_on_external"):
        rendering = render(name)
        for pod in rendering.pods():
            directions = {
                direction
                for policy in policies(rendering)
                if policy["spec"]["podSelector"]["matchLabels"].items() <= pod.labels.items()
                for direction in policy["spec"]["policyTypes"]
            }
            assert directions == {"Ingress", "Egress"}, pod.name


def test_policies_can_be_left_to_others() -> None:
    assert policies(render("everything_off")) == []


def open_at(end: str, rendering: Rendering) -> set[Way]:
    """The ways that the policies of one end admit, the sender's (Egress) or the receiver's.

    Each end alone, or a policy that opens too much would hide behind the other end's.
    """
    ours = peers(rendering)
    everybody = ours | PEERS
    binding = [one_way(policy, end) for policy in policies(rendering)]
    return {
        (source, target, port)
        for source in (ours if end == "Egress" else everybody)
        for target in (ours if end == "Ingress" else everybody)
        if source != target
        for port, protocol in PORTS
        if may_reach(binding, everybody[source], everybody[target], port, protocol)
    }


def of_end(end: str, ways: set[Way]) -> set[Way]:
    """The ways that one end has to admit: those of pods that are not ours have one end alone."""
    return {way for way in ways if way[0 if end == "Egress" else 1] not in PEERS}


def one_way(policy: Policy, end: str) -> Policy:
    return {"spec": {**policy["spec"], "policyTypes": [end]}}


def policies(rendering: Rendering) -> list[Policy]:
    return rendering.of_kind("NetworkPolicy")


def peers(rendering: Rendering) -> dict[str, Peer]:
    """A pod of each component, with the named ports that it opens."""
    return {
        pod.component: Peer(
            pod.labels,
            ports={
                port["name"]: port["containerPort"]
                for container in pod.containers
                for port in container.spec.get("ports", [])
            },
        )
        for pod in rendering.pods()
    }
