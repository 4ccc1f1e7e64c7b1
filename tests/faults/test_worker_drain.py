"""Workers that are asked to leave: by SIGTERM, by a second one, and in the database."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest

from qcexec_queue.notify import WORKER_CHANNEL
from qcexec_queue.states import Lane, Outcome
from support.databases import Database
from support.queue import plain
from support.queue_seen import Attempt, QueueSeen, seen_queue
from support.services import Services
from support.waiting import wait_until
from support.workers import BELL, MEDIUM, Worker, start_worker


@pytest.fixture
async def queue(database: Database) -> AsyncIterator[QueueSeen]:
    async with seen_queue(database.app_dsn) as queue:
        yield queue


async def test_sigterm_lets_end_what_can_and_hands_back_the_rest(
    services: Services, database: Database, queue: QueueSeen
) -> None:
    grace = {"grace_seconds": "6"}
    worker = await start_worker(services, database.app_dsn, grace, slots=2).started()
    (endless,) = await queue.submit(MEDIUM)
    await worker.freeze_child_at_work()
    (ending,) = await queue.submit(MEDIUM)
    await worker.child_at_work()
    waiting = await queue.submit(*[BELL] * 5)
    assert await worker.stop() == 0

    results = await queue.results()
    assert (results[ending].outcome, results[ending].worker_id) == (
        Outcome.COMPLETED,
        worker.worker_id,
    )
    assert await queue.history(ending) == []
    assert endless not in results
    assert await queue.history(endless) == [Attempt("drained", False, worker.worker_id)]
    assert await queue.leases() == []
    assert await queue.workers() == {}
    ready = await queue.pool.fetchrow("select * from qcexec.ready where task_id = $1", endless)
    assert ready is not None
    assert (ready["lane"], ready["attempt"], ready["delivery"]) == (Lane.RETURNED, 0, 1)
    assert [line["event"] for line in worker.process.events()][-1] == "stopped"
    assert len(worker.process.output().splitlines()) == len(worker.process.events())

    start_worker(services, database.app_dsn)
    results = await queue.wait_for_results()
    assert results[endless].attempt == 1
    for task_id in waiting:
        assert await queue.history(task_id) == []
    await queue.check()


async def test_a_second_sigterm_hands_back_at_once_and_no_number_of_rollouts_fails_a_task(
    services: Services, database: Database, queue: QueueSeen
) -> None:
    grace = {"grace_seconds": "3600", "max_attempts": "1"}
    (task_id,) = await queue.submit(MEDIUM)
    left: list[Worker] = []
    for _ in range(3):
        worker = await start_worker(services, database.app_dsn, grace).started()
        await worker.freeze_child_at_work()
        assert await worker.stop(times=2) == 0
        left.append(worker)
        assert await queue.workers() == {}
        assert await queue.leases() == []
    assert await queue.history(task_id) == [
        Attempt("drained", False, worker.worker_id) for worker in left
    ]
    start_worker(services, database.app_dsn, grace)
    results = await queue.wait_for_results()
    assert (results[task_id].outcome, results[task_id].attempt) == (Outcome.COMPLETED, 1)
    await queue.check()


async def test_a_worker_that_drains_tells_so_once_and_does_not_call_itself(
    services: Services, database: Database, queue: QueueSeen
) -> None:
    settings = {"lease_seconds": "3", "grace_seconds": "3600"}
    worker = await start_worker(services, database.app_dsn, settings).started()
    await queue.submit(MEDIUM)
    await worker.freeze_child_at_work()
    calls: list[object] = []
    async with plain(database.app_dsn) as connection:
        await connection.add_listener(WORKER_CHANNEL, lambda *heard: calls.append(heard))
        worker.process.send(signal.SIGTERM)
        await wait_until(lambda: drained_at(queue, worker), what="the drain is acknowledged")
        await three_heartbeats(queue, worker)
        heard = len(calls)
    assert await worker.stop() == 0
    assert heard == 1

    start_worker(services, database.app_dsn)
    await queue.wait_for_results()
    await queue.check()


async def test_a_drain_in_the_database_is_acknowledged_and_can_be_taken_back(
    services: Services, database: Database, queue: QueueSeen
) -> None:
    worker = await start_worker(
        services, database.app_dsn, {"lease_seconds": "3"}, slots=2
    ).started()
    (running,) = await queue.submit(MEDIUM)
    child = await worker.freeze_child_at_work()
    assert await health(worker, "--ready") == 0

    await queue.ask_drain(worker)
    await wait_until(lambda: drained_at(queue, worker), what="the drain is acknowledged")
    refused = await queue.submit(BELL, BELL)
    child.resume()
    results = await queue.wait_for_results([running])
    assert results[running].worker_id == worker.worker_id
    # It had a free slot all the time, and was told of the tasks.
    await three_heartbeats(queue, worker)
    assert [lease["task_id"] for lease in await queue.leases()] == []
    assert (await queue.results()).keys().isdisjoint(refused)
    await wait_until(lambda: health(worker, "--ready"), what="it is not ready")
    assert await health(worker) == 0

    await queue.ask_drain(worker, drain=False)
    await queue.wait_for_results()
    assert await drained_at(queue, worker) is None
    assert await queue.attempts() == []
    await queue.check()


async def test_a_drain_that_is_asked_before_sigterm_changes_nothing_about_it(
    services: Services, database: Database, queue: QueueSeen
) -> None:
    worker = await start_worker(services, database.app_dsn).started()
    (task_id,) = await queue.submit(MEDIUM)
    await worker.child_at_work()
    await queue.ask_drain(worker)
    await wait_until(lambda: drained_at(queue, worker), what="the drain is acknowledged")
    assert await worker.stop() == 0
    assert (await queue.result(task_id)).outcome is Outcome.COMPLETED
    assert await queue.workers() == {}
    await queue.check()


async def test_sigterm_before_the_database_is_there_ends_the_start(services: Services) -> None:
    nobody = "postgresql://qcexec_app@127.0.0.1:1/qcexec"
    worker = start_worker(services, nobody)
    await worker.process.wait_for_event("waiting_for_database")
    assert await worker.stop() == 0


async def test_sigterm_at_any_moment_of_the_start_ends_it(
    services: Services, database: Database, queue: QueueSeen
) -> None:
    """The moments are those at which its first lines are seen."""
    for event in ("slots_planned", "worker_started"):
        worker = start_worker(services, database.app_dsn)
        await worker.process.wait_for_event(event)
        assert await worker.stop() == 0
        assert await queue.workers() == {}


async def test_sigterm_again_and_again_until_it_has_ended_ends_it_well(
    services: Services, database: Database, queue: QueueSeen
) -> None:
    worker = await start_worker(services, database.app_dsn).started()

    while worker.alive:
        worker.process.send(signal.SIGTERM)
        # Often enough to meet every moment of the end.
        await asyncio.sleep(0.001)
    assert worker.process.exit_code == 0
    assert await queue.workers() == {}


async def drained_at(queue: QueueSeen, worker: Worker) -> object:
    return (await queue.workers())[worker.worker_id]["drained_at"]


async def three_heartbeats(queue: QueueSeen, worker: Worker) -> None:
    async def beat() -> object:
        return (await queue.workers())[worker.worker_id]["heartbeat_at"]

    for _ in range(3):
        last = await beat()

        async def later(last: object = last) -> bool:
            return await beat() != last

        await wait_until(later, what="a heartbeat")


async def health(worker: Worker, *options: str) -> int:
    """The exit code of the probe."""
    command = [sys.executable, "-m", "qcexec_worker.health", *options]
    probe = await asyncio.create_subprocess_exec(
        *command,
        env={"QCEXEC_HEALTH_FILE": str(worker.health_file)},
        stdout=subprocess.DEVNULL,
    )
    return await probe.wait()
