"""The definition of the kind WorkerPool, which all releases of a cluster share.

The first release of a cluster installs it, as one of a user does, and it stays. What is there when
the tests begin may be an earlier chart's, so it is brought up to date.
"""

from e2e.cluster import LOOK_SECONDS, Cluster
from e2e.helm import Helm
from support.waiting import wait_until_blocking

_NAME = "workerpools.qcexec.io"
_TEMPLATE = "templates/crds/workerpools.yaml"
_GO_SECONDS = 60.0


def is_defined(cluster: Cluster) -> bool:
    """Whether the cluster knows WorkerPools."""
    return cluster.attempt("get", "customresourcedefinition", _NAME).returncode == 0


def bring_up_to_date(cluster: Cluster, helm: str | None) -> None:
    """Make a definition that is there what the chart says; whose release it is stays as it is."""
    if is_defined(cluster):
        text = Helm(cluster, "default", helm).render(_TEMPLATE, {"crds": {"enabled": True}})
        cluster.kubectl("apply", "--server-side", "--force-conflicts", "--filename", "-", text=text)


def worker_pools(cluster: Cluster) -> list[str]:
    """All WorkerPools of the cluster, as namespace/name, but for those whose namespace is to go."""
    if not is_defined(cluster):
        return []
    namespaces = {
        each["metadata"]["name"]
        for each in cluster.find("namespaces")
        if "deletionTimestamp" not in each["metadata"]
    }
    places = [each["metadata"] for each in cluster.find_everywhere("workerpools")]
    return [
        f"{place['namespace']}/{place['name']}"
        for place in places
        if place["namespace"] in namespaces
    ]


def remove(cluster: Cluster) -> None:
    """Take the definition away, and with it all WorkerPools of the cluster."""
    cluster.kubectl("delete", "customresourcedefinition", _NAME, "--ignore-not-found")
    wait_until_blocking(
        lambda: not is_defined(cluster),
        _GO_SECONDS,
        what="the definition is gone",
        pause=LOOK_SECONDS,
    )
