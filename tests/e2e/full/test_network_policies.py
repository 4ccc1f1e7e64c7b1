"""Who may reach whom: the table of docs/network-policies.md, tried on a cluster cell by cell."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest

from e2e.cluster import Object
from e2e.helm import Values
from e2e.neighbourhood import (
    ELSEWHERE,
    OTHER_NODES,
    STRANGER,
    STRANGER_LABELS,
    Neighbourhood,
    labels_of,
    namespace_peer,
    neighbourhood,
    receiver_has_policy,
    sender_has_policy,
)
from e2e.nodes import Node
from e2e.policy_table import Cell, Verdict, read_policy_table
from e2e.probe_script import REACHED
from e2e.reachability import Probe, Target, attach_probe, wait_until_right
from e2e.release import Release
from e2e.releases import Releases

_KUBELET_PORT = 10250
_COPIES = {"qcexec.io/e2e": "one-sided"}
_PASSWORDS = "passwords"
_PEER = {"podSelector": {"matchLabels": STRANGER_LABELS}}


@pytest.fixture(scope="module")
def everybody(releases: Releases) -> Iterator[Neighbourhood]:
    with neighbourhood(releases) as everybody:
        yield everybody


@pytest.fixture
def cells() -> list[Cell]:
    return read_policy_table()


def test_each_is_reached_by_those_of_the_table_and_by_nobody_else(
    everybody: Neighbourhood, cells: list[Cell]
) -> None:
    everybody.upgrade()
    everybody.upgrade_other(enabled=True)
    everybody.assert_complete(cells)
    everybody.assert_reached(
        [cell for cell in cells if cell.verdict is not Verdict.NOT_OURS],
        lambda cell: cell.verdict is Verdict.ALLOWED,
    )
    # The chart's own test is no probe, and the kubelet's probes are no pod's.
    assert "Phase:          Succeeded" in everybody.release.test()
    assert not any(everybody.release.restarts().values())


@pytest.mark.parametrize("side", ["Ingress", "Egress"])
def test_the_rules_of_each_side_alone_keep_out_whom_the_table_does_not_let_in(
    everybody: Neighbourhood, cells: list[Cell], side: str
) -> None:
    # By the release's rules, not by those of the release beside it.
    everybody.upgrade_other(enabled=False)
    has_policy = receiver_has_policy if side == "Ingress" else sender_has_policy
    with _one_sided(everybody, side):
        everybody.assert_reached(
            cells, lambda cell: cell.verdict is not Verdict.DENIED or not has_policy(cell)
        )


def test_without_policies_each_is_reached_by_all(
    everybody: Neighbourhood, cells: list[Cell]
) -> None:
    everybody.upgrade(enabled=False)
    everybody.upgrade_other(enabled=False)
    everybody.assert_reached(cells, lambda _: True)


def test_other_nodes_and_what_lies_beyond_are_out_of_reach(
    everybody: Neighbourhood, cells: list[Cell], node: Node
) -> None:
    addresses = everybody.release.cluster.get("node", node.name)["status"]["addresses"]
    (address,) = (each["address"] for each in addresses if each["type"] == "InternalIP")
    further = replace(everybody, receivers={OTHER_NODES: [Target("tls", address, _KUBELET_PORT)]})
    everybody.upgrade_other(enabled=False)
    everybody.upgrade()
    further.assert_reached(cells, lambda cell: cell.verdict is not Verdict.DENIED)
    everybody.upgrade(enabled=False)
    further.assert_reached(cells, lambda _: True)


def test_nobody_comes_from_the_ingress_controller_while_nothing_is_published(
    everybody: Neighbourhood,
) -> None:
    everybody.upgrade({"ingress": {"enabled": False}}, monitoring=[])
    api = everybody.receivers["API `:8000`"]
    metrics = [
        target
        for name in ("API `:9464`", "operator `:8080`", "worker `:9464`")
        for target in everybody.receivers[name]
    ]
    for sender in ("Ingress controller or Gateway", "monitoring"):
        _assert_reached(everybody.senders[sender][0], denied=[*api, *metrics])
    _assert_reached(everybody.senders["`helm test` pod"][0], allowed=api)


def test_further_rules_of_the_values_allow_what_they_say_and_no_more(
    everybody: Neighbourhood,
) -> None:
    everybody.upgrade(
        api={
            "extraIngress": [{"from": [_PEER], "ports": [{"port": "http"}]}],
            "extraEgress": [{"to": [_PEER], "ports": [{"port": 8000}]}],
        },
        worker={"extraEgress": [{"to": [_PEER], "ports": [{"port": 9000}]}]},
    )
    (stranger,), (elsewhere,) = everybody.senders[STRANGER], everybody.senders[ELSEWHERE]
    to_api = everybody.receivers["API `:8000`"]
    _assert_reached(
        stranger, allowed=to_api, denied=everybody.receivers["any other port of the release"]
    )
    _assert_reached(elsewhere, denied=to_api)
    ports = {port: Target("probe", stranger.address, port) for port in (5432, 8000, 9000)}
    _assert_reached(
        everybody.senders["API"][0], allowed=[ports[8000]], denied=[ports[5432], ports[9000]]
    )
    _assert_reached(
        everybody.senders["worker"][0], allowed=[ports[9000]], denied=[ports[5432], ports[8000]]
    )


def test_an_external_database_is_reached_where_the_values_say_it_is_or_anywhere_on_its_port(
    everybody: Neighbourhood, releases: Releases
) -> None:
    cluster, owner = releases.cluster, everybody.release
    everybody.upgrade()
    # The release's own PostgreSQL is the external one of a release elsewhere.
    guest = Release(cluster, releases.settings, everybody.elsewhere, "guest")
    auth = cluster.get("secret", f"{owner.full_name}-postgresql-auth", owner.namespace)
    passwords = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": _PASSWORDS},
        "data": auth["data"],
    }
    cluster.apply(passwords, namespace=guest.namespace)
    postgresql = {"podSelector": {"matchLabels": labels_of(owner, "postgresql")}}

    (elsewhere,) = everybody.senders[ELSEWHERE]
    on_its_port = Target("probe", elsewhere.address, 5432)
    on_another = Target("probe", elsewhere.address, 9000)
    database = everybody.receivers["PostgreSQL `:5432`"]
    with _let_in(guest, owner):
        guest.install(_guest_values(owner, [{**namespace_peer(owner.namespace), **postgresql}]))
        probes = [
            attach_probe(cluster, pod, f"qcexec-api:{releases.settings.image_tag}")
            for component in ("api", "worker", "operator")
            for pod in guest.pods(component)
        ]
        for probe in probes:
            _assert_reached(probe, allowed=database, denied=[on_its_port, on_another])

        guest.upgrade(_guest_values(owner, []))
        for probe in probes:
            _assert_reached(probe, allowed=[*database, on_its_port], denied=[on_another])
        guest.uninstall()


def test_the_pods_of_backups_and_restores_are_those_that_the_policies_know(
    everybody: Neighbourhood,
) -> None:
    release = everybody.release
    for name in ("backup", "restore"):
        job = release.cluster.get("cronjob", f"{release.full_name}-{name}", release.namespace)
        labels = job["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"]
        assert labels.items() >= labels_of(release, "backup").items()


@contextmanager
def _one_sided(everybody: Neighbourhood, side: str) -> Iterator[None]:
    """The release's policies, each with its rules of one side alone."""
    release = everybody.release
    cluster, namespace = release.cluster, release.namespace
    everybody.upgrade()
    policies = cluster.find(
        "networkpolicies", namespace, f"app.kubernetes.io/instance={release.name}"
    )
    assert len(policies) == 6
    everybody.upgrade(enabled=False)
    copies = [
        {
            "apiVersion": policy["apiVersion"],
            "kind": policy["kind"],
            "metadata": {"name": f"copy-{number}", "labels": _COPIES},
            "spec": {**policy["spec"], "policyTypes": [side]},
        }
        for number, policy in enumerate(policies)
    ]
    cluster.apply(*copies, namespace=namespace)
    try:
        yield
    finally:
        ((label, value),) = _COPIES.items()
        cluster.kubectl(
            *("delete", "networkpolicies", "--selector", f"{label}={value}"), namespace=namespace
        )


def _guest_values(owner: Release, egress: list[Object]) -> Values:
    return {
        "operator": {"enabled": True},
        # Served elsewhere, so that no task of the owner's is taken.
        "queue": "guest",
        "ingress": {"enabled": False},
        "postgresql": {"enabled": False},
        "externalDatabase": {
            "host": f"{owner.full_name}-postgresql.{owner.namespace}.svc",
            "existingSecret": _PASSWORDS,
            "sslMode": "disable",
            "egress": egress,
        },
    }


@contextmanager
def _let_in(guest: Release, owner: Release) -> Iterator[None]:
    """The guest may reach the owner's PostgreSQL, by a policy beside the chart's."""
    policy = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": guest.name},
        "spec": {
            "podSelector": {"matchLabels": labels_of(owner, "postgresql")},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [namespace_peer(guest.namespace)]}],
        },
    }
    owner.cluster.apply(policy, namespace=owner.namespace)
    try:
        yield
    finally:
        owner.cluster.kubectl("delete", "networkpolicy", guest.name, namespace=owner.namespace)


def _assert_reached(
    probe: Probe, *, allowed: Sequence[Target] = (), denied: Sequence[Target] = ()
) -> None:
    targets = [*allowed, *denied]

    def mistakes() -> list[str]:
        return [
            f"{probe.pod} {target}: {outcome}"
            for target, outcome in zip(targets, probe.outcomes(targets), strict=True)
            if (outcome == REACHED) != (target in allowed)
        ]

    wait_until_right(mistakes)
