"""Programs that a test runs to their end, and what they say."""

import subprocess
from collections.abc import Mapping
from pathlib import Path


def run(
    *command: str,
    environment: Mapping[str, str] | None = None,
    text: str | None = None,
    folder: Path | None = None,
    deadline: float = 120.0,
) -> str:
    """What `command` writes to stdout, without the last line break.

    `environment` is all of the program's own, this process's by default; `text` is its input,
    and `folder` where it runs.
    Raises AssertionError with both outputs where it fails, and TimeoutExpired after `deadline` s.
    """
    ended = attempt(*command, environment=environment, text=text, folder=folder, deadline=deadline)
    assert ended.returncode == 0, (
        f"{' '.join(command)}: exit code {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
    )
    return ended.stdout.rstrip("\n")


def attempt(
    *command: str,
    environment: Mapping[str, str] | None = None,
    text: str | None = None,
    folder: Path | None = None,
    deadline: float = 120.0,
) -> subprocess.CompletedProcess[str]:
    """As `run`, whatever the exit code. Raises OSError where there is no such program."""
    return subprocess.run(
        command,
        env=environment,
        cwd=folder,
        input=text or "",
        capture_output=True,
        text=True,
        errors="replace",
        timeout=deadline,
        check=False,
    )
