"""The queue's figures as a whole: those of its rows, and read by who holds the lock alone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from uuid import UUID, uuid4

from qcexec_queue.connections import Connection, Role, connect
from qcexec_queue.events import ignore
from qcexec_queue.figures import Figures, QueueFigures, read_figures
from qcexec_queue.maintenance import Maintenance, MaintenancePolicy
from qcexec_queue.settlement import RetryPolicy
from qcexec_queue.statistics import write_statistics
from qcexec_queue.tasks import NewTask
from qcexec_queue.workers import PoolRow, ask_drain, register, register_pool
from support.databases import Database
from support.queue import EVERYTHING, exchange_of, identity, queue_number, service, submit, tasks
from support.waiting import wait_until


def opener(database: Database) -> Callable[[], Awaitable[Connection]]:
    return partial(connect, database.app_dsn, role=Role.SERVICE, application="maintenance")


async def figures_of(connection: Connection, queue: str = "default") -> QueueFigures:
    (found,) = [each for each in (await read_figures(connection)).queues if each.queue == queue]
    return found


async def a_worker(connection: Connection, queue_id: int) -> UUID:
    worker_id = uuid4()
    await register(connection, identity(worker_id, queue_id), RetryPolicy())
    return worker_id


async def test_they_are_those_of_the_rows(database: Database) -> None:
    await submit(database.app_dsn, *tasks(5), NewTask(b"elsewhere", 0.001, queue="other"))
    async with service(database.app_dsn) as connection:
        queue_id = await queue_number(connection)
        claiming, draining = [await a_worker(connection, queue_id) for _ in range(2)]
        await ask_drain(connection, [draining])
        await register_pool(connection, PoolRow(queue_id, 2**30, 0))
        exchange = await exchange_of(connection, claiming)
        await exchange.run(connection, [], EVERYTHING)
        await submit(database.app_dsn, *tasks(3))
        await write_statistics(connection)
        found = await figures_of(connection)
        assert (found.ready, found.scheduled, found.running) == (3, 0, 5)
        assert found.bytes == sum(len(task.payload) for task in tasks(3))
        assert 0 < found.oldest_seconds < 600
        assert (found.claiming, found.draining, found.slots) == (1, 1, 2)
        assert found.served
        other = await figures_of(connection, "other")
        assert (other.ready, other.running, other.slots, other.served) == (1, 0, 0, False)


async def test_nothing_waits_in_an_empty_queue_and_the_database_has_a_size(
    database: Database,
) -> None:
    async with service(database.app_dsn) as connection:
        await queue_number(connection)
        await write_statistics(connection)
        found = await figures_of(connection)
        assert (found.ready, found.oldest_seconds) == (0, 0.0)
        assert (await read_figures(connection)).database_bytes > 2**20


@asynccontextmanager
async def maintaining(
    database: Database, on_figures: Callable[[Figures], None] | None
) -> AsyncIterator[Maintenance]:
    policy = MaintenancePolicy(lock_seconds=0.05, figures_seconds=0.05)
    maintenance = Maintenance(opener(database), ignore, policy, on_figures=on_figures)
    stop = asyncio.Event()
    running = asyncio.create_task(maintenance.run(stop))
    try:
        yield maintenance
    finally:
        stop.set()
        await running


async def test_only_who_holds_the_lock_reads_them(database: Database) -> None:
    first: list[Figures] = []
    second: list[Figures] = []
    async with maintaining(database, second.append) as waiting:
        await wait_until(lambda: second, what="the only one reads")
        async with maintaining(database, first.append) as other:
            read = len(second)
            await wait_until(lambda: len(second) > read, what="it goes on reading")
            assert waiting.holding
            assert not other.holding
            assert first == []


async def test_who_does_not_want_them_has_the_work_done_all_the_same(database: Database) -> None:
    async with service(database.app_dsn) as connection:
        await queue_number(connection)
        async with maintaining(database, None):

            async def written() -> bool:
                sql = "select exists (select from qcexec.queue_stats)"
                return bool(await connection.fetchval(sql))

            await wait_until(written, what="statistics are written")
