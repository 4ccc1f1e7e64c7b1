"""PostgreSQL restarted, stopped, and cut off beneath the whole service under load."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from uuid import UUID

import asyncpg
import pytest

from qcexec_queue.connections import TRANSIENT_ERRORS
from qcexec_queue.migrate import migrate
from qcexec_queue.states import Outcome
from qcexec_standalone.postgres import PostgresServer
from support.databases import Database
from support.load import Load, api_on, under_load
from support.proxy import Strike, proxied
from support.queue_seen import QueueSeen, seen_queue
from support.services import Services
from support.waiting import wait_until
from support.workers import BELL, MEDIUM, Worker, start_worker

LEASE_SECONDS = 2.0
HEARTBEAT = "set heartbeat_at = now(), busy"
EXCHANGE = "nextval('qcexec.epoch_seq')"
SETTINGS = {"lease_seconds": str(LEASE_SECONDS), "claim_timeout_seconds": "1"}


async def some_are_accepted(load: Load, number: int = 30) -> None:
    """Waits until so many more are accepted."""
    enough = len(load.accepted) + number
    await wait_until(lambda: len(load.accepted) >= enough, 60, what="tasks are accepted")


async def restart_immediately(server: PostgresServer, load: Load) -> None:
    server.restart(immediate=True)
    await some_are_accepted(load)


async def restart(server: PostgresServer, load: Load) -> None:
    server.restart()
    await some_are_accepted(load)


async def stay_away_for_longer_than_a_lease(server: PostgresServer, load: Load) -> None:
    refused = load.refused
    server.stop(immediate=True)
    # The outage itself: what must not happen takes this long.
    await asyncio.sleep(2 * LEASE_SECONDS)
    await wait_until(lambda: load.refused > refused, what="a submission is refused")
    server.start()
    await some_are_accepted(load)


async def test_outages_of_every_kind_fail_nothing_lose_nothing_and_restart_nobody(
    services: Services, own_postgres: PostgresServer
) -> None:
    dsn = own_postgres.admin_dsn()
    await migrate(dsn, retention_days=30)
    workers = [start_worker(services, dsn, SETTINGS, slots=number) for number in (1, 2)]
    async with seen_queue(dsn) as queue, api_on(services, dsn, LEASE_SECONDS) as (api, client):
        await asyncio.gather(*(worker.started() for worker in workers))
        long_ones = await queue.submit(MEDIUM, MEDIUM)
        held = {lease["epoch"] for lease in await queue.wait_for_leases(long_ones)}
        for worker in workers:
            for _ in range(len(held_by(worker, await queue.leases()))):
                await worker.freeze_child_at_work()
        async with under_load(client, [BELL]) as load:
            for outage in (restart, restart_immediately, stay_away_for_longer_than_a_lease):
                await outage(own_postgres, load)
        # The leases of those that lived on are still theirs, under the same epochs.
        leases = await fetch_patiently(queue.leases)
        assert held <= {lease["epoch"] for lease in leases}
        for worker in workers:
            for child in worker.children():
                child.resume()
        await queue.wait_for_results([*long_ones, *load.accepted])
        await end_of_backlog(queue)
        unanswered = (await queue.results()).keys() - set(long_ones) - set(load.accepted)
        assert len(unanswered) <= load.unknown
        queue.accepted += [*load.accepted, *unanswered]
        results = await queue.check()
        assert {result.outcome for result in results.values()} == {Outcome.COMPLETED}
        assert await queue.attempts() == []
        assert load.refused > 0
        for worker in workers:
            assert worker.alive
            assert len(worker.events("worker_started")) == 1
            assert worker.events("late_result_refused") == []
        assert set(await queue.workers()) == {worker.worker_id for worker in workers}
        assert "Traceback" not in api.output()
        print(f"{len(load.accepted)} accepted, {load.refused} refused, {load.unknown} unknown")


async def test_a_listening_connection_that_died_is_replaced(
    services: Services, database: Database
) -> None:
    worker = await start_worker(services, database.app_dsn).started()
    async with seen_queue(database.app_dsn) as queue:
        before = await backend(queue, database, "service")
        await terminate(database, before)

        async def another() -> bool:
            return await backend(queue, database, "service") not in (None, before)

        await wait_until(another, what="the service connection is replaced")
        assert worker.events("connection_replaced")[0]["purpose"] == "service"
        await woken_by_notification(queue, worker)

        claims = await backend(queue, database, "claims")
        await terminate(database, claims)
        await queue.wait_for_results(await queue.submit(BELL))
        assert await backend(queue, database, "claims") not in (None, claims)
        assert worker.alive
        assert await queue.attempts() == []
        await queue.check()


async def test_a_listening_connection_that_hears_nothing_any_more_is_replaced(
    services: Services, database: Database
) -> None:
    async with proxied(database.app_dsn) as (proxy, dsn), seen_queue(database.app_dsn) as queue:
        worker = await start_worker(services, dsn).started()
        proxy.strike(HEARTBEAT, Strike.STALL_REPLY)
        replaced = await worker.process.wait_for_event("connection_replaced")
        assert replaced["purpose"] == "service"
        assert "no answer within" in replaced["reason"]
        await woken_by_notification(queue, worker)
        await queue.check()


async def test_a_claim_whose_answer_is_lost_goes_back_and_is_claimed_again(
    services: Services, database: Database
) -> None:
    async with proxied(database.app_dsn) as (proxy, dsn), seen_queue(database.app_dsn) as queue:
        variables = {"claim_timeout_seconds": "1", "lease_seconds": "6"}
        worker = await start_worker(services, dsn, variables).started()
        returned: list[dict[str, object]] = []
        for _ in itertools.repeat(None, 10):
            # Just after a poll, so that the claim of the task is what is lost.
            await next_poll(worker)
            proxy.strike(EXCHANGE, Strike.STALL_REPLY)
            await queue.wait_for_results(await queue.submit(BELL))
            returned = worker.events("leases_returned")
            if returned:
                break
        assert [(line["reason"], line["returned"]) for line in returned] == [
            ("claim_reply_lost", 1)
        ]
        assert await queue.attempts() == []
        results = await queue.check()
        assert {result.attempt for result in results.values()} == {1}


async def test_a_completion_whose_answer_is_lost_is_repeated_and_no_loss(
    services: Services, database: Database
) -> None:
    async with proxied(database.app_dsn) as (proxy, dsn), seen_queue(database.app_dsn) as queue:
        worker = await start_worker(services, dsn, {"claim_timeout_seconds": "1"}).started()
        (first,) = await queue.submit(MEDIUM)
        await worker.child_at_work()
        proxy.strike(EXCHANGE, Strike.STALL_REPLY)
        # What the fused statement would claim beside the completion is lost with its answer.
        (second,) = await queue.submit(BELL)
        await queue.wait_for_results([first])
        stored = await queue.result(first)
        await queue.wait_for_results([second])
        assert await queue.result(first) == stored
        assert worker.events("late_result_refused") == []
        assert [line["purpose"] for line in worker.events("connection_replaced")] == ["claims"]
        assert await queue.attempts() == []
        await queue.check()


async def test_a_database_that_is_cut_off_from_a_worker_for_a_lease_costs_time_alone(
    services: Services, database: Database
) -> None:
    """The worker lives, but nobody can know: its tasks go to another, and it is fenced off."""
    async with proxied(database.app_dsn) as (proxy, dsn), seen_queue(database.app_dsn) as queue:
        other = await start_worker(services, database.app_dsn, SETTINGS).started()
        await other.process.wait_for_event("maintenance_held")
        cut_off = await start_worker(services, dsn, SETTINGS).started()
        task_ids = await queue.submit(MEDIUM, MEDIUM)
        await queue.wait_for_leases(task_ids)
        await asyncio.gather(other.child_at_work(), cut_off.child_at_work())
        proxy.freeze()
        results = await queue.wait_for_results()
        assert {result.worker_id for result in results.values()} == {other.worker_id}
        proxy.thaw()
        late = await cut_off.process.wait_for_event("late_result_refused")
        assert UUID(late["task_id"]) in task_ids
        other.kill()
        again = await queue.submit(BELL)
        results = await queue.wait_for_results(again)
        assert results[again[0]].worker_id == cut_off.worker_id
        assert [each.reason for each in await queue.attempts()] == ["worker_expired"]
        await queue.check()


def held_by(worker: Worker, leases: list[asyncpg.Record]) -> list[asyncpg.Record]:
    return [lease for lease in leases if lease["worker_id"] == worker.worker_id]


async def backend(queue: QueueSeen, database: Database, purpose: str) -> int | None:
    found: int | None = await queue.pool.fetchval(
        "select pid from pg_stat_activity where datname = $1 and application_name = $2",
        database.name,
        f"qcexec-worker {purpose}",
    )
    return found


async def terminate(database: Database, pid: int | None) -> None:
    connection = await asyncpg.connect(database.admin_dsn)
    try:
        assert await connection.fetchval("select pg_terminate_backend($1)", pid)
    finally:
        await connection.close()


async def woken_by_notification(queue: QueueSeen, worker: Worker) -> None:
    """Polls are full sweeps; a claim that was none was asked for by a notification."""
    for _ in itertools.repeat(None, 10):
        await next_poll(worker)
        seen = len(worker.events("exchanged"))
        await queue.wait_for_results(await queue.submit(BELL))
        claims = [line for line in worker.events("exchanged")[seen:] if line["claimed"]]
        if not claims[0]["sweep"]:
            return
    pytest.fail("no notification woke the worker")


async def next_poll(worker: Worker) -> None:
    def polls() -> int:
        return sum(line["sweep"] for line in worker.events("exchanged"))

    before = polls()
    await wait_until(lambda: polls() > before, what="the worker polls")


async def fetch_patiently(
    fetch: Callable[[], Awaitable[list[asyncpg.Record]]],
) -> list[asyncpg.Record]:
    """The test's own pool may still hold connections from before the last outage."""

    async def fetched() -> list[list[asyncpg.Record]]:
        try:
            return [await fetch()]
        except (*TRANSIENT_ERRORS, asyncpg.PostgresError):
            return []

    return (await wait_until(fetched, what="the database answers"))[0]


async def end_of_backlog(queue: QueueSeen) -> None:
    """Waits until nothing is queued or leased: then those without an answer have ended, too."""

    async def nothing_waits() -> bool:
        return not await queue.pool.fetchval(
            "select exists (select from qcexec.ready) or exists (select from qcexec.scheduled)"
            " or exists (select from qcexec.lease)"
        )

    await wait_until(nothing_waits, 60, what="the backlog ends")
