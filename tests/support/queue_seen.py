"""The queue of one database, seen from outside: what was accepted, where it is, what came of it."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from qcexec_queue.connections import TRANSIENT_ERRORS, Pool, Role, open_pool
from qcexec_queue.enqueue import Submitter
from qcexec_queue.events import ignore
from qcexec_queue.invariant import violations
from qcexec_queue.notify import Notifier
from qcexec_queue.states import Outcome
from qcexec_queue.tasks import NewTask
from qcexec_queue.workers import ask_drain
from support.waiting import wait_until
from support.workers import Worker

_COST = 0.004


@dataclass(frozen=True, slots=True)
class Result:
    """What is stored of a task that ended."""

    outcome: Outcome
    code: str | None
    worker_id: UUID | None
    attempt: int
    message: str
    """The stored body: counts, or a message, as JSON."""
    position: int
    """In the order in which tasks ended."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that did not end in a result."""

    reason: str
    counted: bool
    worker_id: UUID


class QueueSeen:
    """Submits, looks, waits, and checks at the end that nothing was lost or done twice."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.accepted: list[UUID] = []
        self._notifier = Notifier(pool, ignore)
        self._submitter = Submitter(pool, ignore, self._notifier)

    async def submit(
        self, *texts: str, shots: int = 8, queue: str = "default", cost: float = _COST
    ) -> list[UUID]:
        """Enqueues these circuits in one commit, in this order."""
        tasks = [NewTask(payload(text, shots), cost, queue) for text in texts]
        task_ids = await self._submitter.enqueue_many(tasks)
        self.accepted += task_ids
        return task_ids

    async def close(self) -> None:
        """Sends what is to be notified."""
        await self._submitter.close()
        await self._notifier.close()

    async def results(self) -> Mapping[UUID, Result]:
        """All that ended."""
        rows = await self.pool.fetch(
            "select task_id, outcome, code, worker_id, attempt, body from qcexec.result "
            "order by finished_at, epoch"
        )
        return {
            row["task_id"]: Result(
                Outcome(row["outcome"]),
                row["code"],
                row["worker_id"],
                row["attempt"],
                row["body"].decode(),
                position,
            )
            for position, row in enumerate(rows)
        }

    async def result(self, task_id: UUID) -> Result:
        """How this one ended."""
        return (await self.results())[task_id]

    async def history(self, task_id: UUID) -> list[Attempt]:
        """The attempts of this task that did not end in a result, the oldest first."""
        rows = await self.pool.fetch(
            "select reason, counted, worker_id from qcexec.attempt "
            "where task_id = $1 order by epoch",
            task_id,
        )
        return [Attempt(row["reason"], row["counted"], row["worker_id"]) for row in rows]

    async def attempts(self) -> list[Attempt]:
        """The history of all tasks."""
        rows = await self.pool.fetch("select reason, counted, worker_id from qcexec.attempt")
        return [Attempt(row["reason"], row["counted"], row["worker_id"]) for row in rows]

    async def leases(self) -> list[asyncpg.Record]:
        """Who has what."""
        return await self.pool.fetch("select * from qcexec.lease order by epoch")

    async def workers(self) -> Mapping[UUID, asyncpg.Record]:
        """The rows of workers."""
        rows = await self.pool.fetch("select * from qcexec.worker")
        return {row["worker_id"]: row for row in rows}

    async def ask_drain(self, worker: Worker, *, drain: bool = True) -> None:
        """Asks this worker to claim no more, or to go on."""
        async with self.pool.acquire() as connection:
            assert await ask_drain(connection, [worker.worker_id], drain=drain)

    async def wait_for_leases(self, task_ids: Iterable[UUID]) -> list[asyncpg.Record]:
        """Waits until all of these are leased; gives their leases."""
        wanted = set(task_ids)

        async def leased() -> list[asyncpg.Record]:
            found = [lease for lease in await self.leases() if lease["task_id"] in wanted]
            return found if len(found) == len(wanted) else []

        return await wait_until(leased, 60, what=f"{len(wanted)} tasks are leased")

    async def wait_for_results(
        self, task_ids: Iterable[UUID] | None = None, deadline: float = 90
    ) -> Mapping[UUID, Result]:
        """Waits until these tasks (all, by default) have ended; gives their results."""
        wanted = set(self.accepted if task_ids is None else task_ids)

        async def ended() -> bool:
            try:
                return wanted <= (await self.results()).keys()
            except (*TRANSIENT_ERRORS, asyncpg.PostgresError):
                # The database may be away in the tests that restart it.
                return False

        await wait_until(ended, deadline, what=f"{len(wanted)} tasks have ended")
        found = await self.results()
        return {task_id: found[task_id] for task_id in wanted}

    async def check(self) -> Mapping[UUID, Result]:
        """The invariant holds, and what was accepted has one result each; nothing else has one."""
        async with self.pool.acquire() as connection:
            assert await violations(connection) == []
        assert await self.leases() == []
        rows = await self.pool.fetch("select task_id from qcexec.result")
        assert sorted(row["task_id"] for row in rows) == sorted(self.accepted)
        assert len(set(self.accepted)) == len(self.accepted)
        return await self.results()


def payload(text: str, shots: int) -> bytes:
    """A task as the API stores it."""
    return json.dumps({"qc": text, "shots": shots}, separators=(",", ":")).encode()


@asynccontextmanager
async def seen_queue(dsn: str) -> AsyncIterator[QueueSeen]:
    """The queue of the database `dsn`."""
    pool = await open_pool(dsn, role=Role.SERVICE, minimum=0, maximum=4, application="test")
    queue = QueueSeen(pool)
    try:
        yield queue
        await queue.close()
    finally:
        pool.terminate()
