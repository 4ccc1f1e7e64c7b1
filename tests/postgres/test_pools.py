"""Which pools are known, for how long, and what becomes of tasks that no pool serves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from uuid import uuid4

from qcexec_queue.connections import Connection, Role, connect
from qcexec_queue.events import PoolRemoved, TasksMoved
from qcexec_queue.exchange import Appetite
from qcexec_queue.fleet import vouch
from qcexec_queue.leases import put_back_all
from qcexec_queue.maintenance import Maintenance, MaintenancePolicy
from qcexec_queue.notify import ready_channel
from qcexec_queue.pool_rows import (
    MOVED_AT_ONCE,
    move_tasks,
    remove_pools,
    stranded_queues,
    touch_pools,
)
from qcexec_queue.settlement import Cause, RetryPolicy
from qcexec_queue.states import Lane
from qcexec_queue.tasks import NewTask
from qcexec_queue.workers import PoolRow, pools, register, register_pool
from support.databases import Database
from support.queue import (
    Seen,
    count,
    exchange_of,
    holds,
    identity,
    plain,
    queue_number,
    service,
    submit,
)
from support.waiting import wait_until

GIB = 2**30
GRACE = 0.3
POLICY = MaintenancePolicy(lease_seconds=0.6, pool_seconds=GRACE, lock_seconds=0.1)
LONG_AGO = "update qcexec.pool set live_at = now() - interval '1 day'"


@asynccontextmanager
async def maintained(database: Database) -> AsyncIterator[Seen]:
    """Maintenance as a service does it, and what it tells."""
    seen = Seen()
    maintenance = Maintenance(partial(anew, database), seen, POLICY)
    stop = asyncio.Event()
    running = asyncio.create_task(maintenance.run(stop))
    yield seen
    stop.set()
    await running


async def a_pool(
    connection: Connection, queue: str, *, memory: int = GIB, rank: int = 0, workers: int = 0
) -> int:
    """A pool with so many workers, which live through the test."""
    queue_id = await queue_number(connection, queue)
    await register_pool(connection, PoolRow(queue_id, memory, rank))
    for _ in range(workers):
        await register(connection, identity(uuid4(), queue_id), RetryPolicy())
    await connection.execute("update qcexec.worker set heartbeat_at = now() + interval '1 day'")
    return queue_id


async def known(connection: Connection) -> set[int]:
    return {each.queue_id for each in await pools(connection)}


async def since_start(admin: Connection) -> float:
    seconds = await admin.fetchval(
        "select extract(epoch from now() - pg_postmaster_start_time())::float"
    )
    return float(seconds)


async def test_a_pool_without_workers_and_operator_goes_and_the_others_stay(
    database: Database,
) -> None:
    async with service(database.app_dsn) as connection, plain(database.admin_dsn) as admin:
        dead = await a_pool(connection, "dead")
        alive = await a_pool(connection, "alive", workers=1)
        asleep = await a_pool(connection, "asleep")
        await admin.execute(LONG_AGO)
        await touch_pools(connection)
        await vouch(connection, asleep, GIB, 0)
        assert await known(connection) == {dead, alive, asleep}
        # What is compared with is one day ago, and this server's start.
        start = await since_start(admin)
        assert await remove_pools(connection, start + 3600.0) == []
        await admin.execute(
            "update qcexec.pool set live_at = now() + interval '1 hour' where queue_id <> $1", dead
        )
        assert await remove_pools(connection, 0.0) == ["dead"]
        assert await known(connection) == {alive, asleep}


async def test_a_pool_stays_while_it_has_a_worker_whatever_its_last_sign_was(
    database: Database,
) -> None:
    async with service(database.app_dsn) as connection, plain(database.admin_dsn) as admin:
        alive = await a_pool(connection, "alive", workers=1)
        await admin.execute(LONG_AGO)
        assert await remove_pools(connection, 0.0) == []
        assert await known(connection) == {alive}


async def test_who_vouches_makes_a_pool_known_and_leaves_to_workers_what_its_slots_have(
    database: Database,
) -> None:
    async with service(database.app_dsn) as connection, plain(database.admin_dsn) as admin:
        await vouch(connection, 7, GIB, 3)
        assert await pools(connection) == [PoolRow(7, GIB, 3)]
        await register_pool(connection, PoolRow(7, 2 * GIB, 1))
        await admin.execute(LONG_AGO)
        await vouch(connection, 7, GIB, 3)
        assert await pools(connection) == [PoolRow(7, 2 * GIB, 1)]
        assert await admin.fetchval("select live_at > now() - interval '1 hour' from qcexec.pool")


async def test_vouching_again_at_once_writes_nothing(database: Database) -> None:
    async with service(database.app_dsn) as connection:
        await vouch(connection, 7, GIB, 3)
        before = await connection.fetchrow("select ctid, xmax, * from qcexec.pool")
        await vouch(connection, 7, GIB, 3)
        await touch_pools(connection)
        assert await connection.fetchrow("select ctid, xmax, * from qcexec.pool") == before


async def test_a_worker_that_starts_is_a_sign_of_life_of_its_pool(database: Database) -> None:
    async with service(database.app_dsn) as connection, plain(database.admin_dsn) as admin:
        await register_pool(connection, PoolRow(1, GIB, 0))
        await admin.execute(LONG_AGO)
        await register_pool(connection, PoolRow(1, GIB, 0))
        assert await admin.fetchval("select live_at > now() - interval '1 hour' from qcexec.pool")


async def test_maintenance_removes_what_nobody_vouches_for_and_tells_so(
    database: Database,
) -> None:
    async with service(database.app_dsn) as connection:
        await a_pool(connection, "dead")
        alive = await a_pool(connection, "alive", workers=1)
        async with maintained(database) as seen:
            await wait_until(lambda: seen.of(PoolRemoved), what="the dead pool goes")
            assert seen.of(PoolRemoved) == [PoolRemoved("dead")]
            assert await known(connection) == {alive}


async def test_who_connected_just_now_removes_and_moves_nothing_however_old_the_signs_are(
    database: Database,
) -> None:
    """As after an outage of the database, or of the way to it, that was longer than the grace."""
    await submit(database.app_dsn, NewTask(b"x", 0.1, queue="dead"))
    policy = MaintenancePolicy(pool_seconds=3600.0)
    seen = Seen()
    async with service(database.app_dsn) as connection, plain(database.admin_dsn) as admin:
        gone = await a_pool(connection, "gone")
        alive = await a_pool(connection, "alive", workers=1)
        await admin.execute(LONG_AGO)
        maintenance = Maintenance(partial(anew, database), seen, policy)
        maintenance.connected()
        await maintenance.tick(connection)
        assert maintenance.holding
        assert await known(connection) == {gone, alive}
        dead = await named(connection, "dead")
        assert await count(connection, "ready", f"queue_id = {dead}") == 1
        assert seen.of(PoolRemoved) == []
        assert seen.of(TasksMoved) == []


async def anew(database: Database) -> Connection:
    return await connect(database.app_dsn, role=Role.SERVICE, application="maintenance")


async def named(connection: Connection, queue: str) -> int:
    return await queue_number(connection, queue)


async def test_tasks_without_a_pool_go_to_the_largest_one_and_can_be_claimed_there_first(
    database: Database,
) -> None:
    stranded = await submit(database.app_dsn, *(NewTask(b"s", 0.1, queue="gone") for _ in range(3)))
    (fresh,) = await submit(database.app_dsn, NewTask(b"f", 0.1, queue="large"))
    async with service(database.app_dsn) as connection:
        await a_pool(connection, "small", memory=GIB, workers=1)
        await a_pool(connection, "large", memory=8 * GIB, rank=1, workers=1)
        async with maintained(database) as seen:
            await wait_until(lambda: seen.of(TasksMoved), what="the tasks move")
        assert seen.of(TasksMoved) == [TasksMoved("gone", "large", 3)]
        exchange = await exchange_of(connection, queue="large")
        leases = (await exchange.run(connection, [], Appetite(10, 10, 0.0))).leases
        assert [each.task_id for each in leases] == [*stranded, fresh]
        assert {(each.lane, each.attempt, each.delivery) for each in leases[:3]} == {
            (Lane.RETURNED, 0, 0)
        }
        await holds(connection, lease=4, ready=0, attempt=0)


async def test_tasks_whose_queue_has_a_pool_stay_where_they_are(database: Database) -> None:
    await submit(database.app_dsn, NewTask(b"x", 0.1, queue="asleep"))
    async with service(database.app_dsn) as connection:
        asleep = await a_pool(connection, "asleep")
        await a_pool(connection, "large", memory=8 * GIB, workers=1)
        assert await stranded_queues(connection) == {}
        assert await move_tasks(connection, asleep, "asleep") is None
        await holds(connection, ready=1)


async def test_where_there_is_no_pool_at_all_tasks_wait(database: Database) -> None:
    await submit(database.app_dsn, NewTask(b"x", 0.1, queue="gone"))
    async with service(database.app_dsn) as connection:
        gone = await named(connection, "gone")
        assert await stranded_queues(connection) == {gone: "gone"}
        assert await move_tasks(connection, gone, "gone") is None
        await holds(connection, ready=1, result=0)
        assert await count(connection, "ready", f"queue_id = {gone}") == 1


async def test_so_many_move_at_once_and_the_rest_with_the_next_statement(
    database: Database,
) -> None:
    await submit(
        database.app_dsn, *(NewTask(b"x", 0.1, queue="gone") for _ in range(MOVED_AT_ONCE + 1))
    )
    async with service(database.app_dsn) as connection:
        gone = await named(connection, "gone")
        large = await a_pool(connection, "large")
        for expected in (MOVED_AT_ONCE, 1):
            assert await move_tasks(connection, gone, "gone") == TasksMoved(
                "gone", "large", expected
            )
        assert await move_tasks(connection, gone, "gone") is None
        assert await count(connection, "ready", f"queue_id = {large}") == MOVED_AT_ONCE + 1


async def test_a_suspect_that_moves_stays_one_and_listeners_there_are_woken(
    database: Database,
) -> None:
    await submit(database.app_dsn, NewTask(b"x", 0.1, queue="gone"))
    heard: list[str] = []
    async with service(database.app_dsn) as connection, plain(database.app_dsn) as listener:
        gone = await named(connection, "gone")
        await claim_and_die(connection)
        large = await a_pool(connection, "large")
        await listener.add_listener(ready_channel(large), lambda *call: heard.append(str(call[2])))
        await move_tasks(connection, gone, "gone")
        await wait_until(lambda: heard, what="the pool there is woken")
        exchange = await exchange_of(connection, queue="large")
        (lease,) = (await exchange.run(connection, [], Appetite(1, 1, 0.0))).leases
        assert (lease.lane, lease.attempt, lease.delivery) == (Lane.SUSPECT, 0, 1)


async def claim_and_die(connection: Connection) -> None:
    worker_id = uuid4()
    exchange = await exchange_of(connection, worker_id, queue="gone")
    assert (await exchange.run(connection, [], Appetite(1, 1, 0.0))).leases
    await put_back_all(connection, [worker_id], Cause.WORKER_DIED, RetryPolicy())
