"""Reading one task by its id."""

from uuid import UUID, uuid4

import pytest

from qcexec_queue.errors import DatabaseUnavailable
from qcexec_queue.lookup import find_task
from qcexec_queue.tasks import TaskView
from support.databases import Database
from support.queue import (
    COUNTS,
    EVERYTHING,
    completions,
    exchange_of,
    service,
    service_pool,
    submit,
    tasks,
)


async def test_a_task_is_pending_while_it_waits_and_while_it_runs_and_then_has_its_result(
    database: Database,
) -> None:
    (task_id,) = await submit(database.app_dsn, *tasks(1))
    async with service_pool(database.app_dsn) as pool, service(database.app_dsn) as connection:
        assert await find_task(pool, task_id) == TaskView(task_id, None)
        exchange = await exchange_of(connection)
        taken = await exchange.run(connection, [], EVERYTHING)
        assert await find_task(pool, task_id) == TaskView(task_id, None)
        await exchange.run(connection, completions(taken.leases), None)
        assert await find_task(pool, task_id) == TaskView(task_id, COUNTS)


@pytest.mark.parametrize("stranger", [UUID(int=0), UUID(int=2**128 - 1), uuid4()])
async def test_an_id_outside_of_every_partition_is_no_task(
    database: Database, stranger: UUID
) -> None:
    async with service_pool(database.app_dsn) as pool:
        assert await find_task(pool, stranger) is None


async def test_without_a_database_it_says_so() -> None:
    async with service_pool("postgresql://app@127.0.0.1:1/qcexec") as pool:
        with pytest.raises(DatabaseUnavailable):
            await find_task(pool, uuid4())
