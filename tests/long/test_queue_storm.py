"""A seeded storm of faults at the queue's own level, held against a model of what was answered.

Submitters, workers and maintenance go on while answers are lost, requests held up, networks cut,
sessions ended, workers abandoned and PostgreSQL restarted, in an order that the seed decides.
Afterwards everything is worked off: no accepted task is lost, none has two results, none has the
result of a stale lease, and the invariant holds.

QCEXEC_CHAOS_FAULTS  how many faults (default 40)
QCEXEC_CHAOS_SEED    the seed (default 1)
"""

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

import pytest

from qcexec_queue.connections import Role, connect
from qcexec_queue.errors import AcceptanceUnknown, DatabaseUnavailable
from qcexec_queue.events import LeasesReturned
from qcexec_queue.maintenance import Maintenance, MaintenancePolicy
from qcexec_queue.settlement import Cause, RetryPolicy
from qcexec_queue.tasks import Lease, NewTask
from qcexec_standalone.postgres import PostgresServer
from support.databases import Database, Databases
from support.proxy import Proxy, Strike, proxied
from support.queue import Seen, count, holds, plain, service, submitting
from support.queue_worker import Pace, QueueWorker, Record
from support.waiting import wait_until

FAULTS = int(os.environ.get("QCEXEC_CHAOS_FAULTS", "40"))
SEED = int(os.environ.get("QCEXEC_CHAOS_SEED", "1"))

LEASE = 1.0
PACE = Pace(claim_timeout=0.4, heartbeat=0.1, rest=0.005)
# What is put back uncounted has a cap, which a storm would reach.
POLICY = RetryPolicy(max_attempts=32000, max_deliveries=32000, backoff_seconds=0.01)
PIECES = (
    "-- Accepts tasks",
    "-- Ends leases with their results",
    "-- Ends leases without a result",
    "-- $1 worker, $2 epochs that it holds",
    "-- Removes the workers whose last heartbeat",
    "-- Moves what is due",
    "COMMIT",
)
CAUSES = (Cause.NOT_BEGUN, Cause.DRAINED, Cause.CHILD_DIED, Cause.CHILD_LOST)


@pytest.fixture
def database(own_postgres: PostgresServer) -> Database:
    return Databases(own_postgres).create()


async def test_a_storm_loses_nothing_and_doubles_nothing(
    own_postgres: PostgresServer, database: Database
) -> None:
    print(f"{FAULTS} faults, QCEXEC_CHAOS_SEED={SEED}")
    async with proxied(database.app_dsn) as (proxy, dsn):
        storm = Storm(own_postgres, database, proxy, dsn)
        await storm.rage()
        await storm.calm()
        await storm.judge()


class Storm:
    """Everything that runs, and the faults that strike it."""

    def __init__(self, server: PostgresServer, database: Database, proxy: Proxy, dsn: str) -> None:
        self._server = server
        self._database = database
        self._proxy = proxy
        self._dsn = dsn
        self._random = random.Random(SEED)
        self._record = Record()
        self._seen = Seen()
        self._answered: dict[UUID, bytes] = {}
        self._unknown: set[bytes] = set()
        self._refused: set[bytes] = set()
        self._numbers = iter(range(10**9))
        self._workers: dict[QueueWorker, asyncio.Task[None]] = {}
        self._struck: Counter[str] = Counter()
        self._calm = False
        self._stop = asyncio.Event()

    async def rage(self) -> None:
        self._submitting = [asyncio.create_task(self._submits()) for _ in range(2)]
        self._maintaining = [asyncio.create_task(self._maintains()) for _ in range(2)]
        for _ in range(3):
            self._hire()
        faults: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (60, self._strike),
            (12, self._cut),
            (10, self._end_sessions),
            (8, self._abandon),
            (6, self._freeze),
            (1, self._restart),
        ]
        for _ in range(FAULTS):
            (fault,) = self._random.choices([f for _, f in faults], [w for w, _ in faults])
            self._struck[fault.__name__] += 1
            await fault()
            await asyncio.sleep(self._random.uniform(0.0, 0.1))
        print(dict(self._struck))

    async def calm(self) -> None:
        """No more faults; what is under way comes to its end."""
        self._calm = True
        self._proxy.thaw()
        self._proxy.release()
        await asyncio.gather(*self._submitting)
        async with service(self._database.app_dsn) as connection:

            async def worked_off() -> bool:
                return await count(connection, "task") == await count(connection, "result")

            await wait_until(worked_off, 180.0, what="everything is worked off")
        for worker in self._workers:
            worker.stop()
        await asyncio.gather(*self._workers.values())
        self._stop.set()
        await asyncio.gather(*self._maintaining)

    async def judge(self) -> None:
        """What is stored, beside what was answered."""
        async with service(self._database.app_dsn) as connection:
            stored = await connection.fetch("select task_id, payload from qcexec.task")
            results = await connection.fetch("select task_id, epoch, body from qcexec.result")
            total = len(stored)
            await holds(connection, task=total, result=total, ready=0, scheduled=0, lease=0)
        payloads = {row["task_id"]: row["payload"] for row in stored}
        # None lost, none accepted twice, none accepted that was said not to be.
        assert {each: payloads.get(each) for each in self._answered} == self._answered
        assert max(Counter(payloads.values()).values()) == 1
        others = {payloads[each] for each in payloads if each not in self._answered}
        assert others <= self._unknown
        assert not others & self._refused
        # Each result is the one whose worker was told so; what came late under another is not.
        told = self._record.accepted
        assert max(Counter(told.values()).values()) == 1
        by_epoch = {row["epoch"]: row["task_id"] for row in results}
        assert told == {each: by_epoch[each] for each in told}
        assert all(row["body"] == b'{"epoch":%d}' % row["epoch"] for row in results)
        assert not {each.epoch for each in self._record.lost} & set(by_epoch)
        print(
            f"{total} tasks, {len(self._answered)} answered, {len(self._unknown)} unknown"
            f" ({len(others)} of those accepted), {len(self._record.lost)} late results refused,"
            f" {self._record.returned} lost claims returned, {self._record.repeats} repeats,"
            f" {sum(each.returned for each in self._seen.of(LeasesReturned))} leases swept"
        )

    async def _submits(self) -> None:
        async with submitting(self._dsn) as submitter:
            while not self._calm:
                batch = [b"%d" % next(self._numbers) for _ in range(self._random.randint(1, 8))]
                answers = await asyncio.gather(
                    *(submitter.enqueue(NewTask(each, 0.001)) for each in batch),
                    return_exceptions=True,
                )
                for payload, answer in zip(batch, answers, strict=True):
                    if isinstance(answer, UUID):
                        self._answered[answer] = payload
                    elif isinstance(answer, AcceptanceUnknown):
                        self._unknown.add(payload)
                    else:
                        assert isinstance(answer, DatabaseUnavailable)
                        self._refused.add(payload)
                await asyncio.sleep(0.01)

    async def _maintains(self) -> None:
        opener = partial(connect, self._dsn, role=Role.SERVICE, application="maintenance")
        policy = MaintenancePolicy(
            lease_seconds=LEASE,
            lock_seconds=0.2,
            reconnect_seconds=0.1,
            promote_seconds=0.1,
            idle_seconds=2.0,
            retry=POLICY,
        )
        await Maintenance(opener, self._seen, policy).run(self._stop)

    def _hire(self) -> None:
        worker = QueueWorker(
            *(self._dsn, self._dsn, self._record),
            pace=PACE,
            decide=self._decide,
            most=self._random.randint(1, 8),
            policy=POLICY,
        )
        self._workers[worker] = asyncio.create_task(worker.run())

    def _decide(self, _: Lease) -> Cause | None:
        if self._calm or self._random.random() > 0.05:
            return None
        return self._random.choice(CAUSES)

    async def _strike(self) -> None:
        strike = self._random.choice(list(Strike))
        fault = self._proxy.strike(self._random.choice(PIECES), strike)
        if strike in (Strike.STALL_REPLY, Strike.STALL_REQUEST):
            later = self._random.uniform(0.0, 2 * LEASE)
            asyncio.get_running_loop().call_later(later, fault.release)

    async def _cut(self) -> None:
        self._proxy.cut()

    async def _freeze(self) -> None:
        self._proxy.freeze()
        over = time.monotonic() + self._random.uniform(0.0, 1.5 * LEASE)
        await wait_until(lambda: time.monotonic() > over)
        self._proxy.thaw()

    async def _end_sessions(self) -> None:
        async with plain(self._database.admin_dsn) as admin:
            pids = [
                row["pid"]
                for row in await admin.fetch(
                    "select pid from pg_stat_activity where usename = 'qcexec_app' order by pid"
                )
            ]
            for pid in self._random.sample(pids, min(len(pids), 2)):
                await admin.execute("select pg_terminate_backend($1)", pid)

    async def _abandon(self) -> None:
        """A worker that is gone from one moment to the next, and a new one."""
        worker = self._random.choice(list(self._workers))
        running = self._workers.pop(worker)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        self._hire()

    async def _restart(self) -> None:
        self._server.restart(immediate=self._random.random() < 0.5)
