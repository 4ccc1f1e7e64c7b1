"""The queue as a test uses it: connections, submissions, claims, and what is stored where."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar
from uuid import UUID, uuid4

import asyncpg

from qcexec_queue.connections import Connection, Pool, Role, connect, open_pool
from qcexec_queue.enqueue import Submitter
from qcexec_queue.events import Event, Observer, ignore
from qcexec_queue.exchange import Appetite, Exchange
from qcexec_queue.invariant import violations
from qcexec_queue.leases import held
from qcexec_queue.notify import Notifier
from qcexec_queue.queues import QueueDirectory
from qcexec_queue.settlement import HeldLease
from qcexec_queue.states import Outcome
from qcexec_queue.tasks import Completion, Lease, NewTask, StoredResult
from qcexec_queue.workers import WorkerIdentity

Kind = TypeVar("Kind")

EVERYTHING = Appetite(most=1000, whatever_they_cost=1000, cost=1e9)
COUNTS = StoredResult(Outcome.COMPLETED, None, b'{"0":1}')


class Seen:
    """An observer that remembers."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event, /) -> None:
        self.events.append(event)

    def of(self, kind: type[Kind]) -> list[Kind]:
        """The events of one kind so far."""
        return [event for event in self.events if isinstance(event, kind)]


@asynccontextmanager
async def service(dsn: str) -> AsyncIterator[Connection]:
    """A connection as services have them."""
    connection = await connect(dsn, role=Role.SERVICE, application="test")
    try:
        yield connection
    finally:
        connection.terminate()


@asynccontextmanager
async def plain(dsn: str) -> AsyncIterator[Connection]:
    """A connection without any settings of ours, as an administrator has it."""
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        connection.terminate()


@asynccontextmanager
async def service_pool(dsn: str, maximum: int = 4) -> AsyncIterator[Pool]:
    """A pool as the API has it."""
    pool = await open_pool(
        dsn, role=Role.SERVICE, minimum=0, maximum=maximum, application="test pool"
    )
    try:
        yield pool
    finally:
        pool.terminate()


@asynccontextmanager
async def submitting(dsn: str, observer: Observer | None = None) -> AsyncIterator[Submitter]:
    """A submitter with a pool of its own."""
    async with service_pool(dsn) as pool:
        notifier = Notifier(pool, observer or ignore)
        submitter = Submitter(pool, observer or ignore, notifier)
        yield submitter
        await submitter.close()
        await notifier.close()


async def submit(dsn: str, *tasks: NewTask) -> list[UUID]:
    """Accept tasks, in this order."""
    async with submitting(dsn) as submitter:
        return await submitter.enqueue_many(tasks)


def tasks(number: int, *, cost: float = 0.001) -> list[NewTask]:
    """Small tasks that differ."""
    return [NewTask(b"task %d" % each, cost) for each in range(number)]


async def queue_number(connection: Connection, name: str = "default") -> int:
    """The number of a queue, which is made if need be."""
    return await QueueDirectory().queue_id(connection, name)


async def exchange_of(
    connection: Connection,
    worker_id: UUID | None = None,
    *,
    observer: Seen | None = None,
    queue: str = "default",
    claim_timeout: float = 10.0,
) -> Exchange:
    """The hot path of a worker, which need not be registered."""
    return Exchange(
        worker_id or uuid4(),
        await queue_number(connection, queue),
        observer or ignore,
        claim_timeout=claim_timeout,
    )


def completion(lease: Lease, result: StoredResult = COUNTS) -> Completion:
    """A result for a lease."""
    return Completion(lease.task_id, lease.epoch, result)


def completions(leases: Sequence[Lease], result: StoredResult = COUNTS) -> list[Completion]:
    """The same result for each."""
    return [completion(lease, result) for lease in leases]


def of_worker(lease: Lease, worker_id: UUID, queue_id: int = 1) -> HeldLease:
    """A lease as settlement wants it."""
    return held(lease, worker_id, queue_id)


def identity(worker_id: UUID, queue_id: int, pod_uid: str | None = None) -> WorkerIdentity:
    """A worker of one slot."""
    return WorkerIdentity(worker_id, queue_id, "test", 1, 2**30, pod_uid=pod_uid)


async def count(connection: Connection, table: str, condition: str = "true") -> int:
    """Rows of a table of the queue."""
    sql = f"select count(*) from qcexec.{table} where {condition}"  # noqa: S608 - of tests alone
    found = await connection.fetchval(sql)
    return int(found)


async def holds(connection: Connection, **expected: int) -> None:
    """The invariant holds, and each of these tables has so many rows."""
    assert await violations(connection) == []
    found = {table: await count(connection, table) for table in expected}
    assert found == expected


async def waiting_for_locks(connection: Connection) -> int:
    """How many sessions of the server wait for a lock. (pg_stat_activity is cached meanwhile.)"""
    sql = "select count(distinct pid) from pg_locks where not granted"
    return int(await connection.fetchval(sql))
