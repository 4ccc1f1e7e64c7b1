"""What a slot is given and what it tells: jobs, their events and their outcomes.

A job is one task on its way through a child process. Each job that a slot takes ends in
exactly one of `Finished`, `Died` and `NotBegun`; `Begun` comes before the first two.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Job:
    """One task for a child: `payload` is the task's JSON, `key` is unique within its batch."""

    key: int
    payload: bytes
    seed: int


@dataclass(frozen=True, slots=True)
class Counts:
    """The circuit ran: its counts as encoded JSON, and what the engine reports of the run."""

    body: bytes
    report: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Refused:
    """The circuit is at fault: a final answer, with line and column where they are known."""

    code: str
    message: str
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class DoesNotFit:
    """The circuit needs `memory_bytes`, more than this slot has; nothing was run."""

    memory_bytes: int


ChildOutcome: TypeAlias = Counts | Refused | DoesNotFit


class DeathReason(Enum):
    """Why the child died that had begun a job."""

    TIME_LIMIT = "time_limit"
    """It overran the time limit and was killed for it: final for the task."""
    KILLED = "killed"
    """A signal that the slot did not send ended it: counts as an attempt."""
    EXITED = "exited"
    """It left by itself, by a defect of ours or of a library: counts as an attempt."""
    PROTOCOL = "protocol"
    """It sent garbage or closed its channel, and was killed for it: counts as an attempt."""
    FORKSERVER_LOST = "forkserver_lost"
    """The forkserver died, and its children with it: not the circuit's fault."""
    STOPPED = "stopped"
    """The slot was stopped, or its batch abandoned: not the circuit's fault."""


@dataclass(frozen=True, slots=True)
class Begun:
    """The child is about to run the job."""

    key: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The child answered the job."""

    key: int
    outcome: ChildOutcome


@dataclass(frozen=True, slots=True)
class Died:
    """The child died while it ran the job; `detail` is for the log, never for the user."""

    key: int
    reason: DeathReason
    detail: str


@dataclass(frozen=True, slots=True)
class NotBegun:
    """The job was not begun: it was recalled, or the child died before its turn."""

    key: int


SlotEvent: TypeAlias = Begun | Finished | Died | NotBegun


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What one child may use: `memory_bytes` beyond its size after preloading, and qubits."""

    memory_bytes: int
    max_qubits: int


@dataclass(frozen=True, slots=True)
class SlotLimits:
    """How long a slot waits, in seconds, and what its child may use.

    `task_seconds` bounds one job from its beginning; `start_seconds` a child's way to its
    hello; `stall_seconds` the time in which a child that has jobs but runs none must begin one.
    """

    child: ChildLimits
    task_seconds: float
    start_seconds: float = 30.0
    stall_seconds: float = 30.0
