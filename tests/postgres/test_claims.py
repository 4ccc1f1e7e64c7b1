"""Claiming: the order, the caps, suspects alone, no task for two workers."""

import asyncio
from uuid import UUID, uuid4

from qcexec_queue.connections import Connection
from qcexec_queue.exchange import Appetite, Exchange
from qcexec_queue.leases import put_back
from qcexec_queue.settlement import Cause, RetryPolicy, settle
from qcexec_queue.states import Lane, Priority
from qcexec_queue.tasks import Lease, NewTask
from support.databases import Database
from support.queue import (
    EVERYTHING,
    completions,
    exchange_of,
    holds,
    of_worker,
    plain,
    queue_number,
    service,
    submit,
    tasks,
)

POLICY = RetryPolicy()


async def claim(
    connection: Connection, appetite: Appetite = EVERYTHING, *, exchange: Exchange | None = None
) -> list[Lease]:
    exchange = exchange or await exchange_of(connection)
    return (await exchange.run(connection, [], appetite)).leases


async def give_back(
    connection: Connection, worker_id: UUID, leases: list[Lease], why: Cause
) -> None:
    queue_id = await queue_number(connection)
    accepted = await put_back(
        connection, [settle(of_worker(each, worker_id, queue_id), why, POLICY) for each in leases]
    )
    assert accepted == {each.epoch for each in leases}


async def test_tasks_come_by_priority_and_within_one_first_come_first_served(
    database: Database,
) -> None:
    order = [Priority.LOW, Priority.NORMAL, Priority.URGENT, Priority.HIGH, Priority.NORMAL]
    given = [
        NewTask(f"{priority} {turn}".encode(), 0.1, priority=priority)
        for turn in range(3)
        for priority in order
    ]
    ids = await submit(database.app_dsn, *given)
    expected = [task_id for _, task_id in sorted(zip(given, ids, strict=True), key=urgency)]
    async with service(database.app_dsn) as connection:
        leases = await claim(connection)
        assert [each.task_id for each in leases] == expected
        assert [each.payload for each in leases] == [
            each.payload for each in sorted(given, key=lambda task: task.priority)
        ]
        epochs = [each.epoch for each in leases]
        assert epochs == sorted(set(epochs))
        await holds(connection, ready=0, lease=15)


def urgency(pair: tuple[NewTask, UUID]) -> int:
    return pair[0].priority


async def test_what_returned_comes_before_what_is_new_within_its_priority(
    database: Database,
) -> None:
    worker_id = uuid4()
    async with service(database.app_dsn) as connection:
        exchange = await exchange_of(connection, worker_id)
        old = await submit(database.app_dsn, *tasks(3))
        (urgent,) = await submit(database.app_dsn, NewTask(b"u", 0.1, priority=Priority.URGENT))
        returned = await claim(connection, Appetite(4, 4, 0.0), exchange=exchange)
        new = await submit(database.app_dsn, *tasks(3))
        await give_back(connection, worker_id, returned, Cause.NOT_BEGUN)
        leases = await claim(connection)
    assert [each.task_id for each in leases] == [urgent, *old, *new]
    assert [each.lane for each in leases] == [Lane.RETURNED] * 4 + [Lane.FRESH] * 3


async def test_one_task_a_free_slot_whatever_it_costs_and_more_up_to_the_cost(
    database: Database,
) -> None:
    await submit(database.app_dsn, *tasks(10, cost=5.0))
    async with service(database.app_dsn) as connection:
        assert len(await claim(connection, Appetite(10, 3, 0.02))) == 3
        assert len(await claim(connection, Appetite(10, 1, 7.0))) == 2
        assert len(await claim(connection, Appetite(2, 9, 0.0))) == 2
        assert len(await claim(connection, Appetite(0, 9, 9.0))) == 0
        assert len(await claim(connection, Appetite(9, 0, 0.0))) == 1
        await holds(connection, ready=2, lease=8)


async def test_a_claim_brings_only_so_many_bytes_and_one_task_at_the_least(
    database: Database,
) -> None:
    large = [NewTask(bytes(9 * 1024 * 1024), 0.001) for _ in range(3)]
    await submit(database.app_dsn, *large)
    async with service(database.app_dsn) as connection:
        assert len(await claim(connection)) == 2
        assert len(await claim(connection)) == 1


async def test_tasks_of_other_queues_are_left_alone(database: Database) -> None:
    await submit(database.app_dsn, *(NewTask(b"x", 0.1, queue=name) for name in ("a", "b", "a")))
    async with service(database.app_dsn) as connection:
        leases = await claim(connection, exchange=await exchange_of(connection, queue="a"))
        assert len(leases) == 2
        await holds(connection, ready=1, lease=2)


async def test_a_suspect_is_claimed_alone_and_before_everything(database: Database) -> None:
    worker_id = uuid4()
    async with service(database.app_dsn) as connection:
        exchange = await exchange_of(connection, worker_id)
        suspects = await submit(database.app_dsn, *tasks(2))
        taken = await claim(connection, exchange=exchange)
        await give_back(connection, worker_id, taken, Cause.WORKER_DIED)
        urgent = await submit(database.app_dsn, NewTask(b"u", 0.1, priority=Priority.URGENT))
        for suspect in suspects:
            (lease,) = await claim(connection)
            assert (lease.task_id, lease.suspect) == (suspect, True)
        assert [each.task_id for each in await claim(connection)] == urgent


async def test_a_worker_that_has_a_suspect_is_given_none(database: Database) -> None:
    worker_id = uuid4()
    async with service(database.app_dsn) as connection:
        exchange = await exchange_of(connection, worker_id)
        await submit(database.app_dsn, *tasks(2))
        taken = await claim(connection, exchange=exchange)
        await give_back(connection, worker_id, taken, Cause.WORKER_DIED)
        fresh = await submit(database.app_dsn, *tasks(2))
        without = Appetite(10, 10, 1.0, suspects=False)
        assert [each.task_id for each in await claim(connection, without)] == fresh
        await holds(connection, ready=2, lease=2)


async def test_no_task_goes_to_two_of_many_claimers(database: Database) -> None:
    ids = await submit(database.app_dsn, *tasks(600))
    claimed: list[UUID] = []

    async def drain() -> None:
        async with service(database.app_dsn) as connection:
            exchange = await exchange_of(connection)
            while leases := await claim(connection, Appetite(7, 7, 1.0), exchange=exchange):
                claimed.extend(each.task_id for each in leases)
                await exchange.run(connection, completions(leases), None)

    await asyncio.gather(*(drain() for _ in range(6)))
    async with service(database.app_dsn) as connection:
        # A claim passes over rows that others hold, so the last may leave some.
        last = await exchange_of(connection)
        while leases := await claim(connection, exchange=last):
            claimed.extend(each.task_id for each in leases)
            await last.run(connection, completions(leases), None)
        assert sorted(claimed) == sorted(ids)
        await holds(connection, task=600, result=600, ready=0, lease=0)


async def test_a_claim_passes_over_what_another_transaction_holds(database: Database) -> None:
    ids = await submit(database.app_dsn, *tasks(4))
    async with plain(database.app_dsn) as other, service(database.app_dsn) as connection:
        async with other.transaction():
            await other.execute(
                "select from qcexec.ready where task_id = any ($1) for update", ids[:2]
            )
            assert [each.task_id for each in await claim(connection)] == ids[2:]
        assert [each.task_id for each in await claim(connection)] == ids[:2]


async def test_a_claim_that_is_capped_leaves_the_rest_to_others_at_once(
    database: Database,
) -> None:
    ids = await submit(database.app_dsn, *tasks(10, cost=1.0))
    async with service(database.app_dsn) as one, service(database.app_dsn) as two:
        assert [each.task_id for each in await claim(one, Appetite(10, 1, 0.0))] == ids[:1]
        assert [each.task_id for each in await claim(two)] == ids[1:]


async def test_a_row_that_became_visible_late_is_found_by_the_next_sweep(
    database: Database,
) -> None:
    async with plain(database.admin_dsn) as slow, service(database.app_dsn) as connection:
        exchange = await exchange_of(connection)
        transaction = slow.transaction()
        await transaction.start()
        late = await slow.fetchval(
            """
            with t as (
              insert into qcexec.task (task_id, queue_id, priority, cost, payload)
              values (qcexec.uuid7_floor(now()), $1, 2, 0.1, 'late')
              returning task_id, queue_id
            )
            insert into qcexec.ready
              (queue_id, priority, lane, attempt, delivery, cost, bytes, seq, task_id)
            select queue_id, 2, 2, 0, 0, 0.1, 4, nextval('qcexec.ready_seq'), task_id from t
            returning task_id
            """,
            await queue_number(connection),
        )
        await submit(database.app_dsn, *tasks(3))
        assert len(await claim(connection, exchange=exchange)) == 3
        # As if those three had been claimed long ago.
        watermark = exchange._watermarks
        watermark._settled[(Priority.NORMAL, Lane.FRESH)] = 10**6
        await transaction.commit()
        assert await claim(connection, exchange=exchange) == []
        exchange.sweeps.reset()
        assert [each.task_id for each in await claim(connection, exchange=exchange)] == [late]
