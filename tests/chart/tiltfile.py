"""What a Tiltfile asks Tilt for, without Tilt.

A Tiltfile is Starlark: it is evaluated with stand-ins for Tilt's builtins, which take what Tilt
takes and note it down. helm is the real one. Only what the Tiltfile uses is there, so that any
other builtin (a cluster that is not local being allowed, say) is an error until a test knows it.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import starlark
import yaml

from chart.helm import run as run_helm

Step = Mapping[str, Any]

_PRELUDE = "os = struct(getenv = getenv)"


@dataclass(frozen=True, slots=True)
class Image:
    """An image that Tilt builds; paths are relative to the Tiltfile's folder."""

    ref: str
    context: str
    dockerfile: str
    arguments: Mapping[str, str]
    only: tuple[str, ...]
    steps: tuple[Step, ...]

    @property
    def syncs(self) -> dict[str, str]:
        """Folders of the machine, and where in the container they are copied to."""
        return {step["local"]: step["remote"] for step in self.steps if step["kind"] == "sync"}

    @property
    def rebuilt_for(self) -> set[str]:
        """Paths whose changes take a build."""
        return {path for step in self.steps for path in step.get("paths", ())}


@dataclass(frozen=True, slots=True)
class Resource:
    """What Tilt says of a workload, or of a few objects under a name of their own.

    forwards    pairs of the machine's port and the pod's
    objects     what is made along with it: name and kind, in lower case, with a colon between
    """

    name: str
    workload: str | None
    forwards: tuple[tuple[int, int], ...]
    needs: tuple[str, ...]
    objects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LocalResource:
    """A command on the machine; a button is one that runs when it is pressed, and only then."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    needs: tuple[str, ...]
    is_button: bool


@dataclass(frozen=True, slots=True)
class Setup:
    """All that a Tiltfile asked for."""

    images: dict[str, Image] = field(default_factory=dict)
    objects: list[Mapping[str, Any]] = field(default_factory=list)
    resources: dict[str, Resource] = field(default_factory=dict)
    local_resources: dict[str, LocalResource] = field(default_factory=dict)


def evaluate(text: str, folder: Path) -> Setup:
    """Evaluate a Tiltfile that lies in `folder`.

    Raises starlark.StarlarkError for what is no Starlark, asks for what is not there, or is
    refused by helm or by a rule of Tilt's.
    """
    builtins = _Builtins(folder)
    module = starlark.Module()
    for name in _BUILTINS:
        module.add_callable(name, getattr(builtins, name))
    module["TRIGGER_MODE_AUTO"] = "auto"
    module["TRIGGER_MODE_MANUAL"] = "manual"
    language = starlark.Dialect.standard()
    available = starlark.Globals.extended_by([starlark.LibraryExtension.StructType])
    starlark.eval(module, starlark.parse("prelude", _PRELUDE, language), available)
    starlark.eval(module, starlark.parse("Tiltfile", text, language), available)
    return builtins.setup


# Most Tiltfiles of the tests render the same.
@functools.cache
def _run_helm(*arguments: str) -> str:
    return run_helm(arguments)


_BUILTINS = (
    "decode_yaml_stream",
    "docker_build",
    "encode_yaml_stream",
    "fall_back_on",
    "getenv",
    "helm",
    "k8s_resource",
    "k8s_yaml",
    "local_resource",
    "port_forward",
    "run",
    "sync",
)


class _Builtins:
    """Tilt's builtins, by their own names and with their own parameters."""

    def __init__(self, folder: Path) -> None:
        self.setup = Setup()
        self._folder = folder

    def getenv(self, name: str, default: str | None = None) -> str | None:  # noqa: ARG002 - Tilt's
        return default

    def docker_build(
        self,
        ref: str,
        context: str,
        *,
        dockerfile: str,
        build_args: Mapping[str, str] | None = None,
        only: Sequence[str] = (),
        live_update: Sequence[Step] = (),
        network: str = "default",  # noqa: ARG002 - Tilt's
    ) -> None:
        kinds = [step["kind"] for step in live_update]
        if kinds != sorted(kinds, key=["fall_back_on", "sync", "run"].index):
            raise ValueError(f"{ref}: fall_back_on comes first, then sync, then run: {kinds}")
        self.setup.images[ref] = Image(
            ref, context, dockerfile, build_args or {}, tuple(only), tuple(live_update)
        )

    def fall_back_on(self, paths: Sequence[str]) -> Step:
        return {"kind": "fall_back_on", "paths": list(paths)}

    def sync(self, local_path: str, remote_path: str) -> Step:
        return {"kind": "sync", "local": local_path, "remote": remote_path}

    def run(self, cmd: str) -> Step:
        return {"kind": "run", "command": cmd}

    def helm(self, paths: str, *, name: str, namespace: str, values: Sequence[str]) -> str:
        files = [option for file in values for option in ("--values", str(self._folder / file))]
        chart = str(self._folder / paths)
        return run_helm(
            ["template", name, chart, "--namespace", namespace, "--include-crds", *files]
        )

    def decode_yaml_stream(self, text: str) -> list[Any]:
        return [each for each in yaml.load_all(text, Loader=yaml.CSafeLoader) if each]

    def encode_yaml_stream(self, objs: Sequence[object]) -> str:
        return str(yaml.dump_all(objs, Dumper=yaml.CSafeDumper))

    def k8s_yaml(self, text: str) -> None:
        self.setup.objects.extend(self.decode_yaml_stream(text))

    def port_forward(
        self,
        local_port: int,
        container_port: int,
        *,
        name: str,  # noqa: ARG002 - Tilt's
        link_path: str,  # noqa: ARG002 - Tilt's
    ) -> list[int]:
        return [local_port, container_port]

    def k8s_resource(
        self,
        workload: str | None = None,
        *,
        new_name: str | None = None,
        objects: Sequence[str] = (),
        port_forwards: Sequence[Sequence[int]] = (),
        resource_deps: Sequence[str] = (),
        pod_readiness: str = "wait",  # noqa: ARG002 - Tilt's
        labels: Sequence[str] = (),  # noqa: ARG002 - Tilt's
    ) -> None:
        name = new_name or workload
        if name is None:
            raise ValueError("a resource has a workload or a new_name")
        forwards = tuple((local, container) for local, container in port_forwards)
        self.setup.resources[name] = Resource(
            name, workload, forwards, tuple(resource_deps), tuple(objects)
        )

    def local_resource(
        self,
        name: str,
        *,
        cmd: Sequence[str],
        env: Mapping[str, str],
        resource_deps: Sequence[str],
        trigger_mode: str,
        auto_init: bool,
        labels: Sequence[str],  # noqa: ARG002 - Tilt's
    ) -> None:
        is_button = trigger_mode == "manual" and not auto_init
        self.setup.local_resources[name] = LocalResource(
            name, tuple(cmd), env, tuple(resource_deps), is_button
        )
