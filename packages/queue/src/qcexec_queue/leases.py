"""Ending leases without a result: carrying out what settlement decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from qcexec_queue.batches import batches
from qcexec_queue.connections import Connection
from qcexec_queue.notify import ready_channel
from qcexec_queue.settlement import Cause, HeldLease, RetryPolicy, Settlement, settle
from qcexec_queue.statements import statement
from qcexec_queue.states import Destination, Lane
from qcexec_queue.tasks import Lease


def held(lease: Lease, worker_id: UUID, queue_id: int) -> HeldLease:
    """A worker's own lease, as settlement wants it."""
    return HeldLease(
        worker_id=worker_id,
        epoch=lease.epoch,
        task_id=lease.task_id,
        queue_id=queue_id,
        lane=lease.lane,
        attempt=lease.attempt,
        delivery=lease.delivery,
        cost=lease.cost,
    )


@dataclass(frozen=True, slots=True)
class Ended:
    """What carrying out settlements brought."""

    accepted: frozenset[int]
    """Epochs; the others' leases had ended before."""
    ready_in: frozenset[int]
    """Queues in which tasks became ready, whose workers are to be woken."""


async def put_back(connection: Connection, settlements: Sequence[Settlement]) -> frozenset[int]:
    """Carries out settlements and wakes who waits; gives the epochs that were accepted.

    Raises asyncpg's errors.
    """
    ended = await end_leases(connection, settlements)
    for queue_id in sorted(ended.ready_in):
        await connection.execute("select pg_notify($1, '')", ready_channel(queue_id))
    return ended.accepted


async def end_leases(connection: Connection, settlements: Sequence[Settlement]) -> Ended:
    """Carries out settlements, in statements of bounded size, and wakes nobody.

    Raises asyncpg's errors.
    """
    accepted: set[int] = set()
    woken: set[int] = set()
    for batch in batches(settlements, lambda _: 1):
        # In the order of the primary key, so that two of these never deadlock.
        rows = sorted(batch, key=lambda each: (each.lease.worker_id, each.lease.epoch))
        for epoch, ready_in in await connection.fetch(
            statement("put_back"),
            [each.lease.worker_id for each in rows],
            [each.lease.epoch for each in rows],
            [each.destination for each in rows],
            [each.queue_id for each in rows],
            [each.lane for each in rows],
            [each.attempt for each in rows],
            [each.delivery for each in rows],
            [each.cost for each in rows],
            [each.delay for each in rows],
            [each.reason for each in rows],
            [each.detail for each in rows],
            [each.counted for each in rows],
            [each.code for each in rows],
            [each.body for each in rows],
        ):
            accepted.add(epoch)
            if ready_in is not None:
                woken.add(ready_in)
    return Ended(frozenset(accepted), frozenset(woken))


async def put_back_all(
    connection: Connection, worker_ids: Iterable[UUID], cause: Cause, policy: RetryPolicy
) -> tuple[int, int]:
    """Ends every lease of these workers, for one cause.

    Gives how many tasks went back, and how many failed for good.
    """
    ended = await settle_all(connection, worker_ids, cause, policy)
    failed = sum(each.destination is Destination.FAILED for each in ended)
    return len(ended) - failed, failed


async def settle_all(
    connection: Connection, worker_ids: Iterable[UUID], cause: Cause, policy: RetryPolicy
) -> list[Settlement]:
    """Ends every lease of these workers, for one cause; gives what became of each.

    Leases that their worker ends meanwhile are left alone: epochs fence both sides.
    Raises asyncpg's errors.
    """
    rows = await connection.fetch(statement("leases_of"), list(worker_ids))
    settlements = [
        settle(
            HeldLease(
                worker_id=row["worker_id"],
                epoch=row["epoch"],
                task_id=row["task_id"],
                queue_id=row["queue_id"],
                lane=Lane(row["lane"]),
                attempt=row["attempt"],
                delivery=row["delivery"],
                cost=row["cost"],
            ),
            cause,
            policy,
        )
        for row in rows
    ]
    accepted = await put_back(connection, settlements)
    return [each for each in settlements if each.lease.epoch in accepted]
