"""Accepting tasks: shared commits, one answer each, and what a failure says of acceptance."""

import asyncio
import json
from contextvars import ContextVar
from uuid import UUID

import pytest

from qcexec_queue.enqueue import Submitter
from qcexec_queue.errors import AcceptanceUnknown, DatabaseUnavailable, TaskRefused
from qcexec_queue.events import BatchEnqueued, BatchSplit
from qcexec_queue.states import Priority
from qcexec_queue.tasks import NewTask
from support.databases import Database
from support.queue import (
    Seen,
    count,
    holds,
    plain,
    service,
    submit,
    submitting,
    tasks,
    waiting_for_locks,
)
from support.waiting import wait_until

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TOO_LONG = "x" * 257


async def payloads(database: Database) -> dict[UUID, bytes]:
    async with service(database.app_dsn) as connection:
        rows = await connection.fetch("select task_id, payload from qcexec.task")
    return {row["task_id"]: row["payload"] for row in rows}


async def test_ids_come_back_in_the_order_of_the_tasks_and_so_do_places_in_the_queue(
    database: Database,
) -> None:
    given = tasks(5000)
    ids = await submit(database.app_dsn, *given)
    stored = await payloads(database)
    assert [stored[each] for each in ids] == [each.payload for each in given]
    async with service(database.app_dsn) as connection:
        rows = await connection.fetch("select task_id from qcexec.ready order by seq")
        assert [row["task_id"] for row in rows] == ids
        await holds(connection, task=5000, ready=5000, result=0)


async def test_a_task_is_stored_as_it_was_given(database: Database) -> None:
    task = NewTask(b"\x00\xff", 0.25, "gpu", Priority.HIGH, TRACE)
    (task_id,) = await submit(database.app_dsn, task)
    async with service(database.app_dsn) as connection:
        row = await connection.fetchrow(
            """
            select t.payload, t.cost, q.name, t.priority, t.traceparent, r.cost as ready_cost,
                   r.bytes, r.priority as ready_priority, r.queue_id = t.queue_id as same, r.lane
            from qcexec.task t join qcexec.ready r on r.task_id = t.task_id
            join qcexec.queue q on q.queue_id = t.queue_id where t.task_id = $1
            """,
            task_id,
        )
    assert row is not None
    assert tuple(row) == (b"\x00\xff", 0.25, "gpu", 1, TRACE, 0.25, 2, 1, True, 2)


async def test_submissions_that_arrive_during_a_commit_share_the_next_one(
    database: Database,
) -> None:
    seen = Seen()
    async with submitting(database.app_dsn, seen) as submitter:
        ids = await asyncio.gather(*(submitter.enqueue(task) for task in tasks(200)))
    assert len(set(ids)) == 200
    async with service(database.app_dsn) as connection:
        transactions = await connection.fetchval(
            "select count(distinct xmin::text) from qcexec.task"
        )
    # All but the first arrive while the first is under way (it has to connect).
    assert transactions <= 2
    assert sum(event.tasks for event in seen.of(BatchEnqueued)) == 200


async def test_nobody_is_answered_before_the_commit_of_their_own_task(database: Database) -> None:
    async with (
        plain(database.admin_dsn) as blocker,
        service(database.app_dsn) as reader,
        submitting(database.app_dsn) as submitter,
    ):
        first = await submitter.enqueue(NewTask(b"first", 0.1))
        transaction = blocker.transaction()
        await transaction.start()
        await blocker.execute("lock table qcexec.ready in share mode")
        answer = asyncio.create_task(submitter.enqueue(NewTask(b"second", 0.1)))
        await wait_until(lambda: waiting_for_locks(blocker), what="the insert waits")
        assert not answer.done()
        assert await count(reader, "task") == 1
        await transaction.rollback()
        second = await answer
    assert set(await payloads(database)) == {first, second}


async def test_a_caller_that_is_cancelled_cancels_nobody_else(database: Database) -> None:
    async with submitting(database.app_dsn) as submitter:
        calls = [asyncio.create_task(submitter.enqueue(task)) for task in tasks(50)]
        await asyncio.sleep(0)
        for call in calls[::2]:
            call.cancel()
        answers = await asyncio.gather(*calls, return_exceptions=True)
    accepted = [each for each in answers if isinstance(each, UUID)]
    assert len(accepted) == 25
    assert set(accepted) <= set(await payloads(database))


@pytest.mark.parametrize(
    "bad",
    [
        NewTask(b"bad", 0.1, traceparent=TOO_LONG),
        NewTask(b"bad", 0.1, traceparent="nul \0"),
        NewTask(b"bad", 0.1, traceparent="surrogate \ud800"),
        NewTask(b"bad", 0.1, queue="No Such Name!"),
        NewTask(b"x" * (32 * 1024 * 1024 + 1), 0.1),
        NewTask(b"bad", 1e300),
    ],
    ids=["long", "nul", "surrogate", "queue", "payload", "cost"],
)
async def test_a_task_that_postgresql_refuses_is_refused_alone(
    database: Database, bad: NewTask
) -> None:
    good = tasks(4)
    seen = Seen()
    async with submitting(database.app_dsn, seen) as submitter:
        await submitter.enqueue(NewTask(b"before", 0.1))
        mixed = [*good[:2], bad, *good[2:]]
        answers = await asyncio.gather(
            *(submitter.enqueue(task) for task in mixed), return_exceptions=True
        )
        await submitter.enqueue(NewTask(b"after", 0.1))
    assert isinstance(answers[2], TaskRefused)
    assert answers[2].code == "task_refused"
    accepted = [each for each in answers if isinstance(each, UUID)]
    stored = await payloads(database)
    assert [stored[each] for each in accepted] == [each.payload for each in good]
    assert len(stored) == 6
    async with service(database.app_dsn) as connection:
        await holds(connection, task=6, ready=6)


async def test_a_split_is_told_of(database: Database) -> None:
    seen = Seen()
    async with submitting(database.app_dsn, seen) as submitter:
        first = asyncio.create_task(submitter.enqueue(NewTask(b"first", 0.1)))
        rest = [submitter.enqueue(NewTask(b"x", 0.1, traceparent=t)) for t in (None, TOO_LONG)]
        await asyncio.gather(first, *rest, return_exceptions=True)
    assert [event.statement for event in seen.of(BatchSplit)] == ["enqueue"]


async def test_without_a_partition_for_this_moment_nothing_is_accepted(database: Database) -> None:
    async with plain(database.owner_dsn) as owner:
        rows = await owner.fetch("select suffix from qcexec.partition_range")
        for row in rows:
            await owner.execute(f"drop table qcexec.task_{row['suffix']}")
        async with submitting(database.app_dsn) as submitter:
            with pytest.raises(DatabaseUnavailable, match="partition") as caught:
                await submitter.enqueue(NewTask(b"x", 0.1))
        assert caught.value.code == "database_unavailable"
        await holds(owner, task=0, ready=0)


async def test_when_the_database_is_away_nothing_is_accepted_and_everybody_is_told() -> None:
    async with submitting("postgresql://app@127.0.0.1:1/qcexec") as submitter:
        answers = await asyncio.gather(
            *(submitter.enqueue(task) for task in tasks(5)), return_exceptions=True
        )
    assert [type(each) for each in answers] == [DatabaseUnavailable] * 5
    # Each its own exception: tracebacks grow as they are raised.
    assert len({id(each) for each in answers}) == 5


async def test_a_payload_of_json_is_not_looked_into(database: Database) -> None:
    text = json.dumps({"qc": "\u0000 \ud834\udd1e"}).encode()
    (task_id,) = await submit(database.app_dsn, NewTask(text, 0.1))
    assert (await payloads(database))[task_id] == text


async def test_connections_that_die_between_submissions_are_replaced(database: Database) -> None:
    async with plain(database.admin_dsn) as admin, submitting(database.app_dsn) as submitter:
        await submitter.enqueue(NewTask(b"first", 0.1))
        await admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'qcexec_app'"
        )

        async def accepted() -> UUID | None:
            try:
                return await submitter.enqueue(NewTask(b"again", 0.1))
            except (DatabaseUnavailable, AcceptanceUnknown):
                return None

        await wait_until(accepted, what="it is accepted on a new connection")


async def test_a_batch_is_nobodys_request_but_works_for_all_that_are_in_it(
    database: Database,
) -> None:
    request = ContextVar("request", default="")
    seen: list[str] = []

    async def ask(submitter: Submitter, name: str) -> None:
        request.set(name)
        await submitter.enqueue(tasks(1)[0])

    async with submitting(database.app_dsn, lambda _: seen.append(request.get())) as submitter:
        await asyncio.gather(*(ask(submitter, name) for name in ("first", "second", "third")))
    assert seen
    assert set(seen) == {""}
