"""A docker with compose and the base images, or a reason to skip.

Where one is missing, and QCEXEC_CLUSTER_TOOLS names a folder with the programs `base-images`
(installs docker, starts its daemon, and builds stand-ins for public images) and `build
docker-plugins`, these are asked for it. A daemon that was started here is stopped at the end.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.programs import attempt, run

BASE_IMAGES = ("python:3.13-slim", "postgres:17")

_TOOLS_SECONDS = 900.0
_PULL_SECONDS = 180.0


@contextmanager
def ready_docker() -> Iterator[None]:
    """Docker is there and answers, with compose and the base images, for the length of the block.

    Skips the tests, with the reason, where it cannot be had.
    """
    tools = _tools()
    started = not _answers()
    if started:
        if tools is None:
            pytest.skip("no docker daemon answers (QCEXEC_CLUSTER_TOOLS names what can start one)")
        run(str(tools / "base-images"), deadline=_TOOLS_SECONDS)
    try:
        _ensure_compose(tools)
        _ensure_base_images(tools)
        yield
    finally:
        if started and tools is not None:
            run("bash", "-c", "source ./lib.sh; source ./docker.sh; docker_down", folder=tools)


def _tools() -> Path | None:
    named = os.environ.get("QCEXEC_CLUSTER_TOOLS")
    if not named:
        return None
    folder = Path(named).resolve()
    assert (folder / "base-images").exists(), f"QCEXEC_CLUSTER_TOOLS: no base-images in {folder}"
    return folder


def _answers() -> bool:
    if shutil.which("docker") is None:
        return False
    return attempt("docker", "info").returncode == 0


def _ensure_compose(tools: Path | None) -> None:
    if attempt("docker", "compose", "version").returncode == 0:
        return
    if tools is None:
        pytest.skip("docker has no compose plugin")
    run(str(tools / "build"), "docker-plugins", deadline=_TOOLS_SECONDS)


def _ensure_base_images(tools: Path | None) -> None:
    for image in BASE_IMAGES:
        if attempt("docker", "image", "inspect", image).returncode == 0:
            continue
        if attempt("docker", "pull", "--quiet", image, deadline=_PULL_SECONDS).returncode == 0:
            continue
        if tools is None:
            pytest.skip(f"the image {image} can be had from no registry")
        run(str(tools / "base-images"), deadline=_TOOLS_SECONDS)
