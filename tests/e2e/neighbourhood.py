"""Everybody in docs/network-policies.md: a release, another one beside it, and all the others."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from e2e.cluster import Cluster, Object
from e2e.helm import Values
from e2e.policy_table import Cell, Verdict
from e2e.probe_script import REACHED
from e2e.reachability import (
    PORTS,
    Probe,
    Target,
    attach_probe,
    outcomes,
    start_probe,
    wait_until_right,
)
from e2e.release import Release
from e2e.releases import Releases
from e2e.worker_pool import WorkerPool

STRANGER = "another pod in the release's namespace"
ELSEWHERE = "another pod in another namespace"
OTHER_NODES = "other nodes, addresses outside"
STRANGER_LABELS = {"app.kubernetes.io/name": "qcexec-stranger"}

_SENDERS_WITH_POLICIES = {
    "API",
    "worker",
    "operator",
    "PostgreSQL",
    "backup or restore job",
    "`helm test` pod",
}
_RECEIVERS_WITH_POLICIES = {
    "API `:8000`",
    "API `:9464`",
    "operator `:8080`",
    "PostgreSQL `:5432`",
    "worker `:9464`",
    "a worker, any other port",
    "any other port of the release",
}
# Two pods of what may have several, that one may be tried at the other; no backup ever falls due.
_RELEASE_VALUES: Values = {
    "api": {"replicas": 2},
    "operator": {"enabled": True},
    "workerPoolDefaults": {"minReplicas": 2, "maxReplicas": 2},
    "backup": {"enabled": True, "schedule": "0 0 31 2 *"},
}
_OTHER_VALUES: Values = {"operator": {"enabled": True}}
_AT_ONCE = 6
_COLLECTOR_PORT = 4318


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Probes of each sender, and what is tried of each receiver, by their names in the table."""

    release: Release
    other: Release
    elsewhere: str
    """The namespace of the pod in another namespace."""
    senders: Mapping[str, list[Probe]]
    receivers: Mapping[str, list[Target]]
    network_policy: Mapping[str, Any]
    """What the release's `networkPolicy` says."""
    tracing: Mapping[str, Any]
    """What its `tracing` says."""

    def upgrade(self, values: Values | None = None, **network_policy: object) -> None:
        """Bring the release to these values and policies, beside those that it was made with."""
        policy = {"networkPolicy": {**self.network_policy, **network_policy}}
        tracing = {"tracing": self.tracing}
        self.release.upgrade({**_RELEASE_VALUES, **tracing, **policy, **(values or {})})

    def upgrade_other(self, *, enabled: bool) -> None:
        """Bring the other release to have policies, or none."""
        self.other.upgrade({**_OTHER_VALUES, "networkPolicy": {"enabled": enabled}})

    def assert_complete(self, cells: list[Cell]) -> None:
        """Raises AssertionError where something is missing: in the table, or here to be tried."""
        assert {cell.sender for cell in cells} == self.senders.keys()
        # For an address outside there may be none to try; to the policies it is as a node's.
        assert {cell.receiver for cell in cells} == self.receivers.keys() | {OTHER_NODES}
        for cell in self.tried(cells):
            tried = [self._targets(cell, probe) for probe in self.senders[cell.sender]]
            assert all(tried) or cell.verdict is Verdict.NOT_OURS, cell

    def tried(self, cells: list[Cell]) -> list[Cell]:
        """The cells whose receivers are here."""
        return [cell for cell in cells if cell.receiver in self.receivers]

    def assert_reached(self, cells: list[Cell], is_allowed: Callable[[Cell], bool]) -> None:
        """Try cells; raises AssertionError with what is not as `is_allowed` says of its cell.

        Senders are not tried at themselves.
        """
        wait_until_right(lambda: self._mistakes(cells, is_allowed))

    def _mistakes(self, cells: list[Cell], is_allowed: Callable[[Cell], bool]) -> list[str]:
        plans = [
            (probe, self._plan(cells, probe))
            for probes in self.senders.values()
            for probe in probes
        ]
        answers = outcomes([(probe, [target for _, target in plan]) for probe, plan in plans])
        return [
            f"{cell.sender} to {cell.receiver}: {probe.pod} {target}: {outcome}"
            for (probe, plan), said in zip(plans, answers, strict=True)
            for (cell, target), outcome in zip(plan, said, strict=True)
            if (outcome == REACHED) != is_allowed(cell)
        ]

    def _plan(self, cells: list[Cell], probe: Probe) -> list[tuple[Cell, Target]]:
        tried = self.tried(cells)
        return [(cell, target) for cell in tried for target in self._targets(cell, probe)]

    def _targets(self, cell: Cell, probe: Probe) -> list[Target]:
        if probe not in self.senders[cell.sender]:
            return []
        return [target for target in self.receivers[cell.receiver] if not target.may_be(probe)]


def sender_has_policy(cell: Cell) -> bool:
    """Whether a policy of the release says whom the sender may reach."""
    return cell.sender in _SENDERS_WITH_POLICIES


def receiver_has_policy(cell: Cell) -> bool:
    """Whether a policy of the release says who may reach the receiver."""
    return cell.receiver in _RECEIVERS_WITH_POLICIES


@contextmanager
def neighbourhood(releases: Releases) -> Iterator[Neighbourhood]:
    """Everybody, in namespaces of their own; everything goes afterwards."""
    cluster, image = releases.cluster, f"qcexec-api:{releases.settings.image_tag}"
    with ExitStack() as stack:
        ingress, monitoring, elsewhere, collecting = (
            stack.enter_context(cluster.namespace(name))
            for name in ("ingress", "monitoring", "elsewhere", "collecting")
        )
        # It takes no trace; whoever comes is greeted.
        collector = start_probe(cluster, collecting, "collector", STRANGER_LABELS, image)
        tracing = {
            "endpoint": f"http://{collector.address}:{_COLLECTOR_PORT}",
            "to": [namespace_peer(collecting)],
        }
        # In the place of the controller that there is, whose pods would try nothing else for us.
        network_policy = {
            "ingressController": [namespace_peer(ingress)],
            "monitoring": [namespace_peer(monitoring)],
            "apiServer": {"to": _api_server_peers(cluster)},
        }
        values = {**_RELEASE_VALUES, "networkPolicy": network_policy, "tracing": tracing}
        (release,) = stack.enter_context(
            releases.in_new_namespace("network", "qcexec", values=values)
        )
        # It runs no tasks, and the one for which invariants are checked is the first.
        other = Release(cluster, releases.settings, release.namespace, "other")
        other.install(_OTHER_VALUES)
        WorkerPool(release).wait_until_settled(2, 2)

        threads = stack.enter_context(ThreadPoolExecutor(_AT_ONCE))

        def attached(of: Release, component: str) -> list[Future[Probe]]:
            pods = of.pods(component)
            return [threads.submit(attach_probe, cluster, pod, image) for pod in pods]

        def started(namespace: str, name: str, labels: Mapping[str, str]) -> list[Future[Probe]]:
            return [threads.submit(start_probe, cluster, namespace, name, labels, image)]

        home = release.namespace
        coming = {
            "API": attached(release, "api"),
            "worker": attached(release, "worker"),
            "operator": attached(release, "operator"),
            "PostgreSQL": attached(release, "postgresql"),
            "backup or restore job": started(home, "backup", labels_of(release, "backup")),
            "`helm test` pod": started(home, "test", labels_of(release, "test")),
            "Ingress controller or Gateway": started(ingress, "ingress", STRANGER_LABELS),
            "monitoring": started(monitoring, "monitoring", STRANGER_LABELS),
            STRANGER: started(home, "stranger", STRANGER_LABELS),
            ELSEWHERE: started(elsewhere, "stranger", STRANGER_LABELS),
            "another release in the same namespace": [
                *attached(other, "api"),
                *attached(other, "worker"),
                *attached(other, "operator"),
                *started(home, "other-test", labels_of(other, "test")),
            ],
        }
        senders = {name: [each.result() for each in probes] for name, probes in coming.items()}
        yield Neighbourhood(
            release=release,
            other=other,
            elsewhere=elsewhere,
            senders=senders,
            receivers=_receivers(cluster, release, other, senders, collector),
            network_policy=network_policy,
            tracing=tracing,
        )


def labels_of(release: Release, component: str) -> dict[str, str]:
    """What a component's pods are known by: for pods that come and go, as jobs do."""
    return {
        "app.kubernetes.io/name": "qcexec",
        "app.kubernetes.io/instance": release.name,
        "app.kubernetes.io/component": component,
    }


def namespace_peer(name: str) -> dict[str, object]:
    """A namespace, as policies know it."""
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}


def _receivers(
    cluster: Cluster,
    release: Release,
    other: Release,
    senders: Mapping[str, list[Probe]],
    collector: Probe,
) -> dict[str, list[Target]]:
    jobs = senders["backup or restore job"] + senders["`helm test` pod"]
    strangers = senders[STRANGER] + senders[ELSEWHERE] + senders["monitoring"]
    return {
        "API `:8000`": _serving(release, "api", "http", 8000),
        "API `:9464`": _serving_pods(release, "api", "metrics", 9464),
        "operator `:8080`": _serving_pods(release, "operator", "metrics", 8080),
        "PostgreSQL `:5432`": _serving(release, "postgresql", "postgresql", 5432),
        "worker `:9464`": _serving_pods(release, "worker", "metrics", 9464),
        "a worker, any other port": _greeting(senders["worker"], 5432, 8000, 9000),
        "any other port of the release": [
            *_greeting(senders["API"], 5432, 9000),
            *_greeting(senders["operator"], 5432, 8000, 9000),
            *_greeting(senders["PostgreSQL"], 8000, 9000),
            *_greeting(jobs, *PORTS),
        ],
        "collector `:4318`": _greeting([collector], _COLLECTOR_PORT),
        "DNS": [Target("dns-udp", "", 53), Target("dns-tcp", "", 53)],
        "Kubernetes API server": _api_server(cluster),
        "other pods": [
            *_greeting(strangers, *PORTS),
            *_greeting([collector], *(port for port in PORTS if port != _COLLECTOR_PORT)),
            *_serving(other, "api", "http", 8000),
            *_serving(other, "postgresql", "postgresql", 5432),
            *_serving_pods(other, "operator", "metrics", 8080),
        ],
    }


def _serving(release: Release, component: str, protocol: str, port: int) -> list[Target]:
    pods = _serving_pods(release, component, protocol, port)
    name = f"{release.full_name}-{component}"
    service = release.cluster.get("service", name, release.namespace)["spec"]
    if service["clusterIP"] == "None":
        return pods
    # By its address: not everybody may ask for names.
    addresses = tuple(pod.host for pod in pods)
    return [*pods, Target(protocol, service["clusterIP"], service["ports"][0]["port"], addresses)]


def _serving_pods(release: Release, component: str, protocol: str, port: int) -> list[Target]:
    return [Target(protocol, pod["status"]["podIP"], port) for pod in release.pods(component)]


def _greeting(probes: list[Probe], *ports: int) -> list[Target]:
    return [Target("probe", probe.address, port) for probe in probes for port in ports]


def _api_server(cluster: Cluster) -> list[Target]:
    spec = cluster.get("service", "kubernetes", "default")["spec"]
    service = Target("tls", spec["clusterIP"], spec["ports"][0]["port"])
    return [service, *_behind_api_server(cluster)]


def _api_server_peers(cluster: Cluster) -> list[Object]:
    addresses = {target.host for target in _behind_api_server(cluster)}
    return [{"ipBlock": {"cidr": f"{address}/32"}} for address in sorted(addresses)]


def _behind_api_server(cluster: Cluster) -> list[Target]:
    slices = cluster.find(
        "endpointslices", "default", selector="kubernetes.io/service-name=kubernetes"
    )
    return [
        Target("tls", address, port["port"])
        for each in slices
        for endpoint in each["endpoints"]
        for address in endpoint["addresses"]
        for port in each["ports"]
    ]
