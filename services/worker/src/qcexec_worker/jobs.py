"""What a slot is given and what it tells: jobs, their events and their outcomes.

A job is one task on its way through a child process. Each job that a slot takes ends in
exactly one of `Finished`, `Died` and `NotBegun`; `Begun` comes before the first two.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import Enum
from typing import Final, TypeAlias

from qcexec_engine import Precision, Report

REPORT_NAMES: Final = tuple(field.name for field in fields(Report))
"""What a report of the engine holds, in the order in which a child sends its values."""
REPORT_TEXT_LIMIT: Final = 1000
"""How long a text of a report may be."""


@dataclass(frozen=True, slots=True)
class Job:
    """One task for a child: `payload` is the task's JSON, `key` is unique within its batch."""

    key: int
    payload: bytes
    seed: int


@dataclass(frozen=True, slots=True)
class Counts:
    """The circuit ran: its counts as encoded JSON, and what the engine reports of the run.

    The report goes by REPORT_NAMES.
    """

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
    """The circuit needs `memory_bytes`, more than this slot has; no counts came of it.

    `seconds` is how long it would run, in CPU-seconds; 0 where nobody knows. `method` is the
    simulation method that would be chosen, by its name in `qcexec_engine.METHODS`; None likewise.
    """

    memory_bytes: int
    seconds: float = 0.0
    method: str | None = None


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
    """The child answered the job; `seconds` is how long it says that the run took."""

    key: int
    outcome: ChildOutcome
    seconds: float = 0.0


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
    """What a run in a child may use.

    `memory_bytes` are those beyond the child's size after preloading. `task_seconds` is how long
    one job may run: the slot ends the child then, and the engine refuses what would
    take far longer. `slot` is the number of the child's slot. The others are those of
    `qcexec_engine.Limits`.
    """

    memory_bytes: int
    max_qubits: int
    task_seconds: float
    precision: Precision = "auto"
    single_precision_after_seconds: float = 10.0
    slot: int = 0


@dataclass(frozen=True, slots=True)
class SlotLimits:
    """What a slot's child may use, and how long the slot waits, in seconds.

    `start_seconds` bounds a child's way to its hello; `stall_seconds` the time in which a child
    that has jobs but runs none must begin one.
    """

    child: ChildLimits
    start_seconds: float = 30.0
    stall_seconds: float = 30.0

    @property
    def task_seconds(self) -> float:
        """How long one job may run, from its beginning."""
        return self.child.task_seconds
