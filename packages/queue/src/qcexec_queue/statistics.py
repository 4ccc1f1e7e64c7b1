"""The figures of each queue, as whoever holds the maintenance lock last wrote them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg

from qcexec_queue.connections import TRANSIENT_ERRORS, Connection, Pool, describe
from qcexec_queue.errors import DatabaseUnavailable
from qcexec_queue.statements import statement

COUNT_CAP = 10_000
"""How far the depth of a queue is counted; beyond it, it is estimated."""


@dataclass(frozen=True, slots=True)
class CostClass:
    """Tasks whose costs lie between two neighbouring powers of two."""

    tasks: int
    cost: float
    """Of all of them: expected CPU-seconds."""


@dataclass(frozen=True, slots=True)
class QueueStatistics:
    """One queue, ``age_seconds`` ago."""

    depth: int
    """Tasks that wait in ready."""
    depth_exact: bool
    bytes: int
    """Payloads of those."""
    scheduled: int
    """Tasks that wait for a moment."""
    running: int
    """Tasks that a worker has."""
    oldest_seconds: float | None
    """Since the submission of the oldest that waits in ready."""
    mean_cost: float
    """Expected CPU-seconds of one that waits."""
    age_seconds: float
    costs: tuple[CostClass, ...] = ()
    """Of the tasks that were counted, the cheapest class first."""
    next_due_seconds: float | None = None
    """Until the next task in scheduled is due; negative where it is about to be moved."""
    served: bool = True
    """Whether a pool serves the queue."""


async def read_statistics(source: Pool | Connection) -> Mapping[str, QueueStatistics]:
    """By the queue's name. Raises DatabaseUnavailable."""
    try:
        rows = await source.fetch(statement("read_statistics"))
    except (*TRANSIENT_ERRORS, asyncpg.PostgresError) as error:
        raise DatabaseUnavailable(describe(error)) from error
    return {
        row["name"]: QueueStatistics(
            depth=row["depth"],
            depth_exact=row["depth_exact"],
            bytes=row["bytes"],
            scheduled=row["scheduled"],
            running=row["running"],
            oldest_seconds=row["oldest_seconds"],
            mean_cost=row["mean_cost"],
            age_seconds=row["age_seconds"],
            costs=tuple(map(CostClass, row["cost_tasks"], row["cost_sums"])),
            next_due_seconds=row["next_due_seconds"],
            served=row["served"],
        )
        for row in rows
    }


async def write_statistics(connection: Connection, *, cap: int = COUNT_CAP) -> None:
    """Counts, estimates and writes. For the holder of the maintenance lock."""
    await connection.execute(statement("write_statistics"), cap)
