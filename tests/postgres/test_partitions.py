"""Partitions and retention, with a retention so short that whole lives pass within a test."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest

from qcexec_queue.connections import Connection, Role, connect
from qcexec_queue.enqueue import Submitter
from qcexec_queue.errors import DatabaseUnavailable
from qcexec_queue.events import PartitionsChanged
from qcexec_queue.exchange import Appetite
from qcexec_queue.leases import put_back
from qcexec_queue.lookup import find_task
from qcexec_queue.maintenance import Maintenance, MaintenancePolicy
from qcexec_queue.migrate import migrate
from qcexec_queue.settlement import Cause, RetryPolicy, settle
from qcexec_queue.tasks import NewTask
from support.databases import APP_ROLE, Database
from support.queue import (
    Seen,
    completions,
    count,
    exchange_of,
    holds,
    of_worker,
    plain,
    service,
    service_pool,
    submit,
    submitting,
    tasks,
)
from support.waiting import wait_until

DAY = 86400.0
ONE = Appetite(1, 1, 0.0)


async def keep_for(database: Database, seconds: float) -> None:
    await migrate(database.owner_dsn, app_role=APP_ROLE, retention_days=seconds / DAY)


@asynccontextmanager
async def briefly_kept(database: Database, seconds: float) -> AsyncIterator[Connection]:
    await keep_for(database, seconds)
    async with service(database.app_dsn) as connection:
        yield connection


async def retire_until(connection: Connection, answer: str) -> None:
    async def answered() -> bool:
        # Somebody has to make room ahead meanwhile.
        await connection.fetchval("select qcexec.make_partitions()")
        return bool(await connection.fetchval("select qcexec.retire_partition()") == answer)

    await wait_until(answered, what=f"retire_partition() tells {answer}")


async def past_its_retention(connection: Connection, task_id: UUID) -> None:
    """The range of this task has ended longer ago than the retention."""

    async def doomed() -> bool:
        return bool(
            await connection.fetchval(
                """
                select exists (
                  select from qcexec.partition_range, qcexec.setting
                  where qcexec.uuid7_floor(lower_bound) <= $1
                    and $1 < qcexec.uuid7_floor(upper_bound)
                    and upper_bound <= now() - retention
                )
                """,
                task_id,
            )
        )

    await wait_until(doomed, what="the task's range is past its retention")


async def test_at_thirty_days_partitions_are_a_week_wide_and_two_lie_ahead(
    empty_database: Database,
) -> None:
    await migrate(empty_database.owner_dsn, app_role=APP_ROLE, retention_days=30)
    async with plain(empty_database.owner_dsn) as owner:
        rows = await owner.fetch(
            "select *, now() as now from qcexec.partition_range order by lower_bound"
        )
        assert all(row["upper_bound"] - row["lower_bound"] == timedelta(days=7) for row in rows)
        assert rows[0]["lower_bound"] <= rows[0]["now"]
        assert rows[-1]["upper_bound"] >= rows[0]["now"] + timedelta(days=14)
        for before, after in itertools.pairwise(rows):
            assert before["upper_bound"] == after["lower_bound"]
        attached = await owner.fetch(
            "select inhparent::regclass::text as parent, count(*) from pg_inherits"
            " where inhparent::regclass::text like 'qcexec.%' and inhparent in"
            " (select oid from pg_class where relkind = 'p') group by 1"
        )
        assert {row["parent"]: row["count"] for row in attached} == {
            f"qcexec.{parent}": len(rows) for parent in ("task", "result", "attempt")
        }


async def test_about_eight_exist_while_time_passes_and_intake_goes_on_without_a_worker(
    database: Database,
) -> None:
    """Only an API's maintenance runs. Its "days" are fractions of a second."""
    seen = Seen()
    policy = MaintenancePolicy(partitions_seconds=0.05, statistics_seconds=3600.0)
    opener = partial(connect, database.app_dsn, role=Role.SERVICE, application="maintenance")
    maintenance = Maintenance(opener, seen, policy)
    stop = asyncio.Event()
    async with plain(database.owner_dsn) as owner, service_pool(database.app_dsn) as pool:
        await owner.execute("delete from qcexec.partition_range")
        for parent in ("task", "result", "attempt"):
            await owner.execute(f"truncate qcexec.{parent}")
            for row in await owner.fetch(
                "select inhrelid::regclass::text as name from pg_inherits"
                " where inhparent = $1::regclass",
                f"qcexec.{parent}",
            ):
                await owner.execute(f"drop table {row['name']}")
        await keep_for(database, 4.0)
        running = asyncio.create_task(maintenance.run(stop))
        async with submitting(database.app_dsn) as submitter:
            first = await finished(database, submitter)
            most = 0

            async def gone() -> bool:
                nonlocal most
                await finished(database, submitter)
                most = max(most, await count(owner, "partition_range"))
                return await find_task(pool, first) is None

            await wait_until(gone, what="the first task is past its retention")
        stop.set()
        await running
    retired = [event.retired for event in seen.of(PartitionsChanged)]
    dropped = [each for each in retired if each in ("task", "result")]
    assert dropped[:2] == ["task", "result"]
    # On a slow machine, maintenance is late by a few of these short widths.
    assert 6 <= most <= 16


async def finished(database: Database, submitter: Submitter) -> UUID:
    """A task that was accepted and has its result."""
    task_id = await submitter.enqueue(NewTask(b"x", 0.1))
    async with service(database.app_dsn) as connection:
        exchange = await exchange_of(connection)
        taken = await exchange.run(connection, [], Appetite(100, 100, 1.0))
        await exchange.run(connection, completions(taken.leases), None)
    return task_id


@pytest.mark.parametrize("place", ["ready", "scheduled", "lease", "result"])
async def test_a_task_in_the_queue_or_just_finished_holds_its_range(
    database: Database, place: str
) -> None:
    await partitions_anew(database, 1.0)
    (task_id,) = await submit(database.app_dsn, *tasks(1))
    worker_id = uuid4()
    async with service(database.app_dsn) as connection, service_pool(database.app_dsn) as pool:
        exchange = await exchange_of(connection, worker_id)
        leases = []
        if place != "ready":
            leases = (await exchange.run(connection, [], ONE)).leases
        if place == "scheduled":
            late = RetryPolicy(backoff_seconds=3600.0, max_backoff_seconds=3600.0)
            back = [settle(of_worker(each, worker_id), Cause.CHILD_DIED, late) for each in leases]
            await put_back(connection, back)
        await past_its_retention(connection, task_id)
        if place == "result":
            # It took that long; its result is read for as long as any other's.
            await keep_for_longer(database)
            await exchange.run(connection, completions(leases), None)
        await retire_until(connection, "held")
        view = await find_task(pool, task_id)
        assert view is not None
        assert (view.result is not None) == (place == "result")
        await holds(connection, task=1, **{place: 1})


async def test_a_range_that_is_held_does_not_hold_those_after_it(database: Database) -> None:
    await partitions_anew(database, 1.0)
    (held,) = await submit(database.app_dsn, *tasks(1))
    async with service(database.app_dsn) as connection, service_pool(database.app_dsn) as pool:
        exchange = await exchange_of(connection)
        assert len((await exchange.run(connection, [], ONE)).leases) == 1
        await past_its_retention(connection, held)
        await connection.execute("select qcexec.make_partitions()")
        async with submitting(database.app_dsn) as submitter:
            later = await finished(database, submitter)

        async def later_is_gone() -> bool:
            await connection.execute("select qcexec.retire_partition()")
            return await find_task(pool, later) is None

        await wait_until(later_is_gone, what="the later range goes")
        assert await find_task(pool, held) is not None


async def keep_for_longer(database: Database) -> None:
    """The retention of results alone: ranges that are past it already stay so."""
    async with plain(database.owner_dsn) as owner:
        await owner.execute(
            """
            update qcexec.setting set retention =
              (select now() - min(upper_bound) from qcexec.partition_range)
            """
        )


async def partitions_anew(database: Database, retention: float) -> None:
    """Drop the week-wide partitions of a fresh database and make some of this retention."""
    async with plain(database.owner_dsn) as owner:
        rows = await owner.fetch("delete from qcexec.partition_range returning suffix")
        for row in rows:
            for parent in ("task", "result", "attempt"):
                await owner.execute(f"drop table qcexec.{parent}_{row['suffix']}")
    await keep_for(database, retention)


async def test_a_finished_task_never_reads_as_pending_while_its_range_goes(
    database: Database,
) -> None:
    await partitions_anew(database, 1.0)
    (task_id,) = await submit(database.app_dsn, *tasks(1))
    async with service(database.app_dsn) as connection, service_pool(database.app_dsn) as pool:
        exchange = await exchange_of(connection)
        taken = await exchange.run(connection, [], ONE)
        await exchange.run(connection, completions(taken.leases), None)
        view = await find_task(pool, task_id)
        assert view is not None
        assert view.result is not None

        async def gone() -> bool:
            await connection.fetchval("select qcexec.retire_partition()")
            view = await find_task(pool, task_id)
            assert view is None or view.result is not None
            return view is None

        await wait_until(gone, what="the task reads as not found")
        assert await count(connection, "result") == 1
        assert await connection.fetchval("select qcexec.retire_partition()") == "result"
        assert await find_task(pool, task_id) is None
        await holds(connection, task=0, result=0)


async def test_look_ups_during_the_drop_find_the_result_or_nothing(database: Database) -> None:
    await partitions_anew(database, 1.0)
    ids = await submit(database.app_dsn, *tasks(20))
    async with service(database.app_dsn) as connection, service_pool(database.app_dsn) as pool:
        exchange = await exchange_of(connection)
        taken = await exchange.run(connection, [], Appetite(20, 20, 1.0))
        await exchange.run(connection, completions(taken.leases), None)

        async def looks() -> None:
            while True:
                views = [await find_task(pool, each) for each in ids]
                assert all(view is None or view.result is not None for view in views)
                if not any(views):
                    return

        async def retires() -> None:
            while await count(connection, "result") > 0:
                await connection.fetchval("select qcexec.retire_partition()")

        await asyncio.gather(looks(), looks(), retires())


async def test_somebody_who_reads_the_table_delays_the_drop_and_nobody_else(
    database: Database,
) -> None:
    await partitions_anew(database, 1.0)
    (task_id,) = await submit(database.app_dsn, *tasks(1))
    async with (
        service(database.app_dsn) as connection,
        service_pool(database.app_dsn) as pool,
        plain(database.owner_dsn) as dump,
    ):
        exchange = await exchange_of(connection)
        taken = await exchange.run(connection, [], ONE)
        await exchange.run(connection, completions(taken.leases), None)
        await past_its_retention(connection, task_id)
        await dump.execute("update qcexec.setting set partition_width = '1 hour'")
        await connection.fetchval("select qcexec.make_partitions()")
        async with dump.transaction():
            await dump.execute("lock table qcexec.task in access share mode")
            await retire_until(connection, "busy")
            # Who asks meanwhile waits for the drop's short wait at the most, never for the dump.
            retiring = asyncio.create_task(retire_ten_times(connection))
            for _ in range(20):
                assert await find_task(pool, task_id) is not None
            assert set(await retiring) == {"busy"}
            await submit(database.app_dsn, *tasks(1))
        await retire_until(connection, "task")


async def retire_ten_times(connection: Connection) -> list[str]:
    return [await connection.fetchval("select qcexec.retire_partition()") for _ in range(10)]


async def test_a_changed_retention_changes_the_width_of_later_partitions(
    database: Database,
) -> None:
    async with plain(database.owner_dsn) as owner:
        before = await owner.fetch("select * from qcexec.partition_range order by lower_bound")
        await migrate(database.owner_dsn, app_role=APP_ROLE, retention_days=300)
        after = await owner.fetch("select * from qcexec.partition_range order by lower_bound")
    assert after[: len(before)] == before
    widths = {row["upper_bound"] - row["lower_bound"] for row in after[len(before) :]}
    assert widths == {timedelta(days=70)}
    assert after[len(before)]["lower_bound"] == before[-1]["upper_bound"]


async def test_a_gap_of_many_widths_is_bridged_by_the_next_run(database: Database) -> None:
    await partitions_anew(database, 0.5)
    async with service(database.app_dsn) as connection:

        async def ended() -> bool:
            return bool(
                await connection.fetchval(
                    """
                    select now() > max(upper_bound)
                      + 5 * (select partition_width from qcexec.setting)
                    from qcexec.partition_range
                    """
                )
            )

        await wait_until(ended, what="nobody ran maintenance for many widths")
        last = await connection.fetchval("select max(upper_bound) from qcexec.partition_range")
        async with submitting(database.app_dsn) as submitter:
            with pytest.raises(DatabaseUnavailable):
                await submitter.enqueue(NewTask(b"x", 0.1))
            await keep_for(database, 60.0)
            await submitter.enqueue(NewTask(b"x", 0.1))
        row = await connection.fetchrow(
            "select min(lower_bound) <= now() as covers, max(upper_bound) >= now()"
            " + 2 * (select partition_width from qcexec.setting) as ahead"
            " from qcexec.partition_range where lower_bound >= $1",
            last,
        )
        assert row is not None
        assert tuple(row) == (True, True)


async def test_two_who_make_partitions_at_once_make_each_once(database: Database) -> None:
    await partitions_anew(database, 30 * DAY)
    async with plain(database.owner_dsn) as owner:
        await owner.execute("update qcexec.setting set partition_width = '60 days'")
    async with service(database.app_dsn) as one, service(database.app_dsn) as two:
        made = await asyncio.gather(
            *(each.fetchval("select qcexec.make_partitions()") for each in (one, two))
        )
    assert min(made) == 0
    assert max(made) > 0
