"""kind without containers: it reads and checks a cluster's configuration itself, and asks docker
for the nodes. A stand-in for docker notes down what it is asked for, and refuses to run anything.
"""

import functools
import os
import shutil
from pathlib import Path

from chart.helm import ROOT
from support.programs import attempt

_DOCKER = r"""#!/bin/sh
printf '%s\0' "$@" >> "$DOCKER_RECORD"
printf '\n' >> "$DOCKER_RECORD"
case "$1 $2" in
"-v "*) echo 'Docker version 29.0.0, build 0' ;;
"info "*) echo '{"CgroupVersion": "2"}' ;;
"run "*) exit 1 ;;
esac
"""


class KindMissing(Exception):
    """There is no kind."""


class KindRefused(Exception):
    """kind ended before it asked for a node: what it said."""


@functools.cache
def program() -> str:
    """The kind in PATH, or the one that `make kind` builds. Raises KindMissing."""
    built = ROOT / ".venv" / "kind" / "kind"
    found = shutil.which("kind") or (str(built) if built.exists() else None)
    if found is None:
        raise KindMissing(
            "kind is needed: `make kind` builds it where there is Go; otherwise install it "
            "(https://kind.sigs.k8s.io) on PATH"
        )
    return found


def nodes(configuration: Path, folder: Path) -> list[list[str]]:
    """The arguments of `docker run` for each node that kind makes of a configuration.

    `folder` is the test's own. Raises KindRefused for a configuration that kind does not take, and
    KindMissing.
    """
    docker = folder / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(_DOCKER)
    docker.chmod(0o755)
    record = folder / "docker-record"
    environment = {
        "PATH": f"{docker.parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "DOCKER_RECORD": str(record),
        "KIND_EXPERIMENTAL_PROVIDER": "docker",
    }
    arguments = ["create", "cluster", "--config", str(configuration)]
    ended = attempt(
        program(), *arguments, "--kubeconfig", str(folder / "kubeconfig"), environment=environment
    )
    asked = record.read_text().splitlines() if record.exists() else []
    runs = [line.split("\0") for line in asked if line.startswith("run\0")]
    if not runs:
        raise KindRefused(f"{ended.stdout}{ended.stderr}")
    return runs
