"""A further node, which a test may unplug."""

from collections.abc import Iterator
from contextlib import contextmanager

from e2e.cluster import LOOK_SECONDS, Cluster, name_of
from support.programs import run
from support.waiting import wait_until_blocking

_NUMBER = "2"
_SECONDS = 300.0
_LEAVE_SECONDS = 90.0

TAINT = "qcexec-e2e"
"""The node takes only pods that tolerate it."""


class Node:
    """A node by its `name`."""

    def __init__(self, cluster: Cluster, command: tuple[str, ...], name: str) -> None:
        self.name = name
        self._cluster = cluster
        self._command = command

    def cut(self) -> None:
        """Unplug its network; its pods run on."""
        run(*self._command, "cut", _NUMBER, deadline=_SECONDS)

    def heal(self) -> None:
        """Plug its network in, and wait until the cluster reaches it."""
        run(*self._command, "heal", _NUMBER, deadline=_SECONDS)
        wait_until_blocking(
            self._answers, _SECONDS, what=f"{self.name} answers", pause=LOOK_SECONDS
        )

    def _answers(self) -> bool:
        health = f"/api/v1/nodes/{self.name}/proxy/healthz"
        return self._cluster.attempt("get", "--raw", health).returncode == 0


@contextmanager
def further_node(cluster: Cluster, command: tuple[str, ...]) -> Iterator[Node]:
    """A node that is there for the length of the block, and takes only pods that ask for it."""
    run(*command, "remove", _NUMBER, deadline=_SECONDS)
    before = _names(cluster)
    try:
        run(*command, "add", _NUMBER, deadline=_SECONDS)
        (name,) = _names(cluster) - before
        cluster.kubectl("taint", "node", name, f"{TAINT}=alone:NoSchedule")
        yield Node(cluster, command, name)
        # Only the node itself can say that a pod has ended: without it the pod's namespace stays.
        wait_until_blocking(
            lambda: not _pods_on(cluster, name),
            _LEAVE_SECONDS,
            what=f"the pods on {name} go",
            pause=LOOK_SECONDS,
        )
    finally:
        run(*command, "remove", _NUMBER, deadline=_SECONDS)


def _pods_on(cluster: Cluster, node: str) -> str:
    place = f"spec.nodeName={node}"
    return cluster.kubectl("get", "pods", "-A", "--field-selector", place, "--output", "name")


def _names(cluster: Cluster) -> set[str]:
    return {name_of(node) for node in cluster.find("nodes")}
