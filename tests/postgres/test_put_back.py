"""Leases that end without a result: where their tasks go, and what is kept of it."""

import asyncio
from uuid import UUID, uuid4

import pytest

from qcexec_queue.connections import Connection
from qcexec_queue.exchange import Appetite
from qcexec_queue.leases import put_back, put_back_all
from qcexec_queue.lookup import find_task
from qcexec_queue.maintenance import PROMOTED_AT_ONCE
from qcexec_queue.notify import ready_channel
from qcexec_queue.settlement import Cause, RetryPolicy, settle
from qcexec_queue.statements import statement
from qcexec_queue.states import Lane, Outcome
from qcexec_queue.tasks import Lease
from qcexec_queue.workers import register
from support.databases import Database
from support.queue import (
    EVERYTHING,
    completion,
    count,
    exchange_of,
    holds,
    identity,
    of_worker,
    plain,
    queue_number,
    service,
    service_pool,
    submit,
    tasks,
)
from support.waiting import wait_until

POLICY = RetryPolicy()
SOON = RetryPolicy(backoff_seconds=0.001)


async def claim(connection: Connection, worker_id: UUID, most: int = 1000) -> list[Lease]:
    exchange = await exchange_of(connection, worker_id)
    return (await exchange.run(connection, [], Appetite(most, most, 1.0))).leases


async def test_an_uncounted_end_puts_the_task_into_ready_with_a_new_place(
    database: Database,
) -> None:
    worker_id = uuid4()
    (task_id,) = await submit(database.app_dsn, *tasks(1))
    async with service(database.app_dsn) as connection:
        before = await connection.fetchval("select seq from qcexec.ready")
        (lease,) = await claim(connection, worker_id)
        back = settle(of_worker(lease, worker_id), Cause.DRAINED, POLICY, detail="bye", cost=4.5)
        assert await put_back(connection, [back]) == {lease.epoch}
        row = await connection.fetchrow("select * from qcexec.ready")
        assert row is not None
        assert row["seq"] > before
        assert (row["task_id"], row["lane"], row["attempt"], row["delivery"], row["cost"]) == (
            task_id,
            Lane.RETURNED,
            0,
            1,
            4.5,
        )
        assert row["bytes"] == len(b"task 0")
        history = await connection.fetchrow("select * from qcexec.attempt")
        assert history is not None
        assert (history["task_id"], history["epoch"], history["worker_id"]) == (
            task_id,
            lease.epoch,
            worker_id,
        )
        assert (history["attempt"], history["counted"]) == (1, False)
        assert (history["reason"], history["detail"]) == ("drained", "bye")
        assert history["claimed_at"] <= history["ended_at"]
        await holds(connection, ready=1, lease=0, attempt=1)


async def test_what_a_hostile_child_said_at_its_end_keeps_no_lease_from_ending(
    database: Database,
) -> None:
    worker_id = uuid4()
    await submit(database.app_dsn, *tasks(3))
    async with service(database.app_dsn) as connection:
        leases = await claim(connection, worker_id)
        details = ["nul \0", "surrogate \ud800", "x" * 1_000_000]
        back = [
            settle(of_worker(lease, worker_id), Cause.CHILD_DIED, POLICY, detail=detail)
            for lease, detail in zip(leases, details, strict=True)
        ]
        assert len(await put_back(connection, back)) == 3
        await holds(connection, scheduled=3, lease=0, attempt=3)


async def test_what_was_not_begun_leaves_no_history(database: Database) -> None:
    worker_id = uuid4()
    await submit(database.app_dsn, *tasks(1))
    async with service(database.app_dsn) as connection:
        (lease,) = await claim(connection, worker_id)
        await put_back(connection, [settle(of_worker(lease, worker_id), Cause.NOT_BEGUN, POLICY)])
        await holds(connection, ready=1, lease=0, attempt=0)


async def test_a_task_can_go_to_another_queue(database: Database) -> None:
    worker_id = uuid4()
    await submit(database.app_dsn, *tasks(1))
    async with service(database.app_dsn) as connection:
        large = await queue_number(connection, "large")
        (lease,) = await claim(connection, worker_id)
        there = settle(of_worker(lease, worker_id), Cause.DOES_NOT_FIT, POLICY, queue_id=large)
        await put_back(connection, [there])
        assert await claim(connection, worker_id) == []
        other = await exchange_of(connection, queue="large")
        assert len((await other.run(connection, [], EVERYTHING)).leases) == 1


async def test_a_counted_end_waits_in_scheduled_until_it_is_due_then_comes_first(
    database: Database,
) -> None:
    worker_id = uuid4()
    ids = await submit(database.app_dsn, *tasks(3))
    async with service(database.app_dsn) as connection:
        one, two = await claim(connection, worker_id, 2)
        late = RetryPolicy(backoff_seconds=3600.0, max_backoff_seconds=3600.0)
        await put_back(
            connection,
            [
                settle(of_worker(one, worker_id), Cause.CHILD_DIED, SOON),
                settle(of_worker(two, worker_id), Cause.CHILD_DIED, late),
            ],
        )
        await holds(connection, ready=1, scheduled=2, lease=0, attempt=2)

        async def promoted() -> bool:
            moved = await connection.fetchval(statement("promote"), PROMOTED_AT_ONCE)
            return bool(moved)

        await wait_until(promoted, what="the first is due")
        await holds(connection, ready=2, scheduled=1)
        leases = await claim(connection, worker_id)
        assert [each.task_id for each in leases] == [ids[0], ids[2]]
        assert (leases[0].lane, leases[0].attempt, leases[0].delivery) == (Lane.RETURNED, 1, 0)
        wait = await connection.fetchval(
            "select extract(epoch from run_at - now())::float from qcexec.scheduled"
        )
        assert 3000 < wait <= 3600


async def test_promotion_moves_at_most_what_it_was_told_and_the_longest_due_first(
    database: Database,
) -> None:
    worker_id = uuid4()
    await submit(database.app_dsn, *tasks(5))
    async with service(database.app_dsn) as connection:
        leases = await claim(connection, worker_id)
        for each in leases:
            await put_back(connection, [settle(of_worker(each, worker_id), Cause.CHILD_DIED, SOON)])
        order = [
            row["task_id"]
            for row in await connection.fetch(
                "select task_id from qcexec.scheduled order by run_at"
            )
        ]
        await wait_until(lambda: all_due(connection), what="all are due")
        assert await connection.fetchval(statement("promote"), 2) == 2
        assert await connection.fetchval(statement("promote"), 2) == 2
        assert await connection.fetchval(statement("promote"), 2) == 1
        assert await connection.fetchval(statement("promote"), 2) == 0
        assert [each.task_id for each in await claim(connection, worker_id)] == order


async def all_due(connection: Connection) -> bool:
    return await count(connection, "scheduled", "run_at > now()") == 0


async def test_a_promotion_wakes_those_who_listen(database: Database) -> None:
    worker_id = uuid4()
    await submit(database.app_dsn, *tasks(1))
    woken: list[str] = []
    async with service(database.app_dsn) as connection, plain(database.app_dsn) as listener:
        queue_id = await queue_number(connection)
        (lease,) = await claim(connection, worker_id)
        await put_back(connection, [settle(of_worker(lease, worker_id), Cause.CHILD_DIED, SOON)])
        await wait_until(lambda: all_due(connection))
        await listener.add_listener(ready_channel(queue_id), lambda *each: woken.append(each[2]))
        await connection.fetchval(statement("promote"), 10)
        await wait_until(lambda: woken, what="the listener hears of it")


async def test_what_goes_back_to_ready_wakes_those_who_listen(database: Database) -> None:
    worker_id = uuid4()
    await submit(database.app_dsn, *tasks(1))
    woken: list[str] = []
    async with service(database.app_dsn) as connection, plain(database.app_dsn) as listener:
        large = await queue_number(connection, "large")
        (lease,) = await claim(connection, worker_id)
        await listener.add_listener(ready_channel(large), lambda *each: woken.append(each[2]))
        there = settle(of_worker(lease, worker_id), Cause.DOES_NOT_FIT, POLICY, queue_id=large)
        await put_back(connection, [there])
        await wait_until(lambda: woken, what="the other queue's listener hears of it")


async def test_the_last_attempt_ends_as_failed_and_reads_so(database: Database) -> None:
    worker_id = uuid4()
    (task_id,) = await submit(database.app_dsn, *tasks(1))
    policy = RetryPolicy(max_attempts=1)
    async with service(database.app_dsn) as connection, service_pool(database.app_dsn) as pool:
        (lease,) = await claim(connection, worker_id)
        await put_back(connection, [settle(of_worker(lease, worker_id), Cause.CHILD_DIED, policy)])
        view = await find_task(pool, task_id)
        assert view is not None
        assert view.result is not None
        assert (view.result.outcome, view.result.code) == (Outcome.FAILED, "attempts_exhausted")
        row = await connection.fetchrow("select attempt, epoch, worker_id from qcexec.result")
        assert row is not None
        assert tuple(row) == (1, lease.epoch, worker_id)
        await holds(connection, ready=0, scheduled=0, lease=0, result=1, attempt=1)


async def test_a_lease_that_ended_before_is_left_alone_and_told(database: Database) -> None:
    worker_id = uuid4()
    await submit(database.app_dsn, *tasks(2))
    async with service(database.app_dsn) as connection:
        done, open_ = await claim(connection, worker_id)
        exchange = await exchange_of(connection, worker_id)
        await exchange.run(connection, [completion(done)], None)
        both = [settle(of_worker(each, worker_id), Cause.DRAINED, POLICY) for each in (done, open_)]
        assert await put_back(connection, both) == {open_.epoch}
        assert await put_back(connection, both) == frozenset()
        await holds(connection, ready=1, lease=0, result=1, attempt=1)


async def test_two_who_put_back_the_same_leases_do_it_once_and_never_deadlock(
    database: Database,
) -> None:
    worker_id = uuid4()
    await submit(database.app_dsn, *tasks(300))
    async with service(database.app_dsn) as one, service(database.app_dsn) as two:
        leases = await claim(one, worker_id)
        back = [settle(of_worker(each, worker_id), Cause.DRAINED, POLICY) for each in leases]
        accepted = await asyncio.gather(put_back(one, back), put_back(two, back[::-1]))
        assert len(accepted[0]) + len(accepted[1]) == 300
        assert accepted[0] | accepted[1] == {each.epoch for each in leases}
        await holds(one, ready=300, lease=0)


async def test_completions_and_the_sweep_of_the_same_leases_never_deadlock(
    database: Database,
) -> None:
    worker_id = uuid4()
    await submit(database.app_dsn, *tasks(300))
    async with service(database.app_dsn) as one, service(database.app_dsn) as two:
        leases = await claim(one, worker_id)
        exchange = await exchange_of(one, worker_id)
        handed_in, (returned, failed) = await asyncio.gather(
            exchange.run(one, [completion(each) for each in reversed(leases)], None),
            put_back_all(two, [worker_id], Cause.WORKER_EXPIRED, POLICY),
        )
        assert failed == 0
        assert returned == len(handed_in.lost)
        await holds(one, ready=returned, result=300 - returned, lease=0)


@pytest.mark.parametrize(
    ("pod_uid", "released"), [("pod-1", 2), ("pod-2", 0), (None, 0)], ids=["same", "other", "none"]
)
async def test_a_new_process_releases_what_earlier_ones_of_its_own_pod_left(
    database: Database, pod_uid: str | None, released: int
) -> None:
    old, new = uuid4(), uuid4()
    await submit(database.app_dsn, *tasks(2))
    async with service(database.app_dsn) as connection:
        queue_id = await queue_number(connection)
        await register(connection, identity(old, queue_id, "pod-1"), POLICY)
        await claim(connection, old)
        _, returned, failed = await register(connection, identity(new, queue_id, pod_uid), POLICY)
        assert (returned, failed) == (released, 0)
        await holds(connection, ready=released, lease=2 - released, worker=1 if released else 2)
        assert await count(connection, "ready", "lane = 0") == released


async def test_registering_again_releases_nothing_of_its_own(database: Database) -> None:
    worker_id = uuid4()
    await submit(database.app_dsn, *tasks(1))
    async with service(database.app_dsn) as connection:
        me = identity(worker_id, await queue_number(connection), "pod-1")
        await register(connection, me, POLICY)
        await claim(connection, worker_id)
        _, returned, failed = await register(connection, me, POLICY)
        assert (returned, failed) == (0, 0)
        await holds(connection, lease=1, worker=1)


async def test_a_circuit_that_kills_its_pod_fails_and_its_neighbours_do_not(
    database: Database,
) -> None:
    ids = await submit(database.app_dsn, *tasks(4))
    killer = ids[2]
    deaths = 0
    async with service(database.app_dsn) as connection:
        queue_id = await queue_number(connection)
        while True:
            worker_id = uuid4()
            await register(connection, identity(worker_id, queue_id, "pod-1"), POLICY)
            exchange = await exchange_of(connection, worker_id)
            while leases := (await exchange.run(connection, [], EVERYTHING)).leases:
                if any(each.task_id == killer for each in leases):
                    deaths += 1
                    break
                await exchange.run(connection, [completion(each) for each in leases], None)
            else:
                if await count(connection, "scheduled") == 0:
                    break
                # Each death that counts is followed by a wait.
                await connection.execute(
                    """
                    with s as (delete from qcexec.scheduled returning *)
                    insert into qcexec.scheduled select now(), task_id, queue_id, priority, lane,
                      attempt, delivery, cost, bytes from s
                    """
                )
                await connection.fetchval(statement("promote"), 10)
        assert deaths == 4
        await holds(connection, result=4, ready=0, scheduled=0, lease=0)
        row = await connection.fetchrow("select * from qcexec.result where outcome = 2")
        assert row is not None
        assert (row["task_id"], row["code"]) == (killer, "attempts_exhausted")
        history = await connection.fetch(
            "select task_id, counted from qcexec.attempt order by epoch"
        )
        assert [tuple(each) for each in history if each["task_id"] == killer] == [
            (killer, counted) for counted in (False, True, True, True)
        ]
        assert not any(each["counted"] for each in history if each["task_id"] != killer)
