"""A cluster, by kubectl: one kubeconfig, whatever the user's current context is."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from e2e.settings import direct_environment
from support.programs import attempt, run
from support.waiting import wait_until_blocking

Object = dict[str, Any]
"""An object of the Kubernetes API, as JSON."""

LOOK_SECONDS = 0.5
"""Between two looks at the cluster: each is a process of its own."""


class Cluster:
    """The cluster of `kubeconfig`."""

    def __init__(self, kubeconfig: Path) -> None:
        self.kubeconfig = kubeconfig
        self.environment = direct_environment()

    def kubectl(
        self,
        *arguments: str,
        namespace: str | None = None,
        text: str | None = None,
        deadline: float = 120.0,
    ) -> str:
        """Run kubectl and give what it writes; raises AssertionError with it when it fails."""
        return run(
            *self.command(*arguments, namespace=namespace),
            environment=self.environment,
            text=text,
            deadline=deadline,
        )

    def attempt(
        self,
        *arguments: str,
        namespace: str | None = None,
        text: str | None = None,
        deadline: float = 120.0,
    ) -> subprocess.CompletedProcess[str]:
        """As `kubectl`, whatever the exit code."""
        return attempt(
            *self.command(*arguments, namespace=namespace),
            environment=self.environment,
            text=text,
            deadline=deadline,
        )

    def command(self, *arguments: str, namespace: str | None = None) -> tuple[str, ...]:
        """A command line of kubectl."""
        place = () if namespace is None else ("--namespace", namespace)
        return ("kubectl", "--kubeconfig", str(self.kubeconfig), *place, *arguments)

    def get(self, kind: str, name: str, namespace: str | None = None) -> Object:
        """One object."""
        text = self.kubectl("get", kind, name, "--output", "json", namespace=namespace)
        document: Object = json.loads(text)
        return document

    def find(self, kinds: str, namespace: str | None = None, selector: str = "") -> list[Object]:
        """The objects of these kinds (with commas between them) that a selector selects."""
        options = ("--selector", selector) if selector else ()
        text = self.kubectl("get", kinds, "--output", "json", *options, namespace=namespace)
        found: list[Object] = json.loads(text)["items"]
        return found

    def find_everywhere(self, kinds: str) -> list[Object]:
        """As `find`, in all namespaces."""
        found: list[Object] = json.loads(
            self.kubectl("get", kinds, "--all-namespaces", "--output", "json")
        )["items"]
        return found

    def all_objects(self, namespace: str) -> list[Object]:
        """Everything that a namespace holds."""
        kinds = self.kubectl("api-resources", "--verbs=list", "--namespaced", "--output=name")
        return self.find(",".join(kinds.split()), namespace)

    def apply(self, *objects: Object, namespace: str) -> None:
        """Create objects, or bring them to what is said."""
        document = {"apiVersion": "v1", "kind": "List", "items": objects}
        self.kubectl("apply", "--filename", "-", namespace=namespace, text=json.dumps(document))

    def logs(self, pod: str, container: str, namespace: str) -> str:
        """What a container has written so far."""
        return self.kubectl("logs", pod, "--container", container, namespace=namespace)

    def execute(
        self,
        pod: str,
        container: str,
        *command: str,
        namespace: str,
        text: str | None = None,
        deadline: float = 60.0,
    ) -> str:
        """Run a command in a container, as its user and in its environment."""
        return self.kubectl(
            *("exec", "--stdin", pod, "--container", container, "--", *command),
            namespace=namespace,
            text=text,
            deadline=deadline,
        )

    @contextmanager
    def namespace(self, purpose: str) -> Iterator[str]:
        """A namespace of its own that enforces Pod Security `restricted`; gone afterwards."""
        name = f"qcexec-e2e-{purpose}-{uuid4().hex[:6]}"
        labels: Mapping[str, str] = {"pod-security.kubernetes.io/enforce": "restricted"}
        document = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": name, "labels": labels},
        }
        self.kubectl("create", "--filename", "-", text=json.dumps(document))
        try:
            # Pods are refused until the controller has made it.
            self.wait_for("serviceaccount", "default", namespace=name)
            yield name
        finally:
            # It goes by itself; the controller looks again half a minute after its pods have gone.
            self.kubectl("delete", "namespace", name, "--wait=false")

    def wait_for(self, kind: str, name: str, namespace: str, deadline: float = 60.0) -> None:
        """Wait until an object is there."""
        wait_until_blocking(
            lambda: self.attempt("get", kind, name, namespace=namespace).returncode == 0,
            deadline,
            what=f"{kind} {name} is there",
            pause=LOOK_SECONDS,
        )


def name_of(an_object: Object) -> str:
    """The name of an object."""
    name: str = an_object["metadata"]["name"]
    return name
