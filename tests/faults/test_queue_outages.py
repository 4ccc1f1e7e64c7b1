"""PostgreSQL restarted and stopped under load: nothing lost, and no lease of a live worker."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from uuid import UUID

import pytest

from qcexec_queue.connections import Role, connect
from qcexec_queue.errors import AcceptanceUnknown, DatabaseUnavailable
from qcexec_queue.events import WorkerExpired
from qcexec_queue.maintenance import Maintenance, MaintenancePolicy
from qcexec_queue.tasks import NewTask
from qcexec_standalone.postgres import PostgresServer
from support.databases import Database, Databases
from support.queue import Seen, count, holds, service, submitting
from support.queue_worker import Pace, QueueWorker, Record
from support.waiting import wait_until

LEASE = 6.0
PACE = Pace(claim_timeout=2.0, heartbeat=0.2, rest=0.01)


@pytest.fixture
def database(own_postgres: PostgresServer) -> Database:
    return Databases(own_postgres).create()


class Load:
    """Submits, works and maintains, whatever becomes of the database."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.answered: list[UUID] = []
        self.unknown = 0
        self.record = Record()
        self.seen = Seen()
        self._stop = asyncio.Event()
        self.workers = [QueueWorker(dsn, dsn, self.record, pace=PACE, most=5) for _ in range(2)]

    async def submits(self) -> None:
        async with submitting(self.dsn) as submitter:
            while not self._stop.is_set():
                for answer in await asyncio.gather(
                    *(submitter.enqueue(NewTask(b"x", 0.001)) for _ in range(5)),
                    return_exceptions=True,
                ):
                    if isinstance(answer, UUID):
                        self.answered.append(answer)
                    elif isinstance(answer, AcceptanceUnknown):
                        self.unknown += 1
                    else:
                        assert isinstance(answer, DatabaseUnavailable)
                await asyncio.sleep(0.02)

    async def maintains(self) -> None:
        opener = partial(connect, self.dsn, role=Role.SERVICE, application="maintenance")
        policy = MaintenancePolicy(
            lease_seconds=LEASE, lock_seconds=0.2, reconnect_seconds=0.2, statistics_seconds=0.5
        )
        await Maintenance(opener, self.seen, policy).run(self._stop)

    def end(self) -> None:
        self._stop.set()


@asynccontextmanager
async def under_load(dsn: str) -> AsyncIterator[Load]:
    """Load for the length of the block; then everything is worked off."""
    load = Load(dsn)
    submits = asyncio.create_task(load.submits())
    maintains = asyncio.create_task(load.maintains())
    works = [asyncio.create_task(worker.run()) for worker in load.workers]
    yield load
    load.end()
    await submits
    async with service(dsn) as connection:

        async def worked_off() -> bool:
            return await count(connection, "result") == await count(connection, "task")

        await wait_until(worked_off, 90.0, what="everything is worked off")
        for worker in load.workers:
            worker.stop()
        await asyncio.gather(*works, maintains)
        rows = await connection.fetch("select task_id, epoch from qcexec.result")
        assert set(load.answered) <= {row["task_id"] for row in rows}
        assert len(load.answered) <= len(rows) <= len(load.answered) + load.unknown
        assert {row["epoch"]: row["task_id"] for row in rows} == load.record.accepted
        # An outage is nobody's death: workers that live keep what they have.
        assert load.record.lost == []
        assert load.seen.of(WorkerExpired) == []
        await holds(connection, task=len(rows), result=len(rows), ready=0, scheduled=0, lease=0)


async def goes_on(load: Load, further: int = 30) -> None:
    """Tasks are accepted and completed (again)."""
    answered, accepted = len(load.answered), len(load.record.accepted)
    await wait_until(
        lambda: (
            len(load.answered) > answered + further
            and len(load.record.accepted) > accepted + further
        ),
        90.0,
        what="tasks are accepted and completed",
    )


@pytest.mark.parametrize("immediate", [False, True], ids=["fast", "immediate"])
async def test_restarts_under_load_lose_nothing(
    own_postgres: PostgresServer, database: Database, immediate: bool
) -> None:
    async with under_load(database.app_dsn) as load:
        for _ in range(3):
            await goes_on(load)
            own_postgres.restart(immediate=immediate)
        await goes_on(load)


async def test_an_outage_longer_than_a_lease_ends_no_live_worker_s_lease(
    own_postgres: PostgresServer, database: Database
) -> None:
    async with under_load(database.app_dsn) as load:
        await goes_on(load)
        own_postgres.stop()
        over = time.monotonic() + LEASE * 1.5
        await wait_until(lambda: time.monotonic() > over, LEASE * 10)
        own_postgres.start()
        # Longer than a lease again, so that the sweep has looked.
        over = time.monotonic() + LEASE * 1.5
        await wait_until(lambda: time.monotonic() > over, LEASE * 10)
        await goes_on(load)
