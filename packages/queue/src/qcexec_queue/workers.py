"""A worker's row: registered at the start, kept by heartbeats, drained, removed.

A worker is one start of a process, under a fresh UUID. Processes of one pod
follow one another, so a new one may release at once what earlier ones left.

A heartbeat names the epochs that the worker holds, and the database time of the
last heartbeat that had been answered before that list was made. A lease that is
older than that by a claim timeout and is not named comes from a claim whose
answer was lost: the worker has by then closed the connection of that claim, and
will never learn of it. It goes back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from qcexec_queue.connections import Connection
from qcexec_queue.leases import put_back_all
from qcexec_queue.notify import ready_channel
from qcexec_queue.settlement import Cause, RetryPolicy
from qcexec_queue.statements import statement


@dataclass(frozen=True, slots=True)
class WorkerIdentity:
    """Who a worker is."""

    worker_id: UUID
    queue_id: int
    release: str
    slots: int
    slot_memory: int
    """Bytes that one slot has."""
    pod_uid: str | None = None
    """None where processes of one pod can't be told from others'."""
    pod: str | None = None
    node: str | None = None


@dataclass(frozen=True, slots=True)
class RunCounters:
    """What has ended in the slots of a worker since its start, however it ended."""

    tasks: int = 0
    seconds: float = 0.0
    """How long they ran, summed."""
    squares: float = 0.0
    """The squares of those times, summed: with the above, their spread."""
    cost: float = 0.0
    """The costs that they carried, summed."""

    def __add__(self, other: RunCounters) -> RunCounters:
        return RunCounters(
            self.tasks + other.tasks,
            self.seconds + other.seconds,
            self.squares + other.squares,
            self.cost + other.cost,
        )

    def ran(self, cost: float, seconds: float) -> RunCounters:
        """These, and one task more that ran so long."""
        return self + RunCounters(1, seconds, seconds * seconds, cost)


NOTHING_RUN = RunCounters()


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The answer to a heartbeat."""

    at: datetime
    """Database time."""
    draining: bool
    drained: bool
    returned: int
    """Leases of lost claims that went back."""


@dataclass(frozen=True, slots=True)
class PoolRow:
    """A pool that runs what is passed on to it: one with workers, or one that can be woken."""

    queue_id: int
    slot_memory: int
    rank: int


async def register(
    connection: Connection, identity: WorkerIdentity, policy: RetryPolicy
) -> tuple[datetime, int, int]:
    """Registers the worker, and releases what earlier processes of its pod left.

    Gives database time, how many tasks of those went back, and how many failed for good.
    Raises asyncpg's errors.
    """
    async with connection.transaction():
        at: datetime = await connection.fetchval(
            statement("register_worker"),
            identity.worker_id,
            identity.queue_id,
            identity.pod_uid,
            identity.pod,
            identity.node,
            identity.release,
            identity.slots,
            identity.slot_memory,
        )
        returned = failed = 0
        if identity.pod_uid is not None:
            rows = await connection.fetch(
                statement("remove_predecessors"), identity.pod_uid, identity.worker_id
            )
            returned, failed = await put_back_all(
                connection, [row[0] for row in rows], Cause.WORKER_DIED, policy
            )
    return at, returned, failed


async def register_pool(connection: Connection, pool: PoolRow) -> None:
    """Says that this worker's pool lives, and what a slot there has."""
    await connection.execute(statement("register_pool"), pool.queue_id, pool.slot_memory, pool.rank)


async def pools(connection: Connection) -> list[PoolRow]:
    """All pools, the lowest rank first."""
    rows = await connection.fetch(statement("pools"))
    return [PoolRow(row["queue_id"], row["slot_memory"], row["rank"]) for row in rows]


async def heartbeat(
    connection: Connection,
    worker_id: UUID,
    held: Collection[int],
    answered_before: datetime | None,
    *,
    claim_timeout: float,
    busy: int,
    counters: RunCounters = NOTHING_RUN,
) -> Heartbeat | None:
    """Says that the worker lives, which epochs it holds, and what it has run.

    ``answered_before`` is the ``at`` of the last answer that had arrived when
    ``held`` was made; ``busy`` is how many slots run something. None: the worker has
    no row, for it was taken for dead; it is to register anew, and what it still runs is
    fenced off. Raises asyncpg's errors.
    """
    row = await connection.fetchrow(
        statement("heartbeat"),
        worker_id,
        list(held),
        answered_before,
        claim_timeout,
        busy,
        counters.tasks,
        counters.seconds,
        counters.squares,
        counters.cost,
    )
    if row is None:
        return None
    for queue_id in row["ready_in"] or ():
        await connection.execute("select pg_notify($1, '')", ready_channel(queue_id))
    return Heartbeat(
        at=row["heartbeat_at"],
        draining=row["draining_at"] is not None,
        drained=row["drained_at"] is not None,
        returned=row["returned"],
    )


async def ask_drain(
    connection: Connection, worker_ids: Iterable[UUID], *, drain: bool = True
) -> frozenset[UUID]:
    """Asks workers to claim no more, or (``drain`` false) to go on. Gives those that exist."""
    rows = await connection.fetch(statement("ask_drain"), list(worker_ids), drain)
    return frozenset(row[0] for row in rows)


async def acknowledge_drain(connection: Connection, worker_id: UUID) -> bool:
    """Says that the last claim has returned. False where the request was taken back."""
    return await connection.fetchval(statement("acknowledge_drain"), worker_id) is not None


async def remove(connection: Connection, worker_id: UUID) -> None:
    """The worker leaves, its leases ended."""
    await connection.execute(statement("remove_worker"), worker_id)
