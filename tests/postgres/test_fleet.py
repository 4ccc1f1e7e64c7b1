"""What an operator sees of the workers, and how it gives back what pods that are gone had."""

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest

from qcexec_queue.connections import Connection
from qcexec_queue.exchange import Appetite
from qcexec_queue.fleet import HeldTask, Released, read_fleet, release_pods, someone_waits
from qcexec_queue.leases import put_back_all
from qcexec_queue.notify import WORKER_CHANNEL, ready_channel
from qcexec_queue.settlement import Cause, RetryPolicy
from qcexec_queue.states import Lane, Outcome
from qcexec_queue.tasks import Lease, NewTask
from qcexec_queue.workers import (
    NOTHING_RUN,
    RunCounters,
    WorkerIdentity,
    acknowledge_drain,
    ask_drain,
    heartbeat,
    register,
)
from support.databases import Database
from support.queue import (
    completion,
    exchange_of,
    holds,
    identity,
    plain,
    queue_number,
    service,
    submit,
    tasks,
)
from support.waiting import wait_until

POLICY = RetryPolicy()


async def a_worker(connection: Connection, pod_uid: str, queue: str = "default") -> UUID:
    worker_id = uuid4()
    queue_id = await queue_number(connection, queue)
    await register(connection, identity(worker_id, queue_id, pod_uid), POLICY)
    return worker_id


async def claim(
    connection: Connection, worker_id: UUID, most: int = 1, queue: str = "default"
) -> list[Lease]:
    exchange = await exchange_of(connection, worker_id, queue=queue)
    return (await exchange.run(connection, [], Appetite(most, most, 0.0))).leases


async def history(connection: Connection) -> Sequence[tuple[str, bool]]:
    rows = await connection.fetch("select reason, counted from qcexec.attempt order by epoch")
    return [(row["reason"], row["counted"]) for row in rows]


async def test_without_workers_there_is_the_time_alone(database: Database) -> None:
    async with service(database.app_dsn) as connection:
        fleet = await read_fleet(connection)
        assert fleet.workers == ()
        assert fleet.at.tzinfo is not None


async def test_each_worker_of_every_queue_is_told_with_what_it_holds(database: Database) -> None:
    await submit(database.app_dsn, *(NewTask(b"x", cost) for cost in (1.0, 2.0, 3.0)))
    async with service(database.app_dsn) as connection:
        here = await queue_number(connection)
        there = await queue_number(connection, "large")
        one = WorkerIdentity(uuid4(), here, "r", 2, 2**30, pod_uid="u1", pod="p1", node="n1")
        two = WorkerIdentity(uuid4(), there, "r", 4, 2**33)
        for each in (one, two):
            await register(connection, each, POLICY)
        await claim(connection, one.worker_id, 3)
        counters = RunCounters(3, 4.0, 6.0, 0.5)
        await heartbeat(
            *(connection, one.worker_id, [], None), claim_timeout=60.0, busy=2, counters=counters
        )
        await heartbeat(connection, two.worker_id, [], None, claim_timeout=60.0, busy=0)
        await ask_drain(connection, [two.worker_id])
        await acknowledge_drain(connection, two.worker_id)

        fleet = await read_fleet(connection)
        found = {each.worker_id: each for each in fleet.workers}
        assert len(fleet.workers) == len(found) == 2
        first, second = found[one.worker_id], found[two.worker_id]
        assert (first.queue, first.pod_uid, first.pod, first.node) == ("default", "u1", "p1", "n1")
        assert (first.slots, first.slot_memory, first.counters) == (2, 2**30, counters)
        # The third waits behind those that run.
        assert (first.leases, [each.cost for each in first.held]) == (3, [1.0, 2.0])
        assert all(0 <= each.seconds < 600 for each in first.held)
        assert (first.idle_since, first.draining_at, first.drained_at) == (None, None, None)
        assert first.started_at <= first.heartbeat_at <= fleet.at

        assert (second.queue, second.pod_uid, second.pod, second.node) == (
            *("large", None, None, None),
        )
        assert (second.leases, second.held, second.counters) == (0, (), NOTHING_RUN)
        assert second.idle_since is not None
        assert second.draining_at is not None
        assert second.drained_at is not None
        assert second.idle_since <= second.draining_at <= second.drained_at <= fleet.at


async def test_the_earliest_leases_are_told_whatever_order_they_are_stored_in(
    database: Database,
) -> None:
    await submit(database.app_dsn, *(NewTask(b"x", cost) for cost in (1.0, 2.0, 3.0)))
    async with service(database.app_dsn) as connection:
        worker_id = await a_worker(connection, "pod")
        await claim(connection, worker_id, 3)
        await connection.execute(
            "with gone as (delete from qcexec.lease returning *)"
            " insert into qcexec.lease select * from gone order by epoch desc"
        )
        (figures,) = (await read_fleet(connection)).workers
        assert [each.cost for each in figures.held] == [1.0]
        assert isinstance(figures.held[0], HeldTask)


async def test_someone_waits_in_the_queue_that_is_asked_for(database: Database) -> None:
    await submit(database.app_dsn, NewTask(b"x", 0.1, queue="large"))
    async with service(database.app_dsn) as connection:
        assert not await someone_waits(connection, await queue_number(connection))
        large = await queue_number(connection, "large")
        assert await someone_waits(connection, large)
        await claim(connection, uuid4(), queue="large")
        assert not await someone_waits(connection, large)


async def test_what_gone_pods_had_returns_at_once_uncounted_and_by_pod(
    database: Database,
) -> None:
    await submit(database.app_dsn, *tasks(6))
    async with service(database.app_dsn) as connection:
        one, two, other = [await a_worker(connection, each) for each in ("one", "two", "other")]
        await claim(connection, one, 2)
        await claim(connection, two, 1)
        await claim(connection, other, 2)
        released = await release_pods(connection, ["one", "two", "unknown"], POLICY)
        assert released == Released(3, 0, {"one": 2, "two": 1})
        await holds(connection, ready=4, lease=2, worker=3, attempt=3)
        assert await history(connection) == [("pod_gone", False)] * 3
        ready = await connection.fetch("select lane, attempt, delivery from qcexec.ready")
        assert sorted(map(tuple, ready)) == [(Lane.RETURNED, 0, 1)] * 3 + [(Lane.FRESH, 0, 0)]


async def test_their_workers_are_asked_to_drain_and_the_others_are_not(
    database: Database,
) -> None:
    async with service(database.app_dsn) as connection:
        gone, other = await a_worker(connection, "gone"), await a_worker(connection, "other")
        await release_pods(connection, ["gone"], POLICY)
        draining = {
            each.worker_id: each.draining_at is not None
            for each in (await read_fleet(connection)).workers
        }
        assert draining == {gone: True, other: False}


async def test_a_repeat_finds_what_was_claimed_meanwhile_and_else_does_nothing(
    database: Database,
) -> None:
    await submit(database.app_dsn, *tasks(1))
    heard: list[str] = []
    async with service(database.app_dsn) as connection, plain(database.app_dsn) as listener:
        worker_id = await a_worker(connection, "gone")
        await release_pods(connection, ["gone"], POLICY)
        # The claim was under way when the pod went.
        await claim(connection, worker_id)
        assert (await release_pods(connection, ["gone"], POLICY)).returned == 1
        await acknowledge_drain(connection, worker_id)

        before = await connection.fetchrow("select * from qcexec.worker")
        for channel in (WORKER_CHANNEL, ready_channel(await queue_number(connection))):
            await listener.add_listener(channel, lambda *call: heard.append(str(call[2])))
        assert await release_pods(connection, ["gone"], POLICY) == Released(0, 0)
        assert await connection.fetchrow("select * from qcexec.worker") == before
        await holds(connection, ready=1, lease=0, attempt=1)
        # Anything that it had said would come before this.
        await connection.execute("select pg_notify($1, '')", WORKER_CHANNEL)
        await wait_until(lambda: heard, what="the listener hears")
        assert heard == [WORKER_CHANNEL]


async def test_those_who_wait_for_tasks_and_the_workers_are_woken(database: Database) -> None:
    await submit(database.app_dsn, *tasks(1))
    heard: set[str] = set()
    async with service(database.app_dsn) as connection, plain(database.app_dsn) as listener:
        channels = {WORKER_CHANNEL, ready_channel(await queue_number(connection))}
        for channel in channels:
            await listener.add_listener(channel, lambda *call: heard.add(str(call[2])))
        await claim(connection, await a_worker(connection, "gone"))
        await release_pods(connection, ["gone"], POLICY)
        await wait_until(lambda: heard == channels, what="both are woken")


async def test_released_too_early_the_late_result_is_refused_and_the_task_ends_once(
    database: Database,
) -> None:
    (task_id,) = await submit(database.app_dsn, *tasks(1))
    async with service(database.app_dsn) as connection:
        cut_off = await a_worker(connection, "cut off")
        heir = await a_worker(connection, "heir")
        (stale,) = await claim(connection, cut_off)
        await release_pods(connection, ["cut off"], POLICY)
        (lease,) = await claim(connection, heir)
        assert lease.task_id == stale.task_id == task_id

        late = await exchange_of(connection, cut_off)
        for repeated in (False, True):
            refused = await late.run(connection, [completion(stale)], None, repeated=repeated)
            assert [each.epoch for each in refused.lost] == [stale.epoch]
        await holds(connection, result=0, lease=1)

        ended = await (await exchange_of(connection, heir)).run(
            connection, [completion(lease)], None
        )
        assert ended.lost == []
        assert [
            each.epoch
            for each in (await late.run(connection, [completion(stale)], None, repeated=True)).lost
        ] == [stale.epoch]
        row = await connection.fetchrow("select worker_id, epoch, attempt from qcexec.result")
        assert tuple(row or ()) == (heir, lease.epoch, 1)
        await holds(connection, result=1, lease=0, ready=0)


async def test_a_suspect_stays_one_and_its_attempt_does_not_count(database: Database) -> None:
    await submit(database.app_dsn, *tasks(1))
    policy = RetryPolicy(max_attempts=1)
    async with service(database.app_dsn) as connection:
        dead = await a_worker(connection, "dead")
        await claim(connection, dead)
        await put_back_all(connection, [dead], Cause.WORKER_DIED, policy)
        (suspect,) = await claim(connection, await a_worker(connection, "gone"))
        assert suspect.suspect
        assert await release_pods(connection, ["gone"], policy) == Released(1, 0, {"gone": 1})
        (again,) = await claim(connection, await a_worker(connection, "next"))
        assert (again.lane, again.attempt) == (Lane.SUSPECT, 0)
        assert await history(connection) == [("worker_died", False), ("pod_gone", False)]


async def test_twenty_pods_that_went_fail_no_task_and_the_one_after_them_ends_it_with_a_reason(
    database: Database,
) -> None:
    await submit(database.app_dsn, *tasks(1))
    policy = RetryPolicy(max_attempts=1)
    async with service(database.app_dsn) as connection:
        for number in range(policy.max_deliveries):
            await claim(connection, await a_worker(connection, f"pod {number}"))
            released = await release_pods(connection, [f"pod {number}"], policy)
            assert (released.returned, released.failed) == (1, 0)
        await claim(connection, await a_worker(connection, "last"))
        assert await release_pods(connection, ["last"], policy) == Released(0, 1)
        row = await connection.fetchrow("select outcome, code from qcexec.result")
        assert tuple(row or ()) == (Outcome.FAILED, "deliveries_exhausted")
        assert set(await history(connection)) == {("pod_gone", False)}
        await holds(connection, result=1, ready=0, lease=0)


@pytest.mark.parametrize("completes_first", [True, False])
async def test_a_result_that_arrives_with_the_release_is_stored_or_the_task_waits_never_both(
    database: Database, completes_first: bool
) -> None:
    await submit(database.app_dsn, *tasks(20))
    async with service(database.app_dsn) as connection, service(database.app_dsn) as operator:
        worker_id = await a_worker(connection, "gone")
        leases = await claim(connection, worker_id, 20)
        exchange = await exchange_of(connection, worker_id)
        handing_in = exchange.run(connection, [completion(each) for each in leases], None)
        releasing = release_pods(operator, ["gone"], POLICY)
        if completes_first:
            ended, released = await asyncio.gather(handing_in, releasing)
        else:
            released, ended = await asyncio.gather(releasing, handing_in)
        stored = len(leases) - len(ended.lost)
        assert released.returned + stored == 20
        await holds(connection, result=stored, ready=released.returned, lease=0)
