"""What happens in the queue, told to an observer.

The queue neither logs nor counts: it calls the observer that it was given, and
the service turns events into log lines, metrics and spans. An observer is
called on the event loop and must return at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class BatchEnqueued:
    """A batch of submissions was committed."""

    tasks: int
    seconds: float


@dataclass(frozen=True, slots=True)
class BatchSplit:
    """PostgreSQL refused the data of a batch; its items are tried one by one."""

    statement: str
    items: int
    reason: str


@dataclass(frozen=True, slots=True)
class Exchanged:
    """A worker completed some tasks and claimed others, in one commit."""

    completed: int
    claimed: int
    seconds: float
    sweep: bool
    """Whether the claim looked below its watermarks."""


@dataclass(frozen=True, slots=True)
class LateResultRefused:
    """A result came under an epoch that had ended."""

    task_id: UUID
    epoch: int


@dataclass(frozen=True, slots=True)
class LeasesReturned:
    """Leases went back to the queue, or ended there as failed."""

    reason: str
    returned: int
    failed: int


@dataclass(frozen=True, slots=True)
class WorkerExpired:
    """A worker's heartbeat stopped; its row was removed."""

    worker_id: UUID
    pod: str | None


@dataclass(frozen=True, slots=True)
class ConnectionReplaced:
    """A connection did not answer, or ended, and was opened anew."""

    purpose: str
    reason: str


@dataclass(frozen=True, slots=True)
class MaintenanceHeld:
    """This process got, or lost, the maintenance lock."""

    held: bool


@dataclass(frozen=True, slots=True)
class MaintenanceFailed:
    """A step of the maintenance failed; it is tried again."""

    step: str
    reason: str


@dataclass(frozen=True, slots=True)
class PartitionsChanged:
    """Partitions were made ahead, or one past its retention was dropped."""

    made: int
    retired: str | None


Event = (
    BatchEnqueued
    | BatchSplit
    | Exchanged
    | LateResultRefused
    | LeasesReturned
    | WorkerExpired
    | ConnectionReplaced
    | MaintenanceHeld
    | MaintenanceFailed
    | PartitionsChanged
)


class Observer(Protocol):
    """Is told what happens."""

    def __call__(self, event: Event, /) -> None:
        """Take note of ``event``; must neither block nor raise."""


def ignore(event: Event, /) -> None:
    """An observer for those who want to know nothing."""
    del event
