"""What ``top`` reads each second: queues, workers, the oldest tasks, arrivals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from qcexec_admin.holder import Holder, read_holder
from qcexec_admin.statements import statement
from qcexec_queue.connections import Connection
from qcexec_queue.fleet import Fleet, read_fleet
from qcexec_queue.statistics import QueueStatistics, read_statistics

ARRIVAL_SECONDS = 5.0
"""Arrivals are counted over so long."""
ARRIVAL_CAP = 50_000
"""Not counted beyond: it is a look, not a load."""
TASKS_READ = 10
"""The oldest that wait, and as many of those that run."""


@dataclass(frozen=True, slots=True)
class OldTask:
    """A task among the oldest."""

    task_id: UUID
    queue: str
    state: str
    """``ready``, or ``running``: some worker has it."""
    age_seconds: float
    """Since its submission."""
    held_seconds: float | None
    """Since its claim; None: it waits."""
    worker_id: UUID | None
    attempt: int
    """Attempts so far that counted."""


@dataclass(frozen=True, slots=True)
class Look:
    """A queue's database at one moment."""

    fleet: Fleet
    statistics: Mapping[str, QueueStatistics]
    oldest: tuple[OldTask, ...]
    arrivals: int
    """Tasks submitted in the last ARRIVAL_SECONDS, counted up to ARRIVAL_CAP."""
    holder: Holder | None
    """Of the maintenance lock."""


async def read_look(connection: Connection) -> Look:
    """Reads all of it. Raises DatabaseUnavailable and asyncpg's errors."""
    return Look(
        fleet=await read_fleet(connection),
        statistics=await read_statistics(connection),
        oldest=tuple(
            OldTask(**row) for row in await connection.fetch(statement("oldest_tasks"), TASKS_READ)
        ),
        arrivals=await connection.fetchval(statement("arrivals"), ARRIVAL_SECONDS, ARRIVAL_CAP),
        holder=await read_holder(connection),
    )
