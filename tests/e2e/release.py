"""A release of the chart: what helm does with it, and its pods."""

import json
import subprocess
from pathlib import Path
from typing import Any

from e2e.cluster import LOOK_SECONDS, Cluster, Object, name_of
from e2e.database import Database
from e2e.definition import is_defined
from e2e.helm import Helm, Values, merged
from e2e.settings import EndToEndSettings
from support.waiting import wait_until_blocking

_VALUES = Path(__file__).with_name("values.yaml")


class Release:
    """The release `name` in `namespace`, installed or not."""

    def __init__(
        self, cluster: Cluster, settings: EndToEndSettings, namespace: str, name: str
    ) -> None:
        self.cluster = cluster
        self.namespace = namespace
        self.name = name
        self.full_name = name if "qcexec" in name else f"{name}-qcexec"
        self.host = f"{name}.{namespace}.test"
        self.database = Database(cluster, namespace, f"{self.full_name}-postgresql-0")
        self.installed = False
        self.settings = settings
        self._helm = Helm(cluster, namespace, settings.helm)

    def install(self, values: Values | None = None) -> None:
        """Install it and wait until everything is ready.

        `values` come on top of those of all tests, and of a host name of its own.
        """
        self.installed = True
        self._change("install", values)

    def upgrade(self, values: Values | None = None) -> None:
        """As `install`, for a release that is there; its earlier values are forgotten."""
        self._change("upgrade", values)

    def rollback(self, revision: int) -> None:
        """Go back to an earlier revision and wait until everything is ready."""
        self._helm.wait("rollback", self.name, str(revision))

    def test(self) -> str:
        """`helm test`, with what it says."""
        return self._helm.run("test", self.name)

    def uninstall(self) -> None:
        """Uninstall it and wait until its pods are gone."""
        self.installed = False
        self._helm.wait("uninstall", self.name)
        self.wait_for_leavers()

    def notes(self) -> str:
        """What the release says of itself."""
        return self._helm.run("get", "notes", self.name)

    def pods(self, component: str | None = None, pool: str | None = None) -> list[Object]:
        """Its pods, or those of one component or pool, that are not about to go."""
        labels = {
            "app.kubernetes.io/instance": self.name,
            "app.kubernetes.io/component": component,
            "qcexec.io/pool": pool,
        }
        selector = ",".join(f"{label}={value}" for label, value in labels.items() if value)
        found = self.cluster.find("pods", self.namespace, selector)
        return [pod for pod in found if not _is_going(pod)]

    def wait_for_leavers(self) -> None:
        """Wait until no pod is about to go any more."""
        selector = f"app.kubernetes.io/instance={self.name}"
        wait_until_blocking(
            lambda: not any(map(_is_going, self.cluster.find("pods", self.namespace, selector))),
            120,
            what="old pods are gone",
            pause=LOOK_SECONDS,
        )

    def pod(self, component: str, pool: str | None = None) -> str:
        """The name of the only pod of a component or pool."""
        (pod,) = self.pods(component, pool)
        return name_of(pod)

    def restarts(self) -> dict[tuple[str, str], int]:
        """How often each container of each pod was started anew."""
        return {
            (pod["metadata"]["uid"], status["name"]): status["restartCount"]
            for pod in self.pods()
            for status in pod["status"].get("containerStatuses", [])
        }

    def scale(self, kind: str, component: str, replicas: int) -> None:
        """Set the number of pods of a workload and wait until it is so."""
        workload = f"{kind}/{self.full_name}-{component}"
        self.cluster.kubectl("scale", workload, f"--replicas={replicas}", namespace=self.namespace)
        wait_until_blocking(
            lambda: self._has(kind, component, replicas),
            180,
            what=f"{workload} has {replicas} pods",
            pause=LOOK_SECONDS,
        )

    def _has(self, kind: str, component: str, replicas: int) -> bool:
        status = self.cluster.get(kind, f"{self.full_name}-{component}", self.namespace)["status"]
        return (status.get("replicas", 0), status.get("readyReplicas", 0)) == (replicas, replicas)

    def is_ready(self, component: str, pool: str | None = None) -> bool:
        """Whether the only pod of a component or pool is ready."""
        (pod,) = self.pods(component, pool)
        return is_ready(pod)

    def execute(self, component: str, *command: str, text: str | None = None) -> str:
        """Run a command in the only pod of a component, whose container has the same name."""
        ended = self.attempt(component, *command, text=text)
        assert ended.returncode == 0, f"{command}: {ended.stdout}\n{ended.stderr}"
        return ended.stdout

    def attempt(
        self, component: str, *command: str, text: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """As `execute`, whatever the exit code."""
        place = (self.pod(component), "--container", component)
        return self.cluster.attempt(
            *("exec", "--stdin", *place, "--", *command), namespace=self.namespace, text=text
        )

    def wait_for_restart(self, pod: Object, container: str) -> None:
        """Wait until a container of a pod was started once more than `pod` says, and is ready."""
        (before,) = (
            status["restartCount"]
            for status in pod["status"]["containerStatuses"]
            if status["name"] == container
        )
        wait_until_blocking(
            lambda: self._restarted(name_of(pod), container, before),
            120,
            what=f"{container} is started again",
            pause=LOOK_SECONDS,
        )

    def _restarted(self, pod: str, container: str, before: int) -> bool:
        statuses = self.cluster.get("pod", pod, self.namespace)["status"]["containerStatuses"]
        return any(
            status["name"] == container and status["restartCount"] > before and status["ready"]
            for status in statuses
        )

    def log_events(self, pod: str, event: str, container: str) -> list[dict[str, Any]]:
        """The log lines of one event that a container has written so far."""
        lines = self.cluster.logs(pod, container, self.namespace).splitlines()
        documents = (json.loads(line) for line in lines if line.startswith("{"))
        return [document for document in documents if document.get("event") == event]

    def _change(self, verb: str, values: Values | None) -> None:
        files = [_VALUES, *([self.settings.values] if self.settings.values else [])]
        own: Values = {
            "image": {"tag": self.settings.image_tag},
            "ingress": {"hosts": [self.host]},
            # Of all releases of a cluster the first one brings it, and none takes it away.
            "crds": {"enabled": not is_defined(self.cluster)},
        }
        self._helm.change(verb, self.name, files, merged(own, values or {}))


def is_ready(pod: Object) -> bool:
    """Whether a pod is ready. One that was just made has no conditions yet."""
    return any(
        (condition["type"], condition["status"]) == ("Ready", "True")
        for condition in pod["status"].get("conditions", [])
    )


def _is_going(pod: Object) -> bool:
    return "deletionTimestamp" in pod["metadata"]
