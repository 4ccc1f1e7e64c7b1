"""What one process at a time does for the queue: dead workers, due tasks, figures."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from uuid import UUID, uuid4

from qcexec_queue.connections import STATEMENT_TIMEOUT_SECONDS, Connection, Role, connect
from qcexec_queue.events import Event, LeasesReturned, MaintenanceHeld, WorkerExpired, ignore
from qcexec_queue.exchange import Appetite
from qcexec_queue.maintenance import LOCK_NAME, Maintenance, MaintenancePolicy
from qcexec_queue.settlement import RetryPolicy
from qcexec_queue.statements import statement
from qcexec_queue.states import Lane
from qcexec_queue.workers import heartbeat, register
from support.databases import Database
from support.queue import (
    EVERYTHING,
    Seen,
    count,
    exchange_of,
    holds,
    identity,
    plain,
    queue_number,
    service,
    submit,
    tasks,
    waiting_for_locks,
)
from support.waiting import wait_until

LEASE = 0.6
# Of this lock alone: making partitions takes another one for a moment.
HOLDERS = """
from pg_locks
where locktype = 'advisory' and granted
  and database = (select oid from pg_database where datname = current_database())
  and classid::bigint << 32 | objid::bigint = hashtextextended($1, 0)
"""
POLICY = MaintenancePolicy(lease_seconds=LEASE, lock_seconds=0.1, reconnect_seconds=0.1)

HOLDER = """
import asyncio, sys
from qcexec_queue.connections import Role, connect
from qcexec_queue.events import ignore
from qcexec_queue.maintenance import Maintenance, MaintenancePolicy

async def main():
    maintenance = Maintenance(
        lambda: connect(sys.argv[1], role=Role.SERVICE, application="holder"),
        lambda event: print(event, flush=True),
        MaintenancePolicy(idle_seconds=float(sys.argv[2]), statistics_seconds=0.05),
    )
    await maintenance.run(asyncio.Event())

asyncio.run(main())
"""


@asynccontextmanager
async def maintained(
    database: Database, policy: MaintenancePolicy = POLICY, seen: Seen | None = None
) -> AsyncIterator[Maintenance]:
    """A process of the service that does maintenance, as an API does."""
    opener = partial(connect, database.app_dsn, role=Role.SERVICE, application="maintenance")
    maintenance = Maintenance(opener, seen or ignore, policy)
    stop = asyncio.Event()
    running = asyncio.create_task(maintenance.run(stop))
    yield maintenance
    stop.set()
    await running


async def with_lease(connection: Connection, worker_id: UUID, *, registered: bool = True) -> None:
    if registered:
        queue_id = await queue_number(connection)
        await register(connection, identity(worker_id, queue_id), RetryPolicy())
    exchange = await exchange_of(connection, worker_id)
    assert len((await exchange.run(connection, [], EVERYTHING)).leases) == 1


async def test_the_leases_of_a_worker_whose_heartbeat_stopped_go_back_as_suspects(
    database: Database,
) -> None:
    await submit(database.app_dsn, *tasks(1))
    worker_id = uuid4()
    seen = Seen()
    async with service(database.app_dsn) as connection:
        await with_lease(connection, worker_id)
        async with maintained(database, seen=seen):
            await wait_until(lambda: seen.of(LeasesReturned), what="the lease goes back")
        assert seen.of(LeasesReturned) == [LeasesReturned("worker_expired", 1, 0)]
        assert seen.of(WorkerExpired) == [WorkerExpired(worker_id, None)]
        assert await count(connection, "ready", f"lane = {int(Lane.SUSPECT)} and attempt = 0") == 1
        await holds(connection, ready=1, lease=0, worker=0, attempt=1)


async def test_a_worker_whose_heart_beats_keeps_its_leases(database: Database) -> None:
    await submit(database.app_dsn, *tasks(2))
    alive, dead = uuid4(), uuid4()
    seen = Seen()
    async with service(database.app_dsn) as connection:
        queue_id = await queue_number(connection)
        await register(connection, identity(alive, queue_id), RetryPolicy())
        await register(connection, identity(dead, queue_id), RetryPolicy())
        for worker_id in (alive, dead):
            exchange = await exchange_of(connection, worker_id)
            assert len((await exchange.run(connection, [], Appetite(1, 1, 0.0))).leases) == 1
        # Long enough that a busy machine alone never lets the living one expire.
        patient = MaintenancePolicy(lease_seconds=2.0)
        async with maintained(database, patient, seen):

            async def expired() -> bool:
                await heartbeat(connection, alive, [], None, claim_timeout=60.0, busy=0)
                return bool(seen.of(WorkerExpired))

            await wait_until(expired, what="the other one expires")
        assert [event.worker_id for event in seen.of(WorkerExpired)] == [dead]
        await holds(connection, worker=1, lease=1, ready=1)


async def test_a_lease_without_a_worker_s_row_is_dead(database: Database) -> None:
    await submit(database.app_dsn, *tasks(1))
    seen = Seen()
    async with service(database.app_dsn) as connection:
        await with_lease(connection, uuid4(), registered=False)
        async with maintained(database, seen=seen):
            await wait_until(lambda: seen.of(LeasesReturned), what="the lease goes back")
        await holds(connection, ready=1, lease=0)


async def test_who_connected_just_now_kills_nobody_for_one_lease_time(database: Database) -> None:
    await submit(database.app_dsn, *tasks(1))
    policy = MaintenancePolicy(lease_seconds=3600.0, statistics_seconds=0.05)
    async with service(database.app_dsn) as connection, plain(database.admin_dsn) as admin:
        await with_lease(connection, uuid4())
        await admin.execute("update qcexec.worker set heartbeat_at = now() - interval '1 day'")
        maintenance = Maintenance(partial(anew, database), ignore, policy)
        maintenance.connected()
        for _ in range(3):
            await maintenance.tick(connection)
        assert maintenance.holding
        await holds(connection, lease=1, worker=1)


async def anew(database: Database) -> Connection:
    return await connect(database.app_dsn, role=Role.SERVICE, application="maintenance")


async def test_the_start_of_postgresql_counts_as_a_heartbeat_of_everybody(
    database: Database,
) -> None:
    async with service(database.app_dsn) as connection, plain(database.admin_dsn) as admin:
        await register(connection, identity(uuid4(), await queue_number(connection)), RetryPolicy())
        await admin.execute("update qcexec.worker set heartbeat_at = now() - interval '1 day'")
        since_start = await admin.fetchval(
            "select extract(epoch from now() - pg_postmaster_start_time())::float"
        )
        transaction = connection.transaction()
        await transaction.start()
        assert await connection.fetch(statement("expire_workers"), since_start + 3600) == []
        assert len(await connection.fetch(statement("expire_workers"), 0.0)) == 1
        await transaction.rollback()


async def test_a_heartbeat_that_arrives_during_the_sweep_saves_the_worker(
    database: Database,
) -> None:
    worker_id = uuid4()
    async with (
        service(database.app_dsn) as sweep,
        service(database.app_dsn) as worker,
        plain(database.admin_dsn) as admin,
    ):
        await register(worker, identity(worker_id, await queue_number(worker)), RetryPolicy())
        transaction = worker.transaction()
        await transaction.start()
        # Later than what the sweep will compare with, and not committed when it looks.
        await worker.execute("update qcexec.worker set heartbeat_at = now() + interval '1 hour'")
        deletion = asyncio.create_task(sweep.fetch(statement("expire_workers"), -1.0))

        await wait_until(lambda: waiting_for_locks(admin), what="the sweep waits for the heartbeat")
        await transaction.commit()
        assert await deletion == []
        await holds(worker, worker=1)


async def test_one_process_at_a_time_and_another_as_soon_as_it_has_gone(
    database: Database,
) -> None:
    first, second = Seen(), Seen()
    async with plain(database.admin_dsn) as admin:
        async with maintained(database, seen=first) as one:
            await wait_until(lambda: one.holding)
            async with maintained(database, seen=second) as two:
                await wait_until(lambda: asks_for_the_lock(admin), what="the other one asks")
                assert not two.holding
                await admin.execute(f"select pg_terminate_backend(pid) {HOLDERS}", LOCK_NAME)
                gained = MaintenanceHeld(held=True)
                await wait_until(
                    lambda: (first.events + second.events).count(gained) == 2,
                    what="one of the two has it again",
                )
                assert await holders(admin) == 1
        assert await holders(admin) == 0


async def asks_for_the_lock(admin: Connection) -> bool:
    found = await admin.fetchval(
        """
        select count(*) from pg_stat_activity
        where application_name = 'maintenance' and query like '%pg_try_advisory_lock%'
          and datname = current_database()
        """
    )
    return bool(found)


async def holders(admin: Connection) -> int:
    return int(await admin.fetchval(f"select count(*) {HOLDERS}", LOCK_NAME))


async def test_a_holder_that_was_stopped_does_not_keep_the_others_from_the_work(
    database: Database,
) -> None:
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, database.app_dsn, "1.0", stdout=asyncio.subprocess.PIPE
    )
    try:
        assert holder.stdout is not None
        assert b"MaintenanceHeld(held=True)" in await holder.stdout.readline()
        async with service(database.app_dsn) as connection:
            await queue_number(connection)
            await wait_until(lambda: figures_written(connection), what="it does its rounds")
        holder.send_signal(signal.SIGSTOP)
        async with maintained(database) as maintenance:
            # Stopped inside a transaction, its session ends only when that has been idle for long.
            patience = STATEMENT_TIMEOUT_SECONDS + 15.0
            await wait_until(lambda: maintenance.holding, patience, what="the lock is taken over")
    finally:
        holder.kill()
        await holder.communicate()


async def figures_written(connection: Connection) -> bool:
    """The first round is over: every statement is prepared, and a stop finds it between two."""
    return await count(connection, "queue_stats") == 1


async def test_a_step_that_fails_is_told_of_and_the_others_go_on(database: Database) -> None:
    events: list[Event] = []
    async with plain(database.owner_dsn) as owner:
        await owner.execute("drop function qcexec.retire_partition()")
        opener = partial(anew, database)
        maintenance = Maintenance(opener, events.append, POLICY)
        async with service(database.app_dsn) as connection:
            await submit(database.app_dsn, *tasks(1))
            maintenance.connected()
            await maintenance.tick(connection)
            assert await count(connection, "queue_stats") == 1
    assert [type(event).__name__ for event in events] == ["MaintenanceHeld", "MaintenanceFailed"]


async def test_partitions_that_somebody_locks_keep_nobody_from_the_rest(
    database: Database,
) -> None:
    """A wait for a lock is bounded, so that dead workers are still found while it lasts."""
    await submit(database.app_dsn, *tasks(1))
    seen = Seen()
    async with plain(database.owner_dsn) as owner, service(database.app_dsn) as connection:
        await with_lease(connection, uuid4())
        async with owner.transaction():
            # As somebody who analyzes or alters the table.
            await owner.execute("lock table qcexec.task in share update exclusive mode")
            await owner.execute("delete from qcexec.partition_range where upper_bound > now()")
            await owner.execute(
                "select pg_advisory_xact_lock(hashtextextended('qcexec.partitions', 0))"
            )
            async with maintained(database, seen=seen):
                await wait_until(
                    lambda: seen.of(LeasesReturned), 20.0, what="the sweep comes nevertheless"
                )
