"""Draining: asked for in the database, acknowledged there, taken back."""

from uuid import uuid4

from qcexec_queue.connections import Connection
from qcexec_queue.notify import WORKER_CHANNEL, listen
from qcexec_queue.settlement import RetryPolicy
from qcexec_queue.workers import acknowledge_drain, ask_drain, heartbeat, register, remove
from support.databases import Database
from support.queue import count, identity, plain, queue_number, service
from support.waiting import wait_until


async def two_workers(connection: Connection) -> list:  # type: ignore[type-arg]  # of UUIDs
    queue_id = await queue_number(connection)
    ids = [uuid4(), uuid4()]
    for worker_id in ids:
        await register(connection, identity(worker_id, queue_id), RetryPolicy())
    return ids


async def state(connection: Connection, worker_id: object) -> tuple[bool, bool]:
    beat = await heartbeat(connection, worker_id, [], None, claim_timeout=60.0, busy=0)  # type: ignore[arg-type]  # a UUID
    assert beat is not None
    return beat.draining, beat.drained


async def test_a_drain_is_asked_for_acknowledged_and_taken_back(database: Database) -> None:
    async with service(database.app_dsn) as connection:
        one, two = await two_workers(connection)
        assert await ask_drain(connection, [one]) == {one}
        assert await state(connection, one) == (True, False)
        assert await state(connection, two) == (False, False)
        assert await acknowledge_drain(connection, one)
        assert await state(connection, one) == (True, True)
        await ask_drain(connection, [one], drain=False)
        assert await state(connection, one) == (False, False)
        assert not await acknowledge_drain(connection, one)
        assert await state(connection, one) == (False, False)


async def test_the_first_request_and_the_first_acknowledgement_keep_their_time(
    database: Database,
) -> None:
    async with service(database.app_dsn) as connection:
        one, _ = await two_workers(connection)
        moments = []
        for _ in range(2):
            await ask_drain(connection, [one])
            await acknowledge_drain(connection, one)
            moments.append(
                await connection.fetchrow("select draining_at, drained_at from qcexec.worker")
            )
        assert moments[0] == moments[1]


async def test_only_workers_that_exist_are_asked(database: Database) -> None:
    async with service(database.app_dsn) as connection:
        one, two = await two_workers(connection)
        await remove(connection, two)
        assert await ask_drain(connection, [one, two, uuid4()]) == {one}
        assert await count(connection, "worker") == 1


async def test_a_request_wakes_the_workers(database: Database) -> None:
    woken: list[str] = []
    async with service(database.app_dsn) as connection, plain(database.app_dsn) as listener:
        one, _ = await two_workers(connection)
        await listen(
            listener,
            await queue_number(connection),
            on_ready=lambda: woken.append("ready"),
            on_worker=lambda: woken.append(WORKER_CHANNEL),
        )
        await ask_drain(connection, [one])
        await wait_until(lambda: woken, what="the worker hears of it")
        assert set(woken) == {WORKER_CHANNEL}
