"""The objects that the chart renders to, and what tests ask of them."""

import base64
import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from chart.helm import CHART, HelmRefused, run

Object = Mapping[str, Any]

# Renders passwords without a cluster at hand, to be looked at.
SECRETS_READABLE = ("--api-versions", "v1/Secret", "--api-versions", "qcexec.io/look")

LONGEST_RELEASE = "a-release-with-the-fifty-three-characters-helm-admits"

_VALUES = Path(__file__).parent / "values"
_POD_TEMPLATES = {
    "Pod": (),
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}


@dataclass(frozen=True, slots=True)
class Container:
    """A container of a pod, `init` if it runs before the others."""

    spec: Object
    init: bool

    @property
    def name(self) -> str:
        return str(self.spec["name"])

    @property
    def variables(self) -> Mapping[str, str]:
        """The environment, as far as it is written out."""
        return {
            variable["name"]: variable["value"]
            for variable in self.spec.get("env", [])
            if "value" in variable
        }


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod, or what a workload makes pods from."""

    owner: Object
    metadata: Object
    spec: Object

    @property
    def name(self) -> str:
        return f"{self.owner['kind']}/{self.owner['metadata']['name']}"

    @property
    def labels(self) -> Mapping[str, str]:
        labels: Mapping[str, str] = self.metadata["labels"]
        return labels

    @property
    def component(self) -> str:
        return self.labels["app.kubernetes.io/component"]

    @property
    def containers(self) -> tuple[Container, ...]:
        return (
            *(Container(spec, init=True) for spec in self.spec.get("initContainers", [])),
            *(Container(spec, init=False) for spec in self.spec["containers"]),
        )

    def container(self, name: str) -> Container:
        """The container of this name. Raises KeyError."""
        return {container.name: container for container in self.containers}[name]


@dataclass(frozen=True, slots=True)
class Rendering:
    """A rendered release."""

    text: str
    objects: tuple[Object, ...]

    def of_kind(self, kind: str) -> list[Object]:
        return [found for found in self.objects if found["kind"] == kind]

    def one(self, kind: str, name: str) -> Object:
        """The object of this kind and name. Raises ValueError where there is none."""
        (found,) = [each for each in self.of_kind(kind) if each["metadata"]["name"] == name]
        return found

    def pods(self, component: str | None = None) -> list[Pod]:
        """All pods, or those of a component."""
        return [pod for pod in self._pods() if component in (None, pod.component)]

    def passwords(self) -> dict[str, str]:
        """The content of the Secrets that the chart makes, by key."""
        found: dict[str, str] = {}
        for secret in self.of_kind("Secret"):
            for key, value in secret.get("data", {}).items():
                found[key] = base64.b64decode(value).decode()
            found |= secret.get("stringData", {})
        return found

    def _pods(self) -> Iterator[Pod]:
        for owner in self.objects:
            if owner["kind"] in _POD_TEMPLATES:
                pod: Object = owner
                for key in _POD_TEMPLATES[owner["kind"]]:
                    pod = pod[key]
                yield Pod(owner, pod["metadata"], pod["spec"])


def values_files() -> list[str]:
    """The names of the values files that everything is tried with."""
    return sorted(path.stem for path in _VALUES.glob("*.yaml"))


def values_file(name: str) -> str:
    """The path of a values file, by its name."""
    return str(_VALUES / f"{name}.yaml")


def render(
    name: str,
    changes: Object | None = None,
    *,
    release: str = "qcexec",
    major: int = 4,
    options: Sequence[str] = SECRETS_READABLE,
    chart: Path = CHART,
) -> Rendering:
    """The chart with the values file `name`, and with `changes` over it. Raises HelmRefused."""
    return _render(name, json.dumps(changes or {}), release, major, tuple(options), str(chart))


def refusal(
    name: str, changes: Object, *, major: int = 4, options: Sequence[str] = SECRETS_READABLE
) -> str:
    """What helm says to values that are refused. Raises AssertionError where they are not."""
    try:
        render(name, changes, major=major, options=options)
    except HelmRefused as refused:
        return str(refused)
    raise AssertionError(f"{name} with {changes} was rendered")


@functools.cache
def _render(
    name: str, changes: str, release: str, major: int, options: tuple[str, ...], chart: str
) -> Rendering:
    arguments = ["template", release, chart, "--namespace", "quantum", *options]
    text = run(
        [*arguments, "--values", values_file(name), "--values", "-"], values=changes, major=major
    )
    documents = yaml.load_all(text, Loader=yaml.CSafeLoader)
    return Rendering(text, tuple(document for document in documents if document))
