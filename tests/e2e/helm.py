"""Helm, in one namespace of a cluster."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from e2e.cluster import Cluster
from e2e.settings import ROOT
from support.programs import run

Values = Mapping[str, Any]

_CHART = ROOT / "charts" / "qcexec"
_UNPACKED = ROOT / ".venv" / "helm" / "4" / "helm"
_SECONDS = 300


class Helm:
    """The program, which may be of version 3 or 4; by default it is looked for."""

    def __init__(self, cluster: Cluster, namespace: str, program: str | None = None) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._program = program or _find()

    def change(self, verb: str, release: str, files: list[Path], values: Values) -> None:
        """Install or upgrade the chart with values from files and, over them, these."""
        options = [option for file in files for option in ("--values", str(file))]
        text = json.dumps(values)
        self.wait(verb, release, str(_CHART), *options, "--values", "-", text=text)

    def render(self, template: str, values: Values) -> str:
        """One of the chart's files, as it is rendered where no cluster is asked."""
        return self.run(
            *("template", "qcexec", str(_CHART), "--values", "-", "--show-only", template),
            *("--api-versions", "qcexec.io/look"),
            text=json.dumps(values),
        )

    def wait(self, *arguments: str, text: str | None = None) -> str:
        """Run a command, which returns when what it changed is ready."""
        return self.run(*arguments, "--wait", "--timeout", f"{_SECONDS}s", text=text)

    def run(self, *arguments: str, text: str | None = None) -> str:
        """Run a command and give what it writes; raises AssertionError with it when it fails."""
        return run(
            *(self._program, "--kubeconfig", str(self._cluster.kubeconfig)),
            *("--namespace", self._namespace, *arguments),
            environment=self._cluster.environment,
            text=text,
            deadline=_SECONDS + 30,
        )


def merged(base: Values, over: Values) -> Values:
    """Both, as helm merges files of values: `over` wins."""
    both = {**base, **over}
    for key in base.keys() & over.keys():
        if isinstance(base[key], Mapping) and isinstance(over[key], Mapping):
            both[key] = merged(base[key], over[key])
    return both


def _find() -> str:
    found = shutil.which("helm")
    if found is None and _UNPACKED.exists():
        return str(_UNPACKED)
    assert found is not None, "helm is not in PATH: `make helm` puts one into .venv"
    return found
