"""Workers whose pod is taken to be gone, and tasks whose pool is."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest

from qcexec_queue.connections import Role, connect
from qcexec_queue.events import TasksMoved
from qcexec_queue.fleet import Released, read_fleet, release_pods
from qcexec_queue.maintenance import Maintenance, MaintenancePolicy
from qcexec_queue.settlement import RetryPolicy
from qcexec_queue.states import Outcome
from support.databases import Database
from support.queue import Seen
from support.queue_seen import Attempt, QueueSeen, seen_queue
from support.services import Services
from support.waiting import wait_until
from support.workers import BELL, MEDIUM, Worker, start_worker


@pytest.fixture
async def queue(database: Database) -> AsyncIterator[QueueSeen]:
    async with seen_queue(database.app_dsn) as queue:
        yield queue


async def release(queue: QueueSeen, pod_uid: str) -> Released:
    async with queue.pool.acquire() as connection:
        return await release_pods(connection, [pod_uid], RetryPolicy())


async def test_a_worker_that_runs_on_after_its_pod_was_released_ends_nothing_and_claims_no_more(
    services: Services, database: Database, queue: QueueSeen
) -> None:
    cut_off = await start_worker(
        services, database.app_dsn, {"lease_seconds": "3", "pod_uid": "cut off"}, slots=2
    ).started()
    (task_id,) = await queue.submit(MEDIUM)
    child = await cut_off.freeze_child_at_work()
    assert await release(queue, "cut off") == Released(1, 0, {"cut off": 1})
    assert await queue.history(task_id) == [Attempt("pod_gone", False, cut_off.worker_id)]
    await wait_until(lambda: drained(queue, cut_off), what="it heard of it")

    # It has a free slot, and nobody else is there: what waits goes on waiting.
    waiting = [task_id, *await queue.submit(BELL, BELL)]
    await two_heartbeats(queue, cut_off)
    assert await queue.leases() == []

    heir = await start_worker(
        services, database.app_dsn, {"lease_seconds": "3", "pod_uid": "heir"}
    ).started()
    results = await queue.wait_for_results(waiting)
    assert {each.worker_id for each in results.values()} == {heir.worker_id}

    child.resume()
    await cut_off.process.wait_for_event("late_result_refused")
    assert await release(queue, "cut off") == Released(0, 0)
    after = await queue.result(task_id)
    assert (after, after.outcome, after.attempt) == (results[task_id], Outcome.COMPLETED, 1)
    await queue.check()


async def test_a_worker_tells_the_fleet_what_it_has_run_and_since_when_it_is_idle(
    services: Services, database: Database, queue: QueueSeen
) -> None:
    await start_worker(
        services, database.app_dsn, {"lease_seconds": "3", "pod_uid": "uid"}, slots=2
    ).started()
    await queue.submit(*[BELL] * 3, cost=0.25)
    await queue.wait_for_results()

    async def told() -> bool:
        async with queue.pool.acquire() as connection:
            (figures,) = (await read_fleet(connection)).workers
        counters = figures.counters
        return (
            counters.tasks == 3
            and counters.cost == 0.75
            and 0 < counters.squares <= counters.seconds**2
            and figures.idle_since is not None
        )

    await wait_until(told, what="a heartbeat tells")


async def test_tasks_whose_pool_is_gone_are_run_by_another(
    services: Services, database: Database, queue: QueueSeen
) -> None:
    await queue.submit(BELL, BELL, queue="gone")
    seen = Seen()
    opener = partial(connect, database.app_dsn, role=Role.SERVICE, application="maintenance")
    policy = MaintenancePolicy(lease_seconds=6.0, pool_seconds=0.5)
    maintenance = Maintenance(opener, seen, policy)
    stop = asyncio.Event()
    running = asyncio.create_task(maintenance.run(stop))
    await wait_until(lambda: maintenance.holding, what="the grace is this one's")
    await start_worker(services, database.app_dsn, {"lease_seconds": "6"}).started()
    results = await queue.wait_for_results()
    assert {each.outcome for each in results.values()} == {Outcome.COMPLETED}
    assert seen.of(TasksMoved) == [TasksMoved("gone", "default", 2)]
    stop.set()
    await running
    assert await queue.attempts() == []
    await queue.check()


async def test_a_pool_that_is_not_known_any_more_is_made_known_by_its_workers(
    services: Services, database: Database, queue: QueueSeen
) -> None:
    await start_worker(services, database.app_dsn, {"lease_seconds": "3"}).started()
    known = "select count(*) from qcexec.pool"
    assert await queue.pool.fetchval(known) == 1
    await queue.pool.execute("delete from qcexec.pool")
    await wait_until(lambda: queue.pool.fetchval(known), what="it is known again")


async def drained(queue: QueueSeen, worker: Worker) -> object:
    return (await queue.workers())[worker.worker_id]["drained_at"]


async def two_heartbeats(queue: QueueSeen, worker: Worker) -> None:
    async def beat() -> object:
        return (await queue.workers())[worker.worker_id]["heartbeat_at"]

    for _ in range(2):
        last = await beat()

        async def later(last: object = last) -> bool:
            return await beat() != last

        await wait_until(later, what="a heartbeat")
