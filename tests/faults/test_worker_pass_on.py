"""What becomes of a circuit that needs more memory than a slot has.

The worker may take a week for a task: otherwise the time that such a circuit takes would be what it
is refused for, and no pool with more memory would make it any shorter.
"""

import json
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from qcexec_queue.notify import WORKER_CHANNEL
from qcexec_queue.queues import QueueDirectory
from qcexec_queue.states import Outcome
from qcexec_queue.workers import PoolRow, register_pool
from support.databases import Database, Databases
from support.queue_seen import QueueSeen, seen_queue
from support.services import Services
from support.waiting import wait_until
from support.workers import Worker, start_worker

PEBIBYTE = 2**50
WEEK_SECONDS = 7 * 86400
QUBITS = 40
HUGE = "\n".join(
    [
        f'OPENQASM 3.0; include "stdgates.inc"; qubit[{QUBITS}] q; bit[{QUBITS}] c;',
        *(
            f"ry(0.7) q[{qubit}]; cx q[{qubit}], q[{(qubit + QUBITS // 2 + distance) % QUBITS}];"
            for distance in range(3)
            for qubit in range(QUBITS)
        ),
        "c = measure q;",
    ]
)
"""Entangles far halves, so that a state vector alone can hold it: 16 TiB."""


@pytest.fixture(scope="module")
def shared_database(databases: Databases) -> Iterator[Database]:
    made = databases.create()
    yield made
    databases.drop(made)


@pytest.fixture(scope="module")
def shared_worker(
    shared_database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Worker]:
    services = Services(tmp_path_factory.mktemp("worker"))
    variables = {"task_timeout_seconds": str(WEEK_SECONDS), "max_qubits": "50"}
    yield start_worker(services, shared_database.app_dsn, variables, slots=1)
    services.close()


@pytest.fixture
async def queue(shared_database: Database, shared_worker: Worker) -> AsyncIterator[QueueSeen]:
    await shared_worker.started()
    async with seen_queue(shared_database.app_dsn) as queue:
        queue.accepted += list(await queue.results())
        yield queue
        await queue.wait_for_results()
        await queue.check()


async def test_what_does_not_fit_goes_to_a_pool_that_fits(queue: QueueSeen) -> None:
    async with queue.pool.acquire() as connection:
        large = await QueueDirectory().queue_id(connection, "large")
        await register_pool(connection, PoolRow(large, PEBIBYTE, rank=5))
        await pools_are_read(queue)
        (task_id,) = await queue.submit(HUGE)

        async def passed_on() -> asyncpg.Record | None:
            return await connection.fetchrow(
                "select * from qcexec.ready where queue_id = $1 and task_id = $2", large, task_id
            )

        row = await wait_until(passed_on, what="the task is in the queue of the large pool")
        assert row is not None
        assert (row["attempt"], row["delivery"]) == (0, 1)
        # The engine's estimate, not what the API made of the length of the text.
        assert row["cost"] > 3600
        assert [each.reason for each in await queue.history(task_id)] == ["does_not_fit"]
        # Nobody serves that pool: it goes, and the task comes back to fail.
        await connection.execute("delete from qcexec.pool where queue_id = $1", large)
        await pools_are_read(queue)
        await connection.execute(
            "with moved as (delete from qcexec.ready where task_id = $1 returning *) "
            "insert into qcexec.ready "
            "(queue_id, priority, lane, attempt, delivery, cost, bytes, seq, task_id) "
            "select 1, priority, lane, attempt, delivery, cost, bytes, seq, task_id from moved",
            task_id,
        )


async def test_what_fits_nowhere_fails_with_what_it_needs(queue: QueueSeen) -> None:
    (task_id,) = await queue.submit(HUGE)
    result = (await queue.wait_for_results([task_id]))[task_id]
    assert (result.outcome, result.code) == (Outcome.FAILED, "circuit_too_large")
    message = json.loads(result.message)
    assert "8.19e+03 GiB of memory" in message
    assert "statevector" in message


async def pools_are_read(queue: QueueSeen) -> None:
    """A worker reads them with each heartbeat; the second one from here is all after this."""

    async def heartbeats() -> list[object]:
        return [row["heartbeat_at"] for row in (await queue.workers()).values()]

    for _ in range(2):
        last = await heartbeats()
        await queue.pool.execute("select pg_notify($1, '')", WORKER_CHANNEL)

        async def later(last: list[object] = last) -> bool:
            return await heartbeats() != last

        await wait_until(later, what="a heartbeat")
