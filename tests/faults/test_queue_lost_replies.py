"""Answers that never arrive: of an enqueue, a claim, a completion, and of both in one."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from qcexec_queue.connections import Connection
from qcexec_queue.errors import AcceptanceUnknown
from support.databases import Database
from support.proxy import Proxy, Strike, proxied
from support.queue import count, holds, service, submit, submitting, tasks
from support.queue_worker import Pace, QueueWorker, Record
from support.waiting import wait_until

ENQUEUE = "-- Accepts tasks"
EXCHANGE = "-- Ends leases with their results"
HEARTBEAT = "-- $1 worker, $2 epochs that it holds"

# Long enough that a busy machine alone never runs into it: what is lost is counted.
PACE = Pace(claim_timeout=2.0, heartbeat=0.05)


@asynccontextmanager
async def working(worker: QueueWorker, deadline: float = 60.0) -> AsyncIterator[asyncio.Task[None]]:
    """The worker runs beside the block, and finishes what it has at its end."""
    running = asyncio.create_task(worker.run())
    try:
        yield running
        worker.stop()
        async with asyncio.timeout(deadline):
            await running
    finally:
        running.cancel()


async def everything_done(connection: Connection, number: int) -> None:
    async def done() -> bool:
        return await count(connection, "result") == number

    await wait_until(done, 60.0, what=f"{number} results")
    await holds(connection, task=number, result=number, ready=0, scheduled=0, lease=0)


async def as_recorded(connection: Connection, record: Record) -> None:
    """Each result is of an epoch whose worker was told so, and no other was told so."""
    rows = await connection.fetch("select epoch, task_id, body from qcexec.result")
    assert {row["epoch"]: row["task_id"] for row in rows} == record.accepted
    assert all(row["body"] == b'{"epoch":%d}' % row["epoch"] for row in rows)
    assert not {each.epoch for each in record.lost} & set(record.accepted)


@pytest.mark.parametrize("strike", [Strike.DROP_REPLY, Strike.DROP_REQUEST])
async def test_an_enqueue_whose_answer_is_lost_is_told_as_unknown_and_never_repeated(
    database: Database, strike: Strike
) -> None:
    given = tasks(400)
    async with (
        service(database.app_dsn) as connection,
        proxied(database.app_dsn) as (proxy, dsn),
        submitting(dsn) as submitter,
    ):
        fault = proxy.strike(ENQUEUE, strike, times=4)

        async def in_turn(own: list[object]) -> list[UUID | BaseException]:
            answers: list[UUID | BaseException] = []
            for task in own:
                answers += await asyncio.gather(
                    submitter.enqueue(task),  # type: ignore[arg-type]  # a NewTask
                    return_exceptions=True,
                )
            return answers

        lists = await asyncio.gather(*(in_turn(list(given[each::16])) for each in range(16)))
        answers = [answer for each in lists for answer in each]
        ids = [each for each in answers if isinstance(each, UUID)]
        unknown = [each for each in answers if isinstance(each, AcceptanceUnknown)]
        assert len(ids) + len(unknown) == 400
        assert fault.left == 0
        assert len(unknown) >= 4
        rows = await connection.fetch("select task_id, payload from qcexec.task")
        assert set(ids) <= {row["task_id"] for row in rows}
        accepted = 400 if strike is Strike.DROP_REPLY else len(ids)
        assert len(rows) == accepted
        assert max(Counter(row["payload"] for row in rows).values()) == 1
        await holds(connection, task=accepted, ready=accepted)


async def struck(
    database: Database, proxy: Proxy, dsn: str, strike: Strike, piece: str, times: int
) -> Record:
    """Three hundred tasks through a worker that loses some answers to statements with `piece`."""
    record = Record()
    worker = QueueWorker(dsn, database.app_dsn, record, pace=PACE)
    async with service(database.app_dsn) as connection:
        fault = proxy.strike(piece, strike, times=times)
        await submit(database.app_dsn, *tasks(300))
        async with working(worker):
            await everything_done(connection, 300)
        assert fault.left == 0
        fault.release()
        await as_recorded(connection, record)
        await holds(connection, task=300, result=300, lease=0)
    return record


async def test_a_lost_answer_of_a_claim_delays_its_tasks_and_loses_none(
    database: Database,
) -> None:
    async with proxied(database.app_dsn) as (proxy, dsn):
        record = await struck(database, proxy, dsn, Strike.DROP_REPLY, EXCHANGE, 1)
    assert record.returned == 10
    assert record.lost == []


async def test_lost_answers_of_completions_fused_with_claims_complete_once_and_claim_nothing(
    database: Database,
) -> None:
    async with proxied(database.app_dsn) as (proxy, dsn):
        record = await struck(database, proxy, dsn, Strike.DROP_REPLY, EXCHANGE, 6)
    assert record.lost == []
    assert record.repeats >= 1
    # Nobody was told of these claims; and nobody claimed while repeating.
    assert record.returned >= 10
    assert len(record.claimed) == 300


async def test_requests_that_never_arrive_are_repeated(database: Database) -> None:
    async with proxied(database.app_dsn) as (proxy, dsn):
        record = await struck(database, proxy, dsn, Strike.DROP_REQUEST, EXCHANGE, 6)
    assert (record.lost, record.returned) == ([], 0)


async def test_a_lost_answer_of_a_completion_alone_completes_once(database: Database) -> None:
    record = Record()
    await submit(database.app_dsn, *tasks(10))
    async with (
        service(database.app_dsn) as connection,
        proxied(database.app_dsn) as (proxy, dsn),
    ):
        worker = QueueWorker(dsn, database.app_dsn, record, pace=PACE)
        claim = proxy.strike(EXCHANGE, Strike.STALL_REPLY)
        async with working(worker):
            await claim.struck.wait()
            worker.paused = True
            drop = proxy.strike(EXCHANGE, Strike.DROP_REPLY, times=3)
            claim.release()
            await everything_done(connection, 10)
            await wait_until(lambda: worker.held == 0)
        assert drop.left == 0
        assert (record.lost, record.returned) == ([], 0)
        assert record.repeats >= 1
        await as_recorded(connection, record)


async def test_a_lost_answer_of_a_heartbeat_loses_no_lease(database: Database) -> None:
    record = Record()
    async with (
        service(database.app_dsn) as connection,
        proxied(database.app_dsn) as (proxy, dsn),
    ):
        worker = QueueWorker(database.app_dsn, dsn, record, pace=PACE)
        fault = proxy.strike(HEARTBEAT, Strike.DROP_REPLY, times=5)
        await submit(database.app_dsn, *tasks(300))
        async with working(worker):
            await everything_done(connection, 300)
            await wait_until(lambda: fault.left == 0)
        assert record.lost == []
        await as_recorded(connection, record)
