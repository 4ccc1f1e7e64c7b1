"""The figures of a queue: exact up to a cap, beyond it near enough."""

from uuid import uuid4

import pytest

from qcexec_queue.connections import Connection
from qcexec_queue.exchange import Appetite
from qcexec_queue.leases import put_back
from qcexec_queue.settlement import Cause, RetryPolicy, settle
from qcexec_queue.statistics import QueueStatistics, read_statistics, write_statistics
from qcexec_queue.tasks import NewTask
from qcexec_queue.workers import PoolRow, register_pool
from support.databases import Database
from support.queue import (
    exchange_of,
    of_worker,
    plain,
    queue_number,
    service,
    submit,
    tasks,
)
from support.waiting import wait_until

CAP = 1000


async def figures(connection: Connection, cap: int = CAP) -> dict[str, QueueStatistics]:
    await write_statistics(connection, cap=cap)
    return dict(await read_statistics(connection))


async def test_below_the_cap_every_figure_is_exact(database: Database) -> None:
    worker_id = uuid4()
    await submit(database.app_dsn, *(NewTask(b"x" * 10, each) for each in (1.0, 2.0, 3.0, 4.0)))
    await submit(database.app_dsn, NewTask(b"y", 7.0, queue="other"))
    async with service(database.app_dsn) as connection:
        exchange = await exchange_of(connection, worker_id)
        one, two = (await exchange.run(connection, [], Appetite(2, 2, 0.0))).leases
        await put_back(
            connection, [settle(of_worker(one, worker_id), Cause.CHILD_DIED, RetryPolicy())]
        )
        found = await figures(connection)
        default = found["default"]
        assert (default.depth, default.depth_exact, default.bytes) == (2, True, 20)
        assert (default.scheduled, default.running, default.mean_cost) == (1, 1, 3.5)
        assert default.oldest_seconds is not None
        assert 0 <= default.oldest_seconds < 600
        assert 0 <= default.age_seconds < 600
        assert (found["other"].depth, found["other"].bytes, found["other"].mean_cost) == (1, 1, 7.0)
        assert two.epoch


async def test_an_empty_queue_has_no_oldest_task(database: Database) -> None:
    async with service(database.app_dsn) as connection:
        await queue_number(connection)
        found = (await figures(connection))["default"]
        assert found == QueueStatistics(
            *(0, True, 0, 0, 0, None, 0.0, found.age_seconds),
            costs=(),
            next_due_seconds=None,
            served=False,
        )


async def test_what_waits_is_told_by_classes_of_cost_whose_sums_are_those_of_their_tasks(
    database: Database,
) -> None:
    costs = (0.3, 0.4, 1.0, 1.5, 1000.0, 0.0, 1e-40)
    await submit(database.app_dsn, *(NewTask(b"x", cost) for cost in costs))
    async with service(database.app_dsn) as connection:
        found = (await figures(connection))["default"]
        assert [each.tasks for each in found.costs] == [2, 2, 2, 1]
        assert [each.cost for each in found.costs] == [
            pytest.approx(expected, rel=1e-6, abs=1e-9) for expected in (0.0, 0.7, 2.5, 1000.0)
        ]


async def test_costs_without_measure_spoil_no_figure(database: Database) -> None:
    await submit(database.app_dsn, *(NewTask(b"x", cost) for cost in (3e38, 3e38, float("inf"))))
    async with service(database.app_dsn) as connection:
        found = (await figures(connection))["default"]
        assert [each.tasks for each in found.costs] == [2, 1]
        assert all(each.cost >= 9e37 for each in found.costs)


async def test_beyond_the_cap_the_classes_tell_of_what_was_counted(database: Database) -> None:
    await submit(database.app_dsn, *tasks(CAP + 500))
    async with service(database.app_dsn) as connection:
        found = (await figures(connection))["default"]
        assert sum(each.tasks for each in found.costs) == CAP


async def test_the_next_moment_is_that_of_the_queue_and_passes(database: Database) -> None:
    worker_id = uuid4()
    policy = RetryPolicy(backoff_seconds=1000.0, max_backoff_seconds=1000.0)
    await submit(database.app_dsn, *tasks(1), NewTask(b"x", 1.0, queue="other"))
    async with service(database.app_dsn) as connection:
        exchange = await exchange_of(connection, worker_id)
        (lease,) = (await exchange.run(connection, [], Appetite(1, 1, 0.0))).leases
        await put_back(connection, [settle(of_worker(lease, worker_id), Cause.CHILD_DIED, policy)])
        found = await figures(connection)
        due = found["default"].next_due_seconds
        assert due is not None
        assert 0 < due <= 1000.0
        assert found["other"].next_due_seconds is None
        await connection.execute("delete from qcexec.scheduled")
        assert (await figures(connection))["default"].next_due_seconds is None


async def test_a_queue_is_served_while_a_pool_is_known_for_it(database: Database) -> None:
    async with service(database.app_dsn) as connection:
        queue_id = await queue_number(connection)
        await register_pool(connection, PoolRow(queue_id, 2**30, 0))
        assert (await figures(connection))["default"].served
        await connection.execute("delete from qcexec.pool")
        assert not (await figures(connection))["default"].served


async def test_beyond_the_cap_depth_and_bytes_are_estimated_within_a_factor(
    database: Database,
) -> None:
    await submit(database.app_dsn, *tasks(20_000))
    async with service(database.app_dsn) as connection, plain(database.admin_dsn) as admin:
        # PostgreSQL's own count follows with its statistics.
        await wait_until(lambda: believes(admin, 20_000), what="the statistics arrive")
        found = (await figures(connection))["default"]
        assert not found.depth_exact
        assert 10_000 <= found.depth <= 40_000
        assert 70_000 <= found.bytes <= 400_000


async def test_after_a_crash_a_deep_queue_is_not_taken_for_a_shallow_one(
    database: Database,
) -> None:
    await submit(database.app_dsn, *tasks(20_000))
    async with service(database.app_dsn) as connection, plain(database.admin_dsn) as admin:
        await wait_until(lambda: believes(admin, 20_000), what="the statistics arrive")
        # What a crash does to PostgreSQL's own count.
        await admin.execute("select pg_stat_reset()")
        found = (await figures(connection))["default"]
        assert 10_000 <= found.depth <= 40_000


async def believes(connection: Connection, rows: int) -> bool:
    live = await connection.fetchval(
        "select pg_stat_get_live_tuples('qcexec.ready'::regclass)", timeout=10
    )
    return bool(live >= rows)


async def test_two_deep_queues_share_the_estimate_by_their_size(database: Database) -> None:
    await submit(database.app_dsn, *(NewTask(b"x", 0.1, queue="large") for _ in range(9_000)))
    await submit(database.app_dsn, *(NewTask(b"x", 0.1, queue="small") for _ in range(3_000)))
    await submit(database.app_dsn, *tasks(10))
    async with service(database.app_dsn) as connection, plain(database.admin_dsn) as admin:
        await wait_until(lambda: believes(admin, 12_010), what="the statistics arrive")
        found = await figures(connection)
        assert 4_500 <= found["large"].depth <= 18_000
        assert 1_500 <= found["small"].depth <= 6_000
        assert (found["default"].depth, found["default"].depth_exact) == (10, True)


async def test_a_queue_that_was_deep_and_drained_reads_so(database: Database) -> None:
    await submit(database.app_dsn, *tasks(3_000))
    async with service(database.app_dsn) as connection:
        assert not (await figures(connection))["default"].depth_exact
        exchange = await exchange_of(connection)
        while (await exchange.run(connection, [], Appetite(1000, 1000, 1e9))).leases:
            pass
        found = (await figures(connection))["default"]
        assert (found.depth, found.depth_exact, found.running) == (0, True, 3_000)


async def test_estimates_never_fall_below_what_was_counted(database: Database) -> None:
    await submit(database.app_dsn, *tasks(1_500))
    async with service(database.app_dsn) as connection, plain(database.admin_dsn) as admin:
        # As after a crash, which loses PostgreSQL's own count.
        await admin.execute("select pg_stat_reset_single_table_counters('qcexec.ready'::regclass)")
        assert (await figures(connection))["default"].depth >= CAP
