"""Who reaches whom in the cluster, tried for real: by a container in each pod that is asked of.

A pod of the release gets it as an ephemeral container, which shares the pod's address and with it
its network policies, and nothing else: not its environment, files or processes.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from e2e.cluster import LOOK_SECONDS, Cluster, Object, name_of
from support.waiting import wait_until_blocking

PORTS = (53, 4318, 5432, 8000, 9000)
"""Where a probe answers: its pod's own ports are left alone, and 53 needs a pod of the probe's."""

_SCRIPT = Path(__file__).with_name("probe_script.py")
_CONTAINER = "probe"
_START_SECONDS = 90.0
_AT_ONCE = 6
_LOOKS = 5


@dataclass(frozen=True, slots=True)
class Target:
    """What a probe tries to reach."""

    protocol: str
    """As probe_script.py knows it."""
    host: str
    """A name or an address; empty: whatever the pod itself asks."""
    port: int
    behind: tuple[str, ...] = ()
    """The addresses of the pods behind a Service."""

    def __str__(self) -> str:
        return f"{self.protocol} {self.host}:{self.port}"

    def may_be(self, probe: "Probe") -> bool:
        """Whether the pod of the probe itself would answer: no policy ever stands between."""
        return probe.address in (self.host, *self.behind)


class Probe:
    """A container that tries and answers, in a running pod."""

    def __init__(self, cluster: Cluster, namespace: str, pod: str) -> None:
        self.pod = pod
        self._cluster = cluster
        self._namespace = namespace
        wait_until_blocking(
            self._started, _START_SECONDS, what=f"{pod} can be asked", pause=LOOK_SECONDS
        )
        self.address: str = cluster.get("pod", pod, namespace)["status"]["podIP"]

    def outcomes(self, targets: Sequence[Target]) -> list[str]:
        """What came of each target, all tried at once: probe_script.REACHED, or why not."""
        asked = [(target.protocol, target.host, target.port) for target in targets]
        said: list[str] = json.loads(
            self._cluster.execute(
                *(self.pod, _CONTAINER, *_command("try", json.dumps(asked))),
                namespace=self._namespace,
            )
        )
        return said

    def _started(self) -> bool:
        status = self._cluster.get("pod", self.pod, self._namespace)["status"]
        containers = [
            *status.get("containerStatuses", []),
            *status.get("ephemeralContainerStatuses", []),
        ]
        return any(
            container["name"] == _CONTAINER and "running" in container["state"]
            for container in containers
        )


def attach_probe(cluster: Cluster, pod: Object, image: str) -> Probe:
    """A probe in a pod that runs already."""
    name, namespace = name_of(pod), pod["metadata"]["namespace"]
    cluster.kubectl(
        *("debug", name, "--quiet", "--profile", "restricted", "--container", _CONTAINER),
        *("--image", image, "--image-pull-policy", "IfNotPresent"),
        *("--", *_command("serve", *map(str, PORTS))),
        namespace=namespace,
    )
    return Probe(cluster, namespace, name)


def start_probe(
    cluster: Cluster, namespace: str, name: str, labels: Mapping[str, str], image: str
) -> Probe:
    """A probe in a pod of its own."""
    cluster.apply(_pod(name, labels, image), namespace=namespace)
    return Probe(cluster, namespace, name)


def outcomes(attempts: Sequence[tuple[Probe, Sequence[Target]]]) -> list[list[str]]:
    """What came of each probe's targets, some probes at once."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return list(threads.map(lambda attempt: attempt[0].outcomes(attempt[1]), attempts))


def wait_until_right(mistakes: Callable[[], list[str]]) -> None:
    """Look some times until nothing is wrong; raises AssertionError with what still is.

    Policies take effect a moment after they are changed, and a busy machine may be slow to answer.
    """
    found: list[str] = []
    for _ in range(_LOOKS):
        found = mistakes()
        if not found:
            return
    raise AssertionError("\n".join(found))


def _command(*arguments: str) -> tuple[str, ...]:
    return ("python", "-c", _SCRIPT.read_text(encoding="utf-8"), *arguments)


def _pod(name: str, labels: Mapping[str, str], image: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 1,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 10001,
                "runAsGroup": 10001,
                "seccompProfile": {"type": "RuntimeDefault"},
                "sysctls": [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}],
            },
            "containers": [
                {
                    "name": _CONTAINER,
                    "image": image,
                    "imagePullPolicy": "IfNotPresent",
                    "command": _command("serve", *map(str, PORTS)),
                    "resources": {
                        "requests": {"cpu": "10m", "memory": "16Mi"},
                        "limits": {"memory": "64Mi"},
                    },
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "capabilities": {"drop": ["ALL"]},
                        "readOnlyRootFilesystem": True,
                    },
                }
            ],
        },
    }
