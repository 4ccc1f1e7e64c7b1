"""The workers of all queues, as an operator sees them and acts on them.

It asks workers to drain (see workers), gives back at once what is leased to pods
that it knows to be gone, and vouches for pools that sleep and that it can wake.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg

from qcexec_queue.connections import Connection
from qcexec_queue.leases import settle_all
from qcexec_queue.settlement import Cause, RetryPolicy
from qcexec_queue.statements import statement
from qcexec_queue.states import Destination
from qcexec_queue.workers import RunCounters, ask_drain


@dataclass(frozen=True, slots=True)
class HeldTask:
    """A task that a worker has."""

    cost: float
    """Expected CPU-seconds."""
    seconds: float
    """Since its claim."""


@dataclass(frozen=True, slots=True)
class WorkerFigures:
    """A worker's row, with what it holds. Moments are the database's."""

    worker_id: UUID
    queue: str
    pod_uid: str | None
    pod: str | None
    node: str | None
    slots: int
    slot_memory: int
    """Bytes that one slot has."""
    started_at: datetime
    heartbeat_at: datetime
    idle_since: datetime | None
    """None: something runs, or no heartbeat has come yet."""
    draining_at: datetime | None
    """When it was asked to claim no more."""
    drained_at: datetime | None
    """When it acknowledged that, after its last claim had returned."""
    counters: RunCounters
    leases: int
    held: tuple[HeldTask, ...]
    """Of its leases the earliest, as many as it has slots."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """All workers of all queues at one moment."""

    at: datetime
    """Database time."""
    workers: tuple[WorkerFigures, ...]


@dataclass(frozen=True, slots=True)
class Released:
    """What giving back the leases of pods brought."""

    returned: int
    """Tasks that wait again."""
    failed: int
    """Tasks that ended, for they had come back too often."""
    pods: Mapping[str, int] = field(default_factory=dict)
    """How many tasks returned, by the uid of the pod, where any did."""


async def read_fleet(connection: Connection) -> Fleet:
    """Every worker that has a row. Raises asyncpg's errors."""
    rows = await connection.fetch(statement("read_fleet"))
    return Fleet(
        at=rows[0]["at"],
        workers=tuple(_figures(row) for row in rows if row["worker_id"] is not None),
    )


async def someone_waits(connection: Connection, queue_id: int) -> bool:
    """Whether a task of that queue waits for a worker. Raises asyncpg's errors."""
    return bool(await connection.fetchval(statement("someone_waits"), queue_id))


async def release_pods(
    connection: Connection, pod_uids: Collection[str], policy: RetryPolicy
) -> Released:
    """Gives back what is leased to pods that are gone; may be repeated.

    Their workers are asked to drain and keep their rows. A process that runs on, since
    its node is merely cut off, would without a row register anew and claim the same
    tasks again. What it still hands in is refused, for its leases have ended. A claim
    that was under way is found by a repeat, or when the worker's heartbeat has stopped.
    Raises asyncpg's errors.
    """
    async with connection.transaction():
        rows = await connection.fetch(statement("workers_of_pods"), list(pod_uids))
        claiming = [row["worker_id"] for row in rows if row["claims"]]
        if claiming:
            await ask_drain(connection, claiming)
        pods = {row["worker_id"]: row["pod_uid"] for row in rows}
        ended = await settle_all(connection, pods, Cause.POD_GONE, policy)
    returned = Counter(
        pods[each.lease.worker_id] for each in ended if each.destination is not Destination.FAILED
    )
    return Released(returned.total(), len(ended) - returned.total(), dict(returned))


async def vouch(connection: Connection, queue_id: int, slot_memory: int, rank: int) -> None:
    """Says that the pool of a queue can be woken, so that tasks may be passed on to it.

    The bytes of a slot and the rank count where the pool is not known yet: workers know
    better. May be called each second: it writes each five. Raises asyncpg's errors.
    """
    await connection.execute(statement("vouch"), queue_id, slot_memory, rank)


def _figures(row: asyncpg.Record) -> WorkerFigures:
    return WorkerFigures(
        worker_id=row["worker_id"],
        queue=row["queue"],
        pod_uid=row["pod_uid"],
        pod=row["pod"],
        node=row["node"],
        slots=row["slots"],
        slot_memory=row["slot_memory"],
        started_at=row["started_at"],
        heartbeat_at=row["heartbeat_at"],
        idle_since=row["idle_since"],
        draining_at=row["draining_at"],
        drained_at=row["drained_at"],
        counters=RunCounters(
            row["tasks_done"], row["seconds_done"], row["squares_done"], row["cost_done"]
        ),
        leases=row["leases"],
        held=tuple(map(HeldTask, row["costs"], row["seconds"])),
    )
