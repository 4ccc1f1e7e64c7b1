"""Helm, both majors that the chart works with: found, and run apart from any cluster."""

import functools
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
CHART = ROOT / "charts" / "qcexec"
MAJORS = (4, 3)

_DEADLINE_SECONDS = 120.0


class HelmMissing(Exception):
    """There is no helm of the major that a test needs."""


class HelmRefused(Exception):
    """Helm ended with an error: what it said."""


@functools.cache
def program(major: int) -> str:
    """The helm of this major: HELM's, PATH's, or the one that `make helm` unpacks.

    Raises HelmMissing.
    """
    named = os.environ.get("HELM")
    if named and not shutil.which(named):
        raise HelmMissing(f"HELM names {named}, and there is no such program")
    unpacked = ROOT / ".venv" / "helm" / str(major) / "helm"
    for candidate in (named, "helm", str(unpacked)):
        found = shutil.which(candidate) if candidate else None
        if found and _major(found) == major:
            return found
    raise HelmMissing(
        f"Helm {major} is needed: `make helm` gets it on Linux x86-64; elsewhere install it "
        "(https://helm.sh/docs/intro/install/) on PATH or name it in HELM"
    )


def run(arguments: Sequence[str], *, values: str = "", major: int = 4) -> str:
    """What helm prints; `values` is its input. Raises HelmRefused and HelmMissing."""
    ended = subprocess.run(
        [program(major), *arguments],
        input=values,
        capture_output=True,
        text=True,
        timeout=_DEADLINE_SECONDS,
        check=False,
        # Never the cluster that this machine's user happens to be connected to.
        env={**os.environ, "KUBECONFIG": os.devnull},
    )
    if ended.returncode:
        raise HelmRefused(f"{ended.stdout}{ended.stderr}")
    return ended.stdout


def _major(helm: str) -> int:
    version = subprocess.run(
        [helm, "version", "--template", "{{.Version}}"],
        capture_output=True,
        text=True,
        timeout=_DEADLINE_SECONDS,
        check=True,
    ).stdout
    return int(version.lstrip("v").partition(".")[0])
