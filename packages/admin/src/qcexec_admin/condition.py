"""What ``check`` reads: the state of a queue at one moment, invariant aside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from qcexec_admin.holder import Holder, read_holder
from qcexec_admin.statements import statement
from qcexec_queue.connections import Connection
from qcexec_queue.statistics import read_statistics

OVERDUE_SECONDS = 10.0
"""What is due is moved each second."""


@dataclass(frozen=True, slots=True)
class Orphans:
    """Leases of a worker that has no row."""

    worker_id: UUID
    leases: int
    seconds: float
    """Since the earliest was claimed."""


@dataclass(frozen=True, slots=True)
class QueueCondition:
    """A queue, and what serves it."""

    name: str
    waiting: bool
    oldest_seconds: float | None
    """Since the submission of the oldest that waits; None: nothing does."""
    served: bool
    """Whether a pool serves it."""
    claiming: int
    """Workers that have not been asked to drain."""
    workers: int


@dataclass(frozen=True, slots=True)
class WorkerSilence:
    """A worker, and how long ago it gave a sign of life."""

    worker_id: UUID
    pod: str | None
    node: str | None
    queue: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Partitions:
    """The ranges of time that have partitions."""

    width_seconds: float | None
    """None: migrate has not said it."""
    ahead_seconds: float | None
    """From now to the end of the last; None: there are none."""
    covered: bool
    """Whether this moment lies in one."""
    missing: tuple[str, ...]
    """Tables that should be attached and are not."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A queue's database at one moment."""

    at: datetime
    """Database time."""
    standby: bool
    """Whether PostgreSQL replays another's changes and takes none itself."""
    version: int
    """Of the schema."""
    min_compatible: int
    partitions: Partitions
    epochs_repeat: bool
    """Whether a lease has an epoch that the sequence has still to give out."""
    places_repeat: bool
    """The same of places in ready."""
    holder: Holder | None
    """Of the maintenance lock."""
    statistics_seconds: float | None
    """Age of the oldest figures of a queue; None: there are none."""
    orphans: tuple[Orphans, ...]
    overdue: int
    """Tasks in scheduled that were due longer than OVERDUE_SECONDS ago."""
    overdue_seconds: float | None
    queues: tuple[QueueCondition, ...]
    silences: tuple[WorkerSilence, ...]
    """Every worker, the most silent first."""


async def read_condition(connection: Connection) -> Condition:
    """Reads all of it, from one snapshot. Raises DatabaseUnavailable and asyncpg's errors."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        state = await connection.fetchrow(statement("state"))
        missing = await connection.fetch(statement("missing_partitions"))
        orphans = await connection.fetch(statement("orphans"))
        overdue = await connection.fetchrow(statement("overdue"), OVERDUE_SECONDS)
        queues = await connection.fetch(statement("queues"))
        silences = await connection.fetch(statement("silence"))
        statistics = await read_statistics(connection)
        holder = await read_holder(connection)
    assert state is not None  # noqa: S101 - the schema was checked: it says its version
    assert overdue is not None  # noqa: S101 - an aggregate gives one row
    return Condition(
        at=state["at"],
        standby=state["standby"],
        version=state["version"],
        min_compatible=state["min_compatible"],
        partitions=Partitions(
            width_seconds=state["width_seconds"],
            ahead_seconds=state["ahead_seconds"],
            covered=state["covered"],
            missing=tuple(row["name"] for row in missing),
        ),
        epochs_repeat=state["epochs_repeat"],
        places_repeat=state["places_repeat"],
        holder=holder,
        statistics_seconds=max((each.age_seconds for each in statistics.values()), default=None),
        orphans=tuple(Orphans(**row) for row in orphans),
        overdue=overdue["tasks"],
        overdue_seconds=overdue["seconds"],
        queues=tuple(QueueCondition(**row) for row in queues),
        silences=tuple(WorkerSilence(**row) for row in silences),
    )
