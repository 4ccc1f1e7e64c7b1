"""A task on its way: submitted, leased, ended."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from qcexec_queue.states import Lane, Outcome, Priority

DEFAULT_QUEUE = "default"


@dataclass(frozen=True, slots=True)
class NewTask:
    """A submission. The queue does not look into the payload."""

    payload: bytes
    cost: float
    """Expected CPU-seconds."""
    queue: str = DEFAULT_QUEUE
    priority: Priority = Priority.NORMAL
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """A task that this worker has until it completes it, puts it back or loses it."""

    task_id: UUID
    epoch: int
    """Fencing token: every write that ends the lease names it."""
    attempt: int
    """Attempts before this one that counted."""
    delivery: int
    """Times that it was handed out before and came back uncounted."""
    priority: Priority
    lane: Lane
    cost: float
    payload: bytes
    traceparent: str | None

    @property
    def suspect(self) -> bool:
        """Whether it may have killed a worker."""
        return self.lane == Lane.SUSPECT


@dataclass(frozen=True, slots=True)
class StoredResult:
    """How a task ended. ``body`` is JSON as it is sent to the client."""

    outcome: Outcome
    code: str | None
    body: bytes


@dataclass(frozen=True, slots=True)
class Completion:
    """A result on its way into the database, under the epoch of its lease."""

    task_id: UUID
    epoch: int
    result: StoredResult


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task as a client sees it: ``result`` is None while it is queued or runs."""

    task_id: UUID
    result: StoredResult | None
