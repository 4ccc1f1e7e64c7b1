"""Keeping the table ``pool`` true, and no task without a pool that runs it.

For the holder of the maintenance lock.
"""

from __future__ import annotations

from collections.abc import Mapping

from qcexec_queue.connections import Connection
from qcexec_queue.events import TasksMoved
from qcexec_queue.routes import POOL_GRACE_SECONDS, refuge
from qcexec_queue.statements import statement
from qcexec_queue.workers import pools

MOVED_AT_ONCE = 1000


async def touch_pools(connection: Connection) -> None:
    """Says of the pools that have workers that they live. Raises asyncpg's errors."""
    await connection.execute(statement("touch_pools"))


async def remove_pools(connection: Connection, seconds: float = POOL_GRACE_SECONDS) -> list[str]:
    """Removes pools without a worker or another sign of life for so long.

    Gives the names of their queues. Raises asyncpg's errors.
    """
    rows = await connection.fetch(statement("remove_pools"), seconds)
    return [row["name"] for row in rows]


async def stranded_queues(connection: Connection) -> Mapping[int, str]:
    """Queues in which tasks wait and that no pool serves: names by numbers.

    Raises asyncpg's errors.
    """
    rows = await connection.fetch(statement("stranded_queues"))
    return {row["queue_id"]: row["name"] for row in rows}


async def move_tasks(connection: Connection, queue_id: int, queue: str) -> TasksMoved | None:
    """Moves tasks that wait in a queue that no pool serves to one that a pool does.

    At most MOVED_AT_ONCE, and none where there is no pool or the queue has one again;
    then gives None. Raises asyncpg's errors.
    """
    to = refuge(await pools(connection))
    if to is None:
        return None
    row = await connection.fetchrow(statement("move_tasks"), queue_id, to.queue_id, MOVED_AT_ONCE)
    return TasksMoved(queue, row["to"], row["moved"]) if row and row["moved"] else None
