"""Workers, forkservers and children that are killed or stopped while they have tasks."""

import signal
from collections.abc import AsyncIterator

import pytest

from qcexec_queue.states import Lane, Outcome
from support.databases import Database
from support.queue_seen import Attempt, QueueSeen, seen_queue
from support.services import Services
from support.waiting import wait_until
from support.workers import BELL, LONG, MEDIUM, Worker, start_worker

SHORT_LEASE = {"lease_seconds": "1", "claim_timeout_seconds": "1"}
ENDLESS_LEASE = {"lease_seconds": "3600"}


@pytest.fixture
async def queue(database: Database) -> AsyncIterator[QueueSeen]:
    async with seen_queue(database.app_dsn) as queue:
        yield queue


async def test_what_a_killed_worker_had_completes_elsewhere_once(
    services: Services, database: Database, queue: QueueSeen
) -> None:
    killed = start_worker(services, database.app_dsn, SHORT_LEASE, slots=2)
    await killed.started()
    had = await queue.submit(MEDIUM, MEDIUM)
    await queue.wait_for_leases(had)
    await killed.freeze_child_at_work()
    await queue.submit(*[BELL] * 40)
    killed.kill()
    other = start_worker(services, database.app_dsn, SHORT_LEASE, slots=2)
    await queue.wait_for_results()
    results = await queue.check()
    assert {results[task_id].worker_id for task_id in had} == {other.worker_id}
    assert all(result.outcome is Outcome.COMPLETED for result in results.values())
    for task_id in had:
        assert await queue.history(task_id) == [Attempt("worker_expired", False, killed.worker_id)]


async def test_the_next_process_of_a_pod_releases_at_once_and_a_task_that_kills_it_each_time_fails(
    services: Services, database: Database, queue: QueueSeen
) -> None:
    pod = {**ENDLESS_LEASE, "pod_uid": "pod-1"}
    (deadly,) = await queue.submit(LONG)
    neighbours: list[object] = []
    killed: list[Worker] = []
    for _ in range(4):
        worker = await start_worker(services, database.app_dsn, pod, slots=2).started()
        neighbours += await queue.submit(BELL, BELL)
        (lease,) = await queue.wait_for_leases([deadly])
        # The first time nobody knows what killed it: from then on the task is a suspect.
        assert lease["lane"] == (Lane.SUSPECT if killed else Lane.FRESH)
        assert lease["attempt"] == max(0, len(killed) - 1)
        await worker.child_at_work()
        worker.kill()
        killed.append(worker)
    last = start_worker(services, database.app_dsn, pod, slots=2)
    results = await queue.wait_for_results()
    await queue.check()
    assert results[deadly].outcome is Outcome.FAILED
    assert results[deadly].code == "attempts_exhausted"
    assert "its worker died" in results[deadly].message
    assert await queue.history(deadly) == [
        Attempt("worker_died", number > 0, worker.worker_id) for number, worker in enumerate(killed)
    ]
    others = [result for task_id, result in results.items() if task_id != deadly]
    assert len(others) == len(neighbours)
    assert {result.outcome for result in others} == {Outcome.COMPLETED}
    assert (await queue.workers()).keys() == {last.worker_id}


async def test_the_late_result_of_a_worker_that_was_stopped_is_refused(
    services: Services, database: Database, queue: QueueSeen
) -> None:
    other = await start_worker(services, database.app_dsn, SHORT_LEASE).started()
    await other.process.wait_for_event("maintenance_held")
    await queue.ask_drain(other)
    stopped = await start_worker(services, database.app_dsn, SHORT_LEASE).started()
    (task_id,) = await queue.submit(MEDIUM)
    child = await stopped.child_at_work()
    stopped.process.send(signal.SIGSTOP)
    await queue.ask_drain(other, drain=False)
    await queue.wait_for_results()
    stored = await queue.result(task_id)
    assert stored.worker_id == other.worker_id
    # Its own child has ended the circuit, too, when it sleeps.
    await wait_until(lambda: child.status() == "sleeping", what="the child has answered")
    stopped.process.send(signal.SIGCONT)
    refused = await stopped.process.wait_for_event("late_result_refused")
    assert refused["task_id"] == str(task_id)
    assert refused["worker_id"] == str(stopped.worker_id)
    assert await queue.result(task_id) == stored
    other.kill()

    # It is registered anew and works on.
    again = await queue.submit(BELL)
    results = await queue.wait_for_results(again)
    assert results[again[0]].worker_id == stopped.worker_id
    assert [each.reason for each in await queue.history(task_id)] == ["worker_expired"]
    await queue.check()


@pytest.mark.parametrize("state", ["idle", "idle in transaction"])
async def test_a_stopped_process_does_not_keep_the_maintenance_from_others(
    services: Services, database: Database, queue: QueueSeen, state: str
) -> None:
    stopped = await start_worker(services, database.app_dsn, SHORT_LEASE).started()
    await stopped.process.wait_for_event("maintenance_held")
    (task_id,) = await queue.submit(MEDIUM)
    await stopped.freeze_child_at_work()

    async def stopped_in_that_state() -> bool:
        stopped.process.send(signal.SIGSTOP)
        found = await queue.pool.fetchval(
            "select state from pg_stat_activity "
            "where application_name = 'qcexec-worker service' and datname = $1",
            database.name,
        )
        if found != state:
            stopped.process.send(signal.SIGCONT)
        return bool(found == state)

    await wait_until(stopped_in_that_state, what=f"its service session is {state}")
    other = start_worker(services, database.app_dsn, SHORT_LEASE)
    results = await queue.wait_for_results(deadline=30)
    assert results[task_id].worker_id == other.worker_id
    await queue.check()


async def test_a_childs_death_counts_for_the_task_that_it_had_begun_alone(
    services: Services, database: Database, queue: QueueSeen
) -> None:
    worker = await start_worker(services, database.app_dsn).started()
    await learn_run_times(queue)
    (child,) = worker.children()
    child.suspend()
    deadly, *mates = await queue.submit(LONG, BELL, BELL, BELL, cost=1e-5)
    await queue.wait_for_leases([deadly, *mates])
    for number in range(3):
        if number:
            await queue.wait_for_leases([deadly])
            (child,) = worker.children()
            await worker.child_at_work()
        else:
            # The worker is to hear of the death before it can take the mates back, but not to be
            # stopped before it has handed them to the child.
            await worker.handed_on(1 + len(mates))
            worker.process.send(signal.SIGSTOP)
            child.resume()
            await worker.child_at_work()
        child.kill()
        worker.process.send(signal.SIGCONT)
        await deaths(worker, number + 1)
    results = await queue.wait_for_results()
    await queue.check()
    assert results[deadly].outcome is Outcome.FAILED
    assert results[deadly].code == "attempts_exhausted"
    assert await queue.history(deadly) == [Attempt("child_died", True, worker.worker_id)] * 3
    for mate in mates:
        assert (results[mate].outcome, results[mate].attempt) == (Outcome.COMPLETED, 1)
        assert await queue.history(mate) == []
    died = worker.events("task_died")
    assert [line["attempt"] for line in died] == [1, 2, 3]
    assert {line["task_id"] for line in died} == {str(deadly)}
    assert {line["reason"] for line in died} == {"killed"}


async def test_the_forkservers_death_fails_nothing_and_counts_for_nothing(
    services: Services, database: Database, queue: QueueSeen
) -> None:
    worker = await start_worker(services, database.app_dsn, slots=2).started()
    task_ids = await queue.submit(MEDIUM, MEDIUM)
    await queue.wait_for_leases(task_ids)
    await worker.child_at_work()
    worker.forkserver().kill()
    results = await queue.wait_for_results()
    await queue.check()
    assert worker.alive
    assert {result.outcome for result in results.values()} == {Outcome.COMPLETED}
    history = await queue.attempts()
    assert history == [Attempt("child_lost", False, worker.worker_id)] * len(history)
    assert history


async def deaths(worker: Worker, number: int) -> None:
    """Waits until it has noticed so many."""
    await wait_until(lambda: len(worker.events("task_died")) >= number, what="a death is noticed")


async def learn_run_times(queue: QueueSeen) -> None:
    """Before its first runs a worker takes one task a slot; from then on many tiny ones."""
    for _ in range(3):
        await queue.wait_for_results(await queue.submit(BELL))
