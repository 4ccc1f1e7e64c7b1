"""Completion under an epoch: once, again after a lost answer, refused when the lease is lost."""

import asyncio
from uuid import uuid4

import pytest

from qcexec_queue.events import BatchSplit, LateResultRefused
from qcexec_queue.exchange import UNSTORABLE, Appetite
from qcexec_queue.leases import put_back
from qcexec_queue.settlement import Cause, RetryPolicy, settle
from qcexec_queue.statements import statement
from qcexec_queue.states import Outcome
from qcexec_queue.tasks import Completion, StoredResult
from support.databases import Database
from support.queue import (
    COUNTS,
    EVERYTHING,
    Seen,
    completion,
    completions,
    count,
    exchange_of,
    holds,
    of_worker,
    plain,
    queue_number,
    service,
    submit,
    tasks,
    waiting_for_locks,
)
from support.waiting import wait_until

ONE = Appetite(1, 1, 0.0)


async def test_a_stale_epoch_is_refused_though_the_task_is_leased_anew(database: Database) -> None:
    first, second = uuid4(), uuid4()
    await submit(database.app_dsn, *tasks(1))
    seen = Seen()
    async with service(database.app_dsn) as connection:
        old = await exchange_of(connection, first, observer=seen)
        new = await exchange_of(connection, second)
        (stale,) = (await old.run(connection, [], ONE)).leases
        back = settle(
            of_worker(stale, first, await queue_number(connection)),
            Cause.WORKER_EXPIRED,
            RetryPolicy(),
        )
        await put_back(connection, [back])
        (fresh,) = (await new.run(connection, [], ONE)).leases
        assert fresh.task_id == stale.task_id
        assert fresh.epoch > stale.epoch

        outcome = await old.run(connection, [completion(stale)], None)
        (lost,) = outcome.lost
        assert (lost.task_id, lost.epoch, lost.code) == (stale.task_id, stale.epoch, "lease_lost")
        assert seen.of(LateResultRefused) == [LateResultRefused(stale.task_id, stale.epoch)]
        await holds(connection, lease=1, result=0)

        assert (await new.run(connection, [completion(fresh)], None)).lost == []
        late = await old.run(connection, [completion(stale)], None, repeated=True)
        assert [each.epoch for each in late.lost] == [stale.epoch]
        await holds(connection, lease=0, result=1)


async def test_another_worker_cannot_end_a_lease_by_its_epoch(database: Database) -> None:
    await submit(database.app_dsn, *tasks(1))
    async with service(database.app_dsn) as connection:
        mine, other = await exchange_of(connection), await exchange_of(connection)
        (lease,) = (await mine.run(connection, [], ONE)).leases
        assert len((await other.run(connection, [completion(lease)], None)).lost) == 1
        await holds(connection, lease=1, result=0)


async def test_a_repeat_of_what_was_accepted_succeeds_and_claims_nothing(
    database: Database,
) -> None:
    await submit(database.app_dsn, *tasks(3))
    async with service(database.app_dsn) as connection:
        exchange = await exchange_of(connection)
        leases = (await exchange.run(connection, [], Appetite(2, 2, 0.0))).leases
        first = await exchange.run(connection, completions(leases), None)
        again = await exchange.run(connection, completions(leases), EVERYTHING, repeated=True)
        assert (again.leases, again.lost) == ([], [])
        assert first.stored == again.stored == [COUNTS, COUNTS]
        await holds(connection, ready=1, lease=0, result=2)


async def test_a_result_keeps_the_first_body_that_was_accepted(database: Database) -> None:
    await submit(database.app_dsn, *tasks(1))
    async with service(database.app_dsn) as connection:
        exchange = await exchange_of(connection)
        (lease,) = (await exchange.run(connection, [], ONE)).leases
        await exchange.run(connection, [completion(lease)], None)
        other = StoredResult(Outcome.FAILED, "other", b'"other"')
        await exchange.run(connection, [completion(lease, other)], None, repeated=True)
        row = await connection.fetchrow("select outcome, body, epoch from qcexec.result")
    assert row is not None
    assert tuple(row) == (1, COUNTS.body, lease.epoch)


@pytest.mark.parametrize("first_commits", [True, False])
async def test_a_repeat_that_waits_for_its_first_try_learns_how_that_ended(
    database: Database, first_commits: bool
) -> None:
    worker_id = uuid4()
    await submit(database.app_dsn, *tasks(3))
    async with (
        service(database.app_dsn) as first,
        service(database.app_dsn) as second,
        plain(database.admin_dsn) as admin,
    ):
        exchange = await exchange_of(second, worker_id)
        leases = (await exchange.run(second, [], Appetite(2, 2, 0.0))).leases
        # The first try, fused with a claim, whose commit is yet to come.
        transaction = first.transaction()
        await transaction.start()
        rows = await first.fetch(
            statement("exchange"),
            worker_id,
            await queue_number(first),
            [each.epoch for each in leases],
            [1, 1],
            [None, None],
            [COUNTS.body] * 2,
            [2],
            [2],
            [0],
            1,
            1,
            0.0,
            10**6,
        )
        assert len(rows) == 3
        repeat = asyncio.create_task(
            exchange.run(second, completions(leases), EVERYTHING, repeated=True)
        )
        await wait_until(lambda: waiting_for_locks(admin), what="the repeat waits")
        assert not repeat.done()
        if first_commits:
            await transaction.commit()
        else:
            await transaction.rollback()
        outcome = await repeat
        assert (outcome.leases, outcome.lost) == ([], [])
        if first_commits:
            await holds(second, ready=0, lease=1, result=2)
        else:
            await holds(second, ready=1, lease=0, result=2)


async def test_a_repeat_that_waits_for_the_sweep_that_took_its_lease_learns_that_it_is_lost(
    database: Database,
) -> None:
    worker_id = uuid4()
    await submit(database.app_dsn, *tasks(1))
    async with (
        service(database.app_dsn) as sweep,
        service(database.app_dsn) as second,
        plain(database.admin_dsn) as admin,
    ):
        exchange = await exchange_of(second, worker_id)
        (lease,) = (await exchange.run(second, [], ONE)).leases
        back = settle(
            of_worker(lease, worker_id, await queue_number(second)),
            Cause.WORKER_EXPIRED,
            RetryPolicy(),
        )
        async with sweep.transaction():
            assert await put_back(sweep, [back]) == {lease.epoch}
            late = asyncio.create_task(exchange.run(second, [completion(lease)], None))
            await wait_until(lambda: waiting_for_locks(admin), what="the completion waits")
        assert [each.epoch for each in (await late).lost] == [lease.epoch]
        await holds(second, ready=1, lease=0, result=0)


@pytest.mark.parametrize(
    "unstorable",
    [
        StoredResult(Outcome.COMPLETED, None, bytes(64 * 1024 * 1024 + 1)),
        StoredResult(Outcome.FAILED, None, b'"no code"'),
        StoredResult(Outcome.FAILED, "nul \0", b'"x"'),
        StoredResult(Outcome.FAILED, "surrogate \ud800", b'"x"'),
    ],
    ids=["large", "no code", "nul", "surrogate"],
)
async def test_a_result_that_cannot_be_stored_fails_its_own_task_alone(
    database: Database, unstorable: StoredResult
) -> None:
    await submit(database.app_dsn, *tasks(6))
    seen = Seen()
    async with service(database.app_dsn) as connection:
        exchange = await exchange_of(connection, observer=seen)
        leases = (await exchange.run(connection, [], Appetite(5, 5, 1.0))).leases
        ended = completions(leases)
        ended[2] = completion(leases[2], unstorable)
        outcome = await exchange.run(connection, ended, EVERYTHING)
        # What could not be stored does not keep the worker from its next tasks.
        assert len(outcome.leases) == 1
        assert outcome.lost == []
        # What is told to be there is what is there.
        assert sorted(each.outcome for each in outcome.stored) == [1, 1, 1, 1, 2]
        assert UNSTORABLE in outcome.stored
        assert seen.of(BatchSplit)
        rows = await connection.fetch("select epoch, outcome, code, body from qcexec.result")
        stored = {row["epoch"]: (row["outcome"], row["code"], row["body"]) for row in rows}
        for each in leases:
            expected = UNSTORABLE if each is leases[2] else COUNTS
            assert stored[each.epoch] == (expected.outcome, expected.code, expected.body)
        await holds(connection, lease=1, result=5, ready=0)


async def test_an_unstorable_result_that_is_handed_in_again_counts_as_accepted(
    database: Database,
) -> None:
    await submit(database.app_dsn, *tasks(2))
    async with service(database.app_dsn) as connection:
        exchange = await exchange_of(connection)
        leases = (await exchange.run(connection, [], EVERYTHING)).leases
        bad = StoredResult(Outcome.FAILED, "nul \0", b'"x"')
        ended = [completion(leases[0]), completion(leases[1], bad)]
        await exchange.run(connection, ended, None)
        again = await exchange.run(connection, ended, None, repeated=True)
        assert again.lost == []
        await holds(connection, lease=0, result=2)


async def test_a_result_for_a_task_that_has_one_is_lost_and_the_worker_goes_on(
    database: Database,
) -> None:
    await submit(database.app_dsn, *tasks(2))
    async with service(database.app_dsn) as connection, plain(database.admin_dsn) as admin:
        exchange = await exchange_of(connection)
        (lease,) = (await exchange.run(connection, [], ONE)).leases
        # Somebody wrote into the tables by hand.
        await admin.execute(
            """
            insert into qcexec.result
              (task_id, epoch, claimed_at, finished_at, attempt, outcome, body)
            values ($1, -1, now(), now(), 1, 1, '1')
            """,
            lease.task_id,
        )
        outcome = await exchange.run(connection, [completion(lease)], ONE)
        assert [each.epoch for each in outcome.lost] == [lease.epoch]
        assert outcome.stored == []
        assert len(outcome.leases) == 1
        assert await count(admin, "result") == 1


async def test_a_thousand_results_of_many_bytes_are_handed_in_by_several_statements(
    database: Database,
) -> None:
    await submit(database.app_dsn, *tasks(21))
    async with service(database.app_dsn) as connection:
        exchange = await exchange_of(connection)
        leases = (await exchange.run(connection, [], Appetite(20, 20, 1.0))).leases
        large = StoredResult(Outcome.COMPLETED, None, b"1" * (1024 * 1024))
        ended = [Completion(each.task_id, each.epoch, large) for each in leases]
        outcome = await exchange.run(connection, ended, EVERYTHING)
        assert len(outcome.leases) == 1
        await holds(connection, lease=1, result=20, ready=0)
