"""The queue as a whole, for whoever watches it: what waits and runs, and who serves it."""

from __future__ import annotations

from dataclasses import dataclass

from qcexec_queue.connections import Connection
from qcexec_queue.statements import statement


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """One queue. What waits and runs is as the statistics were last written."""

    queue: str
    ready: int
    """Beyond the statistics' cap an estimate, as ``bytes`` are."""
    scheduled: int
    running: int
    bytes: int
    """Payloads of what is ready."""
    oldest_seconds: float
    """Since the submission of the oldest that is ready; 0 where nothing is."""
    served: bool
    """Whether a pool serves the queue."""
    claiming: int
    """Workers that were not asked to drain."""
    draining: int
    slots: int
    """Of all of them."""


@dataclass(frozen=True, slots=True)
class Figures:
    """All queues, and what the database takes on disk, in bytes."""

    queues: tuple[QueueFigures, ...]
    database_bytes: int


async def read_figures(connection: Connection) -> Figures:
    """Raises asyncpg's errors."""
    rows = await connection.fetch(statement("read_figures"))
    size = await connection.fetchval("select pg_database_size(current_database())")
    return Figures(tuple(QueueFigures(**row) for row in rows), size)
