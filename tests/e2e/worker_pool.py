"""A WorkerPool, and what its operator makes of it."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from e2e.cluster import LOOK_SECONDS, Object
from e2e.release import Release
from support.waiting import wait_until_blocking

_SECONDS = 120.0


class WorkerPool:
    """The WorkerPool of `pool` in a release."""

    def __init__(self, release: Release, pool: str = "default") -> None:
        self.name = f"{release.full_name}-worker-{pool}"
        """That of its Deployment, too."""
        self._release = release
        self._pool = pool

    @property
    def status(self) -> dict[str, Any]:
        """What the operator says of it; empty before it has said anything."""
        status: dict[str, Any] = self.read().get("status", {})
        return status

    @property
    def replicas(self) -> int:
        """What the Deployment is scaled to."""
        replicas: int = self._deployment()["spec"]["replicas"]
        return replicas

    @property
    def changes(self) -> int:
        """How often the Deployment has been changed so far, its scale among the rest."""
        generation: int = self._deployment()["metadata"]["generation"]
        return generation

    def read(self) -> Object:
        """The object."""
        return self._release.cluster.get("workerpool", self.name, self._release.namespace)

    def condition(self, condition: str) -> tuple[str, str]:
        """The status of a condition and its reason; empty where it was not written yet."""
        for each in self.status.get("conditions", []):
            if each["type"] == condition:
                return each["status"], each["reason"]
        return "", ""

    def events(self, reason: str) -> list[str]:
        """The messages of the Events about it that have this reason."""
        fields = f"involvedObject.kind=WorkerPool,involvedObject.name={self.name},reason={reason}"
        text = self._release.cluster.kubectl(
            *("get", "events", "--field-selector", fields, "--output", "json"),
            namespace=self._release.namespace,
        )
        return [event["message"] for event in json.loads(text)["items"]]

    def change(self, **spec: object) -> None:
        """Change fields of its spec, by hand."""
        self._release.cluster.kubectl(
            *("patch", "workerpool", self.name, "--type", "merge"),
            *("--patch", json.dumps({"spec": spec})),
            namespace=self._release.namespace,
        )

    @contextmanager
    def bounded(self, least: int, most: int) -> Iterator[None]:
        """Between so many pods for the length of the block; then as before, and settled there."""
        before: Mapping[str, int] = self.read()["spec"]
        self.change(minReplicas=least, maxReplicas=most)
        self.wait_until_settled(least, most)
        yield
        self.change(minReplicas=before["minReplicas"], maxReplicas=before["maxReplicas"])
        self.wait_until_settled(before["minReplicas"], before["minReplicas"])

    def wait_until(self, condition: Callable[[], object], what: str) -> None:
        """Wait until something holds of it; `what` says it in words."""
        wait_until_blocking(condition, _SECONDS, what=f"{self.name}: {what}", pause=LOOK_SECONDS)

    def wait_until_asked_for(self, least: int, pause: float = LOOK_SECONDS) -> None:
        """Wait until the Deployment is scaled to so many pods or more."""
        wait_until_blocking(
            lambda: self.replicas >= least,
            _SECONDS,
            what=f"{self.name}: {least} pods are asked for",
            pause=pause,
        )

    def wait_until_settled(self, least: int, most: int) -> None:
        """Wait until there are so many pods as the scale says, all ready and none going."""

        def settled() -> bool:
            deployment = self._deployment()
            wanted: int = deployment["spec"]["replicas"]
            ready: int = deployment["status"].get("readyReplicas", 0)
            return least <= wanted <= most and ready == wanted == len(self._pods())

        self.wait_until(settled, f"{least} to {most} pods, all ready")

    def _deployment(self) -> Object:
        return self._release.cluster.get("deployment", self.name, self._release.namespace)

    def _pods(self) -> list[Object]:
        """Its pods, those that are about to go among them."""
        return self._release.cluster.find(
            "pods",
            self._release.namespace,
            f"app.kubernetes.io/instance={self._release.name},qcexec.io/pool={self._pool}",
        )
