"""The stand-in for what enforces NetworkPolicies says what Kubernetes' specification says."""

from typing import Any

import pytest

from chart.network import Peer, Policy, may_reach

WEB = Peer({"app": "web"}, ports={"http": 8000})
CLIENT = Peer({"app": "client", "tier": "front"})
ELSEWHERE = Peer({"app": "client", "tier": "front"}, namespace="elsewhere")
OUTSIDE = Peer(address="192.0.2.10")


def web(*rules: dict[str, Any], direction: str = "ingress") -> list[Policy]:
    """A policy of the web pods."""
    spec = {
        "podSelector": {"matchLabels": {"app": "web"}},
        "policyTypes": [direction.capitalize()],
        direction: list(rules),
    }
    return [{"spec": spec}]


def test_a_pod_without_a_policy_is_open() -> None:
    assert may_reach([], OUTSIDE, WEB, 8000)
    assert may_reach(web(), WEB, CLIENT, 80), "a policy of one direction says nothing of the other"


def test_a_policy_without_rules_closes() -> None:
    assert not may_reach(web(), CLIENT, WEB, 8000)


def test_a_rule_of_nothing_opens_everything() -> None:
    for source in (CLIENT, ELSEWHERE, OUTSIDE):
        assert may_reach(web({}), source, WEB, 8000)


@pytest.mark.parametrize(
    ("peer", "admitted"),
    [
        ({"podSelector": {}}, [CLIENT]),
        ({"podSelector": {"matchLabels": {"app": "client"}}}, [CLIENT]),
        ({"podSelector": {"matchLabels": {"app": "web"}}}, []),
        ({"namespaceSelector": {}}, [CLIENT, ELSEWHERE]),
        (
            {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "elsewhere"}}},
            [ELSEWHERE],
        ),
        (
            {"namespaceSelector": {}, "podSelector": {"matchLabels": {"tier": "back"}}},
            [],
        ),
        (
            {
                "podSelector": {
                    "matchExpressions": [{"key": "tier", "operator": "In", "values": ["front"]}]
                }
            },
            [CLIENT],
        ),
        (
            {"podSelector": {"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}},
            [],
        ),
        ({"ipBlock": {"cidr": "192.0.2.0/24"}}, [OUTSIDE]),
        ({"ipBlock": {"cidr": "192.0.2.0/24", "except": ["192.0.2.8/29"]}}, []),
    ],
    ids=str,
)
def test_a_peer_is_who_matches_all_that_is_said_of_it(
    peer: dict[str, Any], admitted: list[Peer]
) -> None:
    policies = web({"from": [peer]})
    found = [
        source for source in (CLIENT, ELSEWHERE, OUTSIDE) if may_reach(policies, source, WEB, 8000)
    ]
    assert found == admitted


@pytest.mark.parametrize(
    ("port", "opened"),
    [
        ({"port": 8000}, {8000}),
        ({"port": "http"}, {8000}),
        ({"port": "metrics"}, set()),
        ({"port": 8000, "endPort": 8001}, {8000, 8001}),
        ({"port": 8000, "protocol": "UDP"}, set()),
        ({"protocol": "TCP"}, {7999, 8000, 8001}),
    ],
    ids=str,
)
def test_a_port_is_the_pods_by_number_range_or_name(port: dict[str, Any], opened: set[int]) -> None:
    policies = web({"ports": [port]})
    asked = (7999, 8000, 8001)
    assert {each for each in asked if may_reach(policies, CLIENT, WEB, each)} == opened


def test_what_leaves_a_pod_is_judged_by_the_ports_of_the_other() -> None:
    leaving = [
        {
            "spec": {
                "podSelector": {},
                "policyTypes": ["Egress"],
                "egress": [{"to": [{"podSelector": {}}], "ports": [{"port": "http"}]}],
            }
        }
    ]
    assert may_reach(leaving, CLIENT, WEB, 8000)
    assert not may_reach(leaving, CLIENT, OUTSIDE, 8000)
    assert not may_reach(leaving, WEB, CLIENT, 8000)
    assert may_reach(leaving, ELSEWHERE, WEB, 8000), "policies are of one namespace"
