"""Names of queues and the small numbers that stand for them in rows."""

from __future__ import annotations

from qcexec_queue.connections import Connection, Pool
from qcexec_queue.statements import statement


class QueueDirectory:
    """Looks up, and where needed makes, the number of a queue; remembers it."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}

    def known(self, name: str) -> int | None:
        """The number of a queue that was looked up before."""
        return self._ids.get(name)

    async def queue_id(self, connection: Connection | Pool, name: str) -> int:
        """The number of the queue ``name``. Raises asyncpg's errors."""
        known = self._ids.get(name)
        if known is not None:
            return known
        found = await connection.fetchval(statement("queue_id"), name)
        if found is None:
            await connection.execute(statement("ensure_queue"), name)
            found = await connection.fetchval(statement("queue_id"), name)
        self._ids[name] = int(found)
        return int(found)
