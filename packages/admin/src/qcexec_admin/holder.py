"""Who does the maintenance: the session that holds its advisory lock."""

from __future__ import annotations

from dataclasses import dataclass

from qcexec_admin.statements import statement
from qcexec_queue.connections import Connection
from qcexec_queue.maintenance import LOCK_NAME


@dataclass(frozen=True, slots=True)
class Holder:
    """A session of PostgreSQL. What it does not tell of another role's session is None."""

    pid: int
    """Of the server's process."""
    application: str | None
    address: str | None
    """None: a socket of the same machine, or not told."""
    connected_seconds: float | None

    def __str__(self) -> str:
        named = self.application or "a session of another role"
        where = f" at {self.address}" if self.address else ""
        return f"{named}{where} (PostgreSQL process {self.pid})"


async def read_holder(connection: Connection) -> Holder | None:
    """Whoever holds the maintenance lock; None: nobody. Raises asyncpg's errors."""
    row = await connection.fetchrow(statement("maintenance_holder"), LOCK_NAME)
    return Holder(**row) if row else None
