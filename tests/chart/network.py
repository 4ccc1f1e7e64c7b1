"""Who may reach whom under a set of NetworkPolicies: networking.k8s.io/v1 as a pure function."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

Policy = Mapping[str, Any]

_HOME = "quantum"
"""The namespace of the policies."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A pod, or, with an address, something outside of the cluster.

    ports    the named ports of its containers
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    namespace: str = _HOME
    ports: Mapping[str, int] = field(default_factory=dict)
    address: str | None = None


def may_reach(
    policies: Sequence[Policy], source: Peer, target: Peer, port: int, protocol: str = "TCP"
) -> bool:
    """Whether the policies let `source` speak to this port of `target`: both ends have to agree."""
    return _admitted(
        policies, "Egress", of=source, other=target, target=target, port=port, protocol=protocol
    ) and _admitted(
        policies, "Ingress", of=target, other=source, target=target, port=port, protocol=protocol
    )


def _admitted(
    policies: Sequence[Policy],
    direction: str,
    *,
    of: Peer,
    other: Peer,
    target: Peer,
    port: int,
    protocol: str,
) -> bool:
    """Whether one end's policies of one direction admit the other end. Without any: yes."""
    rules, peers = {"Egress": ("egress", "to"), "Ingress": ("ingress", "from")}[direction]
    binding = [
        policy["spec"]
        for policy in policies
        if direction in policy["spec"]["policyTypes"]
        and of.address is None
        and of.namespace == _HOME
        and _selects(policy["spec"]["podSelector"], of.labels)
    ]
    return not binding or any(
        _names(rule.get(peers), other) and _opens(rule.get("ports"), target, port, protocol)
        for spec in binding
        for rule in spec.get(rules) or []
    )


def _names(peers: Sequence[Mapping[str, Any]] | None, other: Peer) -> bool:
    return not peers or any(_is(peer, other) for peer in peers)


def _is(peer: Mapping[str, Any], other: Peer) -> bool:
    if "ipBlock" in peer:
        block = peer["ipBlock"]
        return (
            other.address is not None
            and ip_address(other.address) in ip_network(block["cidr"])
            and not any(
                ip_address(other.address) in ip_network(hole) for hole in block.get("except", [])
            )
        )
    if other.address is not None:
        return False
    if "namespaceSelector" in peer:
        labels = {"kubernetes.io/metadata.name": other.namespace}
        if not _selects(peer["namespaceSelector"], labels):
            return False
    elif other.namespace != _HOME:
        return False
    return _selects(peer.get("podSelector", {}), other.labels)


def _opens(
    ports: Sequence[Mapping[str, Any]] | None, target: Peer, port: int, protocol: str
) -> bool:
    return not ports or any(
        each.get("protocol", "TCP") == protocol and port in _numbers(each, target, port)
        for each in ports
    )


def _numbers(opened: Mapping[str, Any], target: Peer, asked: int) -> range:
    """The ports that a rule opens; none where it names one that the target does not have."""
    first = opened.get("port", asked)
    if isinstance(first, str):
        if first not in target.ports:
            return range(0)
        first = target.ports[first]
    return range(first, opened.get("endPort", first) + 1)


def _selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        _holds(expression, labels) for expression in selector.get("matchExpressions", [])
    )


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value = labels.get(expression["key"])
    match expression["operator"]:
        case "In":
            return value in expression["values"]
        case "NotIn":
            return value not in expression["values"]
        case "Exists":
            return value is not None
        case _:
            return value is None
