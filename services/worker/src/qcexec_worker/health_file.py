"""How the worker is, in a small file for probes.

A worker listens on no port. It writes this file at every heartbeat, whether the
database answered or not; `python -m qcexec_worker.health` reads it.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Health:
    """What the file says."""

    age_seconds: float
    ready: bool
    """Whether it claims: registered, the database answers, and it does not drain."""


def write_health(path: Path, *, ready: bool) -> None:
    """Replaces the file in one step, so that no reader sees half of it. Raises OSError."""
    draft = path.with_name(path.name + ".new")
    draft.write_text(json.dumps({"at": time.monotonic(), "ready": ready}), encoding="utf-8")
    draft.replace(path)


def read_health(path: Path) -> Health:
    """Reads it. Raises OSError where there is none, and ValueError where it is none."""
    said = json.loads(path.read_text(encoding="utf-8"))
    try:
        # The monotonic clock is the machine's: two processes of it can compare.
        return Health(time.monotonic() - float(said["at"]), said["ready"] is True)
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path} is no health file") from error
