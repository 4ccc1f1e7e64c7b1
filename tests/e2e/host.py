"""Processes of containers as the machine below sees them, where that is this one."""

import os
import re
import signal
from pathlib import Path

import pytest

from e2e.cluster import Object


def kill_first_process(pod: Object, container: str) -> None:
    """SIGKILL the first process of a running container, which nothing inside it could do.

    Skips the test where that process is not on this machine, or not for this user to end.
    """
    (container_id,) = (
        status["containerID"].rpartition("/")[2]
        for status in pod["status"]["containerStatuses"]
        if status["name"] == container
    )
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and _is_first_of(folder, container_id):
            try:
                os.kill(int(folder.name), signal.SIGKILL)
            except PermissionError:
                pytest.skip("only root may end the containers' processes")
            return
    pytest.skip("the containers' processes are not on this machine")


def _is_first_of(process: Path, container_id: str) -> bool:
    try:
        if container_id not in (process / "cgroup").read_text(encoding="utf-8"):
            return False
        status = (process / "status").read_text(encoding="utf-8")
    except OSError:
        # It has ended meanwhile.
        return False
    return re.search(r"^NSpid:.*\t1$", status, re.MULTILINE) is not None
