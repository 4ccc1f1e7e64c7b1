"""What one worker does with the tasks it is given: batches, limits, wake-ups, log lines.

The tests share a worker of two slots with a short time limit, and each looks at its own tasks.
"""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import pytest

from qcexec_queue.statements import statement
from qcexec_queue.states import Outcome
from support.databases import Database, Databases
from support.queue_seen import QueueSeen, payload, seen_queue
from support.services import Services
from support.waiting import wait_until
from support.workers import BELL, BROKEN, MEDIUM, Worker, dense, start_worker

TIME_LIMIT = 10
OVERRUNNING = dense(2000)
"""Runs some 30 seconds, over the time limit; were it four times that, it would not be begun."""


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
    variables = {
        "task_timeout_seconds": str(TIME_LIMIT),
        "max_qubits": "50",
        "metrics_interval_seconds": "1",
    }
    yield start_worker(services, shared_database.app_dsn, variables, slots=2)
    services.close()


@pytest.fixture
async def worker(shared_worker: Worker) -> Worker:
    return await shared_worker.started()


@pytest.fixture
async def queue(shared_database: Database, worker: Worker) -> AsyncIterator[QueueSeen]:
    del worker
    async with seen_queue(shared_database.app_dsn) as queue:
        queue.accepted += list(await queue.results())
        yield queue
        await queue.wait_for_results()
        await queue.check()


async def test_the_time_limit_takes_the_task_that_overran_alone(
    worker: Worker, queue: QueueSeen
) -> None:
    late, *others = await queue.submit(OVERRUNNING, dense(5), *[BELL] * 10)
    results = await queue.wait_for_results([late, *others])
    assert (results[late].outcome, results[late].code) == (Outcome.FAILED, "time_limit")
    assert f"longer than the {TIME_LIMIT} seconds" in json.loads(results[late].message)
    assert results[late].attempt == 1
    assert {results[task_id].outcome for task_id in others} == {Outcome.COMPLETED}
    assert all(results[task_id].position < results[late].position for task_id in others)
    assert await queue.attempts() == []
    assert worker.alive


async def test_tiny_tasks_are_claimed_many_at_once(worker: Worker, queue: QueueSeen) -> None:
    await learn_run_times(queue)
    await queue.wait_for_results(await queue.submit(*[BELL] * 1000, cost=1e-4))
    claimed = [line["claimed"] for line in worker.events("exchanged")]
    assert max(claimed) > 4
    # Completing and claiming are one statement.
    assert any(line["claimed"] and line["completed"] for line in worker.events("exchanged"))


async def test_a_long_task_gives_those_behind_it_back_uncounted(
    worker: Worker, queue: QueueSeen
) -> None:
    await learn_run_times(queue)
    before = returned(worker)
    # Another text than those before, whose state a child may have kept.
    long, *mates = await queue.submit(f"{MEDIUM} // 2", *[BELL] * 30, cost=1e-5)
    results = await queue.wait_for_results([long, *mates])
    assert returned(worker) > before
    # The other slot ran them meanwhile.
    assert all(results[mate].position < results[long].position for mate in mates)
    assert {result.attempt for result in results.values()} == {1}
    assert await queue.attempts() == []


async def test_a_notification_wakes_an_idle_worker(worker: Worker, queue: QueueSeen) -> None:
    """Polls are full sweeps; a claim that was none was asked for by a notification."""
    woken = False
    for _ in range(10):
        await next_poll(worker)
        seen = len(worker.events("exchanged"))
        await queue.wait_for_results(await queue.submit(BELL))
        claims = [line for line in worker.events("exchanged")[seen:] if line["claimed"]]
        if not claims[0]["sweep"]:
            woken = True
            break
    assert woken


async def test_polling_finds_a_task_of_which_nobody_was_told(queue: QueueSeen) -> None:
    (task_id,) = await queue.pool.fetchval(
        statement("enqueue"), [payload(BELL, 8)], [1], [2], [0.004], [None], [], bytes(8)
    )
    queue.accepted.append(task_id)
    results = await queue.wait_for_results([task_id])
    assert results[task_id].outcome is Outcome.COMPLETED


async def test_a_long_circuit_leaves_the_cpu_of_an_idle_slot_unused(
    worker: Worker, queue: QueueSeen
) -> None:
    if worker.events("slots_planned")[0]["cpus"] == 1:
        pytest.skip("there is one CPU, and no other to be lent")
    (task_id,) = await queue.submit(MEDIUM)
    await queue.wait_for_results([task_id])
    assert line_of(worker, "task_completed", task_id)["threads"] > 1


async def test_log_lines_have_the_fields_that_are_promised(
    worker: Worker, queue: QueueSeen
) -> None:
    good, bad = await queue.submit(BELL, BROKEN, shots=17)
    await queue.wait_for_results([good, bad])
    assert len(worker.process.output().splitlines()) == len(worker.process.events())
    completed = line_of(worker, "task_completed", good)
    assert completed["worker_id"] == str(worker.worker_id)
    assert (completed["attempt"], completed["shots"], completed["num_qubits"]) == (1, 17, 2)
    assert isinstance(completed["method"], str)
    for name in ("duration_ms", "build_ms", "exec_ms", "depth"):
        assert completed[name] > 0
    failed = line_of(worker, "task_failed", bad)
    assert failed["worker_id"] == str(worker.worker_id)
    assert failed["attempt"] == 1
    assert failed["duration_ms"] > 0
    assert "line" in failed["message"]
    assert json.loads((await queue.result(bad)).message) == failed["message"]


async def test_metrics_tell_of_the_queue_and_of_the_worker(
    worker: Worker, queue: QueueSeen
) -> None:
    await queue.submit(f"{MEDIUM} // 3")

    def told() -> bool:
        return any(
            line["running"] == 1 and line["held"] == 1 and line["busy"] == 1
            for line in worker.events("metrics")
        )

    await wait_until(told, what="the metrics tell of the task that runs")
    line = worker.events("metrics")[0]
    assert {"queue", "depth", "scheduled", "oldest_seconds", "slots"} <= line.keys()


async def test_a_worker_holds_two_connections(
    worker: Worker, queue: QueueSeen, shared_database: Database
) -> None:
    await queue.submit(*[BELL] * 20)
    rows = await queue.pool.fetch(
        "select application_name from pg_stat_activity "
        "where datname = $1 and application_name like 'qcexec-worker%' order by 1",
        shared_database.name,
    )
    assert [row[0] for row in rows] == ["qcexec-worker claims", "qcexec-worker service"]
    assert worker.alive


async def learn_run_times(queue: QueueSeen) -> None:
    """Before its first runs a worker takes one task a slot; from then on many tiny ones."""
    for _ in range(5):
        await queue.wait_for_results(await queue.submit(BELL, BELL))


def returned(worker: Worker) -> int:
    lines = worker.events("leases_returned")
    return sum(line["returned"] for line in lines if line["reason"] == "not_begun")


async def next_poll(worker: Worker) -> None:
    def polls() -> int:
        return sum(line["sweep"] for line in worker.events("exchanged"))

    before = polls()
    await wait_until(lambda: polls() > before, what="the worker polls")


def line_of(worker: Worker, event: str, task_id: UUID) -> dict[str, Any]:
    (line,) = [line for line in worker.events(event) if line["task_id"] == str(task_id)]
    return line
