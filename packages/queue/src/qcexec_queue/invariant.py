"""The invariant: every accepted task is in exactly one of ready, scheduled, lease, result."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from qcexec_queue.connections import Connection
from qcexec_queue.statements import statement

_TIMEOUT_SECONDS = 3600.0
"""Whole tables may be large."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A task that is nowhere, in several places, or somewhere without a submission."""

    task_id: UUID
    submitted: bool
    places: tuple[str, ...]

    def __str__(self) -> str:
        where = " and ".join(self.places) if self.places else "nowhere"
        known = "" if self.submitted else ", and was never submitted"
        return f"task {self.task_id} is in {where}{known}"


async def violations(connection: Connection) -> list[Violation]:
    """The first hundred violations; none when all is well. Reads every table once."""
    async with connection.transaction(readonly=True):
        # This one joins whole tables, which the hot path's settings forbid.
        await connection.execute("set local enable_seqscan = on; set local enable_hashjoin = on")
        await connection.execute("set local statement_timeout = 0")
        rows = await connection.fetch(statement("invariant"), timeout=_TIMEOUT_SECONDS)
    return [Violation(row["task_id"], row["submitted"], tuple(row["places"])) for row in rows]
