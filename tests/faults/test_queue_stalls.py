"""Statements and answers that are held up for longer than every timeout."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from uuid import UUID, uuid4

import pytest

from qcexec_queue.connections import Connection, Role, connect
from qcexec_queue.enqueue import Submitter
from qcexec_queue.errors import AcceptanceUnknown, DatabaseUnavailable
from qcexec_queue.events import ConnectionReplaced, WorkerExpired
from qcexec_queue.lookup import find_task
from qcexec_queue.maintenance import Maintenance, MaintenancePolicy
from qcexec_queue.schema import check_schema
from qcexec_queue.settlement import RetryPolicy
from qcexec_queue.statistics import read_statistics
from qcexec_queue.tasks import NewTask
from qcexec_queue.workers import register
from support.databases import Database
from support.proxy import Strike, proxied
from support.queue import (
    Seen,
    count,
    holds,
    identity,
    queue_number,
    service,
    service_pool,
    submit,
    submitting,
    tasks,
)
from support.queue_worker import Pace, QueueWorker, Record
from support.waiting import wait_until

EXCHANGE = "-- Ends leases with their results"
ENQUEUE = "-- Accepts tasks"
HEARTBEAT = "-- $1 worker, $2 epochs that it holds"
EXPIRE = "-- Removes the workers whose last heartbeat"
LONG = 90.0

PACE = Pace(claim_timeout=0.5, heartbeat=0.05)
LEASE = 1.5


@asynccontextmanager
async def maintained(
    dsn: str, seen: Seen, *, lease_seconds: float = LEASE
) -> AsyncIterator[Maintenance]:
    opener = partial(connect, dsn, role=Role.SERVICE, application="maintenance")
    policy = MaintenancePolicy(
        lease_seconds=lease_seconds,
        lock_seconds=0.1,
        reconnect_seconds=0.1,
        promote_seconds=0.1,
    )
    maintenance = Maintenance(opener, seen, policy)
    stop = asyncio.Event()
    running = asyncio.create_task(maintenance.run(stop))
    yield maintenance
    stop.set()
    await running


@asynccontextmanager
async def working(worker: QueueWorker) -> AsyncIterator[None]:
    running = asyncio.create_task(worker.run())
    try:
        yield
        worker.stop()
        async with asyncio.timeout(60):
            await running
    finally:
        running.cancel()


async def everything_done(connection: Connection, number: int) -> None:
    async def done() -> bool:
        return await count(connection, "result") == number

    await wait_until(done, LONG, what=f"{number} results")
    await holds(connection, task=number, result=number, ready=0, scheduled=0, lease=0)


async def as_recorded(connection: Connection, record: Record) -> None:
    rows = await connection.fetch("select epoch, task_id, body from qcexec.result")
    assert {row["epoch"]: row["task_id"] for row in rows} == record.accepted
    assert all(row["body"] == b'{"epoch":%d}' % row["epoch"] for row in rows)
    assert not {each.epoch for each in record.lost} & set(record.accepted)


@pytest.mark.parametrize("strike", [Strike.STALL_REPLY, Strike.STALL_REQUEST])
async def test_an_exchange_that_is_stalled_is_repeated_and_what_arrives_late_changes_nothing(
    database: Database, strike: Strike
) -> None:
    record = Record()
    await submit(database.app_dsn, *tasks(200))
    async with (
        service(database.app_dsn) as connection,
        proxied(database.app_dsn) as (proxy, dsn),
    ):
        worker = QueueWorker(dsn, database.app_dsn, record, pace=PACE)
        async with working(worker):
            await wait_until(lambda: record.accepted, what="some are done")
            fault = proxy.strike(EXCHANGE, strike)
            await fault.struck.wait()
            await wait_until(lambda: record.repeats >= 1, LONG, what="it is repeated")
            # A late request claims for a worker that will never hear of it.
            fault.release()
            await everything_done(connection, 200)
        assert record.lost == []
        await as_recorded(connection, record)


async def test_a_stalled_heartbeat_ends_the_leases_and_late_results_are_refused(
    database: Database,
) -> None:
    record, seen = Record(), Seen()
    await submit(database.app_dsn, *tasks(20))
    async with (
        service(database.app_dsn) as connection,
        proxied(database.app_dsn) as (claims, claims_dsn),
        proxied(database.app_dsn) as (beats, beats_dsn),
    ):
        # It rests between a claim and its results, for long enough to be cut off meanwhile.
        slow = Pace(claim_timeout=0.5, heartbeat=0.05, rest=1.0)
        worker = QueueWorker(claims_dsn, beats_dsn, record, pace=slow)
        running = asyncio.create_task(worker.run())
        taken = claims.strike(EXCHANGE, Strike.STALL_REPLY)
        await taken.carried_out.wait()
        # Now it hears of its claim, and from here on nothing arrives of what it does.
        beat = beats.strike(HEARTBEAT, Strike.STALL_REQUEST)
        taken.release()
        await wait_until(lambda: worker.held, what="it knows of its leases")
        claims.freeze()
        await beat.struck.wait()
        beats.freeze()
        other = QueueWorker(database.app_dsn, database.app_dsn, record, pace=PACE)
        async with maintained(database.app_dsn, seen), working(other):
            await wait_until(lambda: seen.of(WorkerExpired), LONG, what="it is taken for dead")
            await everything_done(connection, 20)
            assert worker.held > 0
            beat.release()
            beats.thaw()
            claims.thaw()
            await wait_until(lambda: worker.held == 0, LONG, what="it hands in what it has")
            worker.stop()
            await running
        assert record.lost
        await as_recorded(connection, record)
        await holds(connection, task=20, result=20, lease=0)


async def test_on_a_silent_connection_everybody_is_answered_in_time(
    database: Database,
) -> None:
    (task_id,) = await submit(database.app_dsn, *tasks(1))
    async with (
        service(database.app_dsn) as connection,
        proxied(database.app_dsn) as (proxy, dsn),
        service_pool(dsn) as pool,
        submitting(dsn) as submitter,
        service(dsn) as one,
        service(dsn) as two,
    ):
        await submitter.enqueue(NewTask(b"before", 0.1))
        assert await find_task(pool, task_id) is not None
        proxy.freeze()
        answers = await asyncio.wait_for(
            asyncio.gather(
                *(submitter.enqueue(NewTask(b"%d" % each, 0.1)) for each in range(3)),
                *(find_task(pool, task_id) for _ in range(6)),
                read_statistics(one),
                check_schema(two),
                return_exceptions=True,
            ),
            LONG,
        )
        assert {type(each) for each in answers[:3]} <= {AcceptanceUnknown, DatabaseUnavailable}
        assert AcceptanceUnknown in {type(each) for each in answers}
        assert {type(each) for each in answers[3:]} == {DatabaseUnavailable}
        proxy.thaw()
        assert isinstance(await enqueue_soon(submitter), UUID)
        assert await find_task(pool, task_id) is not None
        rows = await count(connection, "task")
        # What was sent and not answered may have been accepted, once.
        assert 3 <= rows <= 6
        await holds(connection, task=rows, ready=rows)


async def enqueue_soon(submitter: Submitter) -> UUID:
    async def accepted() -> UUID | None:
        try:
            return await submitter.enqueue(NewTask(b"after", 0.1))
        except DatabaseUnavailable:
            return None

    found = await wait_until(accepted, LONG, what="it is accepted again")
    assert found is not None
    return found


async def test_a_stalled_sweep_is_given_up_and_done_again_on_another_connection(
    database: Database,
) -> None:
    seen = Seen()
    async with (
        service(database.app_dsn) as connection,
        proxied(database.app_dsn) as (proxy, dsn),
    ):
        await register(connection, identity(uuid4(), await queue_number(connection)), RetryPolicy())
        fault = proxy.strike(EXPIRE, Strike.STALL_REPLY)
        async with maintained(dsn, seen):
            await fault.struck.wait()
            await wait_until(
                lambda: seen.of(ConnectionReplaced), LONG, what="the connection is given up"
            )
            await wait_until(lambda: seen.of(WorkerExpired), LONG, what="the sweep is done")
        await holds(connection, worker=0)


async def test_a_network_that_is_cut_for_longer_than_a_lease_loses_and_doubles_nothing(
    database: Database,
) -> None:
    record, seen = Record(), Seen()
    await submit(database.app_dsn, *tasks(400))
    async with (
        service(database.app_dsn) as connection,
        proxied(database.app_dsn) as (proxy, dsn),
        maintained(database.app_dsn, seen),
    ):
        cut_off = QueueWorker(dsn, dsn, record, pace=PACE, most=3)
        near = QueueWorker(database.app_dsn, database.app_dsn, record, pace=PACE, most=3)
        async with working(cut_off), working(near):
            await wait_until(lambda: len(record.accepted) > 20, what="some are done")
            proxy.freeze()
            await wait_until(lambda: seen.of(WorkerExpired), LONG, what="it is taken for dead")
            proxy.thaw()
            await everything_done(connection, 400)
            await wait_until(lambda: record.reregistered or cut_off.held == 0, LONG)
        await as_recorded(connection, record)
