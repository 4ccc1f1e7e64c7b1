"""What happens in the queue, told to an observer.

The queue neither logs nor counts: it calls the observer that it was given, and
the service turns events into log lines, metrics and spans. An observer is
called on the event loop and must return at once. How grave an event is, in the
levels of the standard library's logging, is part of what it is.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import ClassVar, Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class BatchEnqueued:
    """A batch of submissions was committed."""

    severity: ClassVar[int] = logging.DEBUG

    tasks: int
    seconds: float


@dataclass(frozen=True, slots=True)
class BatchSplit:
    """PostgreSQL refused the data of a batch; its items are tried one by one."""

    severity: ClassVar[int] = logging.WARNING

    statement: str
    items: int
    reason: str


@dataclass(frozen=True, slots=True)
class Exchanged:
    """A worker completed some tasks and claimed others, in one commit."""

    severity: ClassVar[int] = logging.DEBUG

    completed: int
    claimed: int
    seconds: float
    sweep: bool
    """Whether the claim looked below its watermarks."""
    claiming: bool = True
    """Whether there was a claim, whatever it brought."""


@dataclass(frozen=True, slots=True)
class LateResultRefused:
    """A result came under an epoch that had ended."""

    severity: ClassVar[int] = logging.WARNING

    task_id: UUID
    epoch: int


@dataclass(frozen=True, slots=True)
class LeasesReturned:
    """Leases went back to the queue, or ended there as failed."""

    severity: ClassVar[int] = logging.INFO

    reason: str
    returned: int
    failed: int


@dataclass(frozen=True, slots=True)
class WorkerExpired:
    """A worker's heartbeat stopped; its row was removed."""

    severity: ClassVar[int] = logging.WARNING

    worker_id: UUID
    pod: str | None


@dataclass(frozen=True, slots=True)
class ConnectionReplaced:
    """A connection did not answer, or ended, and was opened anew."""

    severity: ClassVar[int] = logging.WARNING

    purpose: str
    reason: str


@dataclass(frozen=True, slots=True)
class MaintenanceHeld:
    """This process got, or lost, the maintenance lock."""

    severity: ClassVar[int] = logging.INFO

    held: bool


@dataclass(frozen=True, slots=True)
class MaintenanceFailed:
    """A step of the maintenance failed; it is tried again."""

    severity: ClassVar[int] = logging.WARNING

    step: str
    reason: str


@dataclass(frozen=True, slots=True)
class PartitionsChanged:
    """Partitions were made ahead, or one past its retention was dropped."""

    severity: ClassVar[int] = logging.INFO

    made: int
    retired: str | None


@dataclass(frozen=True, slots=True)
class PoolRemoved:
    """Nobody vouched for a pool any more; no task is passed on to it from here on."""

    severity: ClassVar[int] = logging.WARNING

    queue: str


@dataclass(frozen=True, slots=True)
class TasksMoved:
    """Tasks that no pool served went to another queue."""

    severity: ClassVar[int] = logging.WARNING

    queue: str
    to: str
    tasks: int


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
    | PoolRemoved
    | TasksMoved
)


class Observer(Protocol):
    """Is told what happens."""

    def __call__(self, event: Event, /) -> None:
        """Take note of ``event``; must neither block nor raise."""


def ignore(event: Event, /) -> None:
    """An observer for those who want to know nothing."""
    del event


def all_of(*observers: Observer) -> Observer:
    """An observer that tells each of these, in this order."""

    def tell(event: Event, /) -> None:
        for observer in observers:
            observer(event)

    return tell
