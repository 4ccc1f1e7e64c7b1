"""Heartbeats name what is held; a lease that no answer ever told of goes back."""

from datetime import datetime
from uuid import UUID, uuid4

from qcexec_queue.connections import Connection
from qcexec_queue.exchange import Appetite
from qcexec_queue.settlement import RetryPolicy
from qcexec_queue.states import Lane
from qcexec_queue.tasks import Lease
from qcexec_queue.workers import (
    NOTHING_RUN,
    Heartbeat,
    PoolRow,
    RunCounters,
    heartbeat,
    pools,
    register,
    register_pool,
)
from support.databases import Database
from support.queue import (
    EVERYTHING,
    completion,
    exchange_of,
    holds,
    identity,
    queue_number,
    service,
    submit,
    tasks,
)
from support.waiting import wait_until

CLAIM_TIMEOUT = 0.2


class Worker:
    """A registered worker whose claims' answers are taken or lost as the test wants."""

    def __init__(self, connection: Connection, worker_id: UUID, at: datetime) -> None:
        self.connection = connection
        self.worker_id = worker_id
        self.answered: datetime | None = at

    async def claim(self, most: int = 1) -> list[Lease]:
        exchange = await exchange_of(self.connection, self.worker_id)
        return (await exchange.run(self.connection, [], Appetite(most, most, 1.0))).leases

    async def beat(self, *held: int, timeout: float = CLAIM_TIMEOUT) -> Heartbeat:
        beat = await heartbeat(
            self.connection, self.worker_id, held, self.answered, claim_timeout=timeout, busy=0
        )
        assert beat is not None
        self.answered = beat.at
        return beat

    async def beat_until_returned(self, number: int, *held: int) -> None:
        returned = 0

        async def all_returned() -> bool:
            nonlocal returned
            returned += (await self.beat(*held)).returned
            return returned >= number

        await wait_until(all_returned, what="the leases of the lost claim return")
        assert returned == number


async def a_worker(connection: Connection) -> Worker:
    worker_id = uuid4()
    queue_id = await queue_number(connection)
    at, _, _ = await register(connection, identity(worker_id, queue_id), RetryPolicy())
    return Worker(connection, worker_id, at)


async def test_a_claim_whose_answer_was_lost_goes_back_after_the_claim_timeout(
    database: Database,
) -> None:
    ids = await submit(database.app_dsn, *tasks(3))
    async with service(database.app_dsn) as connection:
        worker = await a_worker(connection)
        named = await worker.claim()
        lost = await worker.claim(2)
        await worker.beat_until_returned(2, named[0].epoch)
        await holds(connection, ready=2, lease=1)
        again = await worker.claim(2)
        assert [each.task_id for each in again] == ids[1:]
        # Uncounted, ahead of what is new, under new epochs.
        assert {(each.lane, each.attempt, each.delivery) for each in again} == {
            (Lane.RETURNED, 0, 0)
        }
        assert min(each.epoch for each in again) > max(each.epoch for each in lost)
        stale = await (await exchange_of(connection, worker.worker_id)).run(
            connection, [completion(lost[0])], None
        )
        assert len(stale.lost) == 1


async def test_a_named_lease_stays_however_old_it_is(database: Database) -> None:
    await submit(database.app_dsn, *tasks(2))
    async with service(database.app_dsn) as connection:
        worker = await a_worker(connection)
        old, unnamed = await worker.claim(2)
        # The other one's return shows that enough time has passed.
        await worker.beat_until_returned(1, old.epoch)
        assert (await worker.beat(old.epoch)).returned == 0
        await holds(connection, ready=1, lease=1)
        assert unnamed.epoch != old.epoch


async def test_a_claim_that_may_still_be_answered_stays(database: Database) -> None:
    await submit(database.app_dsn, *tasks(1))
    async with service(database.app_dsn) as connection:
        worker = await a_worker(connection)
        await worker.claim()
        for _ in range(3):
            assert (await worker.beat(timeout=3600.0)).returned == 0
        await holds(connection, ready=0, lease=1)


async def test_a_heartbeat_that_arrives_late_takes_nothing_that_was_claimed_after_its_list(
    database: Database,
) -> None:
    await submit(database.app_dsn, *tasks(1))
    async with service(database.app_dsn) as connection:
        worker = await a_worker(connection)
        before = worker.answered
        await worker.beat()
        await worker.claim()
        # The list of this one was made before the claim, and names nothing.
        worker.answered = before
        assert (await worker.beat(timeout=0.0)).returned == 0
        await holds(connection, ready=0, lease=1)


async def test_before_any_answer_nothing_goes_back(database: Database) -> None:
    await submit(database.app_dsn, *tasks(1))
    async with service(database.app_dsn) as connection:
        worker = await a_worker(connection)
        await worker.claim()
        worker.answered = None
        assert (await worker.beat(timeout=0.0)).returned == 0
        await holds(connection, lease=1)


async def test_leases_of_other_workers_are_left_alone(database: Database) -> None:
    await submit(database.app_dsn, *tasks(2))
    async with service(database.app_dsn) as connection:
        one, two = await a_worker(connection), await a_worker(connection)
        await one.claim()
        await two.claim()
        await one.beat_until_returned(1)
        await holds(connection, ready=1, lease=1)


async def test_a_suspect_whose_claim_was_lost_stays_a_suspect(database: Database) -> None:
    await submit(database.app_dsn, *tasks(1))
    async with service(database.app_dsn) as connection:
        worker = await a_worker(connection)
        (lease,) = await worker.claim()
        await connection.execute("delete from qcexec.lease")
        await connection.execute(
            """
            insert into qcexec.lease
              (worker_id, epoch, task_id, queue_id, priority, lane, attempt, delivery, cost,
               claimed_at)
            values ($1, $2, $3, $4, 2, 0, 1, 4, 0.5, now())
            """,
            worker.worker_id,
            lease.epoch,
            lease.task_id,
            await queue_number(connection),
        )
        await worker.beat_until_returned(1)
        (again,) = await worker.claim()
        assert (again.lane, again.attempt, again.delivery, again.cost) == (Lane.SUSPECT, 1, 4, 0.5)


async def test_a_worker_without_a_row_is_told_so_and_nothing_of_its_is_returned(
    database: Database,
) -> None:
    await submit(database.app_dsn, *tasks(1))
    async with service(database.app_dsn) as connection:
        worker = await a_worker(connection)
        await worker.claim()
        await connection.execute("delete from qcexec.worker")
        answer = await heartbeat(
            connection, worker.worker_id, [], worker.answered, claim_timeout=0.0, busy=1
        )
        assert answer is None
        await holds(connection, lease=1, worker=0)


async def test_a_heartbeat_tells_how_many_slots_are_busy(database: Database) -> None:
    async with service(database.app_dsn) as connection:
        worker = await a_worker(connection)
        await heartbeat(connection, worker.worker_id, [], None, claim_timeout=1.0, busy=3)
        assert await connection.fetchval("select busy from qcexec.worker") == 3


async def test_a_heartbeat_tells_what_has_run_since_the_start(database: Database) -> None:
    async with service(database.app_dsn) as connection:
        worker = await a_worker(connection)
        counters = NOTHING_RUN.ran(0.5, 2.0).ran(0.25, 3.0)
        assert counters == RunCounters(2, 5.0, 13.0, 0.75)
        for _ in range(2):
            # What is said twice counts once.
            await said(worker, 1, counters)
        row = await connection.fetchrow(
            "select tasks_done, seconds_done, squares_done, cost_done from qcexec.worker"
        )
        assert tuple(row or ()) == (2, 5.0, 13.0, 0.75)


async def said(worker: Worker, busy: int, counters: RunCounters) -> datetime | None:
    """Since when the database takes the worker to be idle, after it said so much."""
    beat = await heartbeat(
        *(worker.connection, worker.worker_id, [], None),
        claim_timeout=1.0,
        busy=busy,
        counters=counters,
    )
    assert beat is not None
    idle: datetime | None = await worker.connection.fetchval("select idle_since from qcexec.worker")
    assert idle is None or idle <= beat.at
    return idle


async def test_a_worker_is_idle_since_nothing_runs_and_has_run_between_two_heartbeats(
    database: Database,
) -> None:
    async with service(database.app_dsn) as connection:
        worker = await a_worker(connection)
        idle = await said(worker, 0, NOTHING_RUN)
        assert idle is not None
        assert await said(worker, 0, NOTHING_RUN) == idle
        assert await said(worker, 1, NOTHING_RUN) is None
        again = await said(worker, 0, NOTHING_RUN.ran(0.1, 0.1))
        assert again is not None
        assert again > idle
        # A short task began and ended unseen.
        last = await said(worker, 0, NOTHING_RUN.ran(0.1, 0.1).ran(0.1, 0.1))
        assert last is not None
        assert last > again


async def test_the_heartbeat_of_the_release_before_works_on_this_schema(
    database: Database,
) -> None:
    async with service(database.app_dsn) as connection:
        worker = await a_worker(connection)
        await connection.execute(
            "update qcexec.worker set heartbeat_at = now(), busy = 0 where worker_id = $1",
            worker.worker_id,
        )
        await connection.execute(
            "insert into qcexec.pool (queue_id, slot_memory, rank) values (1, 1, 0)"
        )
        row = await connection.fetchrow("select tasks_done, idle_since from qcexec.worker")
        assert tuple(row or ()) == (0, None)


async def test_a_pool_is_what_its_workers_last_said(database: Database) -> None:
    async with service(database.app_dsn) as connection:
        for memory in (2**30, 2**31):
            await register_pool(connection, PoolRow(2, memory, 1))
        await register_pool(connection, PoolRow(1, 2**29, 0))
        assert await pools(connection) == [PoolRow(1, 2**29, 0), PoolRow(2, 2**31, 1)]


async def test_everything_claimed_in_one_go_can_be_named(database: Database) -> None:
    await submit(database.app_dsn, *tasks(1000))
    async with service(database.app_dsn) as connection:
        worker = await a_worker(connection)
        exchange = await exchange_of(connection, worker.worker_id)
        leases = (await exchange.run(connection, [], EVERYTHING)).leases
        await worker.beat(timeout=0.0)
        beat = await worker.beat(*(each.epoch for each in leases[:-1]), timeout=0.0)
        assert beat.returned == 1
        await holds(connection, lease=999, ready=1)
