"""Accepting tasks, many in one commit.

A commit costs a write to disk, whatever its size. So submissions that arrive
while one commit is in flight wait and share the next: under load each commit
carries many, and an idle service adds no delay. Everybody is answered only
after the commit that holds their own task.

What a statement's failure means for its tasks decides the answer. An error that
PostgreSQL reports is definite: nothing was written, and where it is the data's
fault the items are tried one by one. A lost answer is not: whether the commit
came about is unknown, so nothing is repeated.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Sequence
from contextvars import Context
from uuid import UUID

import asyncpg

from qcexec_queue.batches import MOST_BYTES, MOST_ITEMS, batches
from qcexec_queue.connections import (
    DATA_ERRORS,
    STATEMENT_TIMEOUT_SECONDS,
    TRANSIENT_ERRORS,
    Connection,
    Pool,
    acquired,
    cut_off,
    describe,
)
from qcexec_queue.errors import AcceptanceUnknown, DatabaseUnavailable, QueueError, TaskRefused
from qcexec_queue.events import BatchEnqueued, BatchSplit, Observer
from qcexec_queue.notify import Notifier
from qcexec_queue.queues import QueueDirectory
from qcexec_queue.statements import statement
from qcexec_queue.tasks import NewTask

_NOT_ACCEPTED = (
    asyncpg.QueryCanceledError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.ObjectNotInPrerequisiteStateError,
)
"""Transient errors that PostgreSQL reports before any commit."""


class Submitter:
    """Accepts tasks through a pool. One per process, so that its tasks share commits."""

    def __init__(self, pool: Pool, observer: Observer, notifier: Notifier) -> None:
        self._pool = pool
        self._observer = observer
        self._notifier = notifier
        self._queues = QueueDirectory()
        self._waiting: deque[tuple[NewTask, asyncio.Future[UUID]]] = deque()
        self._running: asyncio.Task[None] | None = None

    async def enqueue(self, task: NewTask) -> UUID:
        """The id of the accepted task, after its commit.

        Raises DatabaseUnavailable (not accepted), AcceptanceUnknown or TaskRefused.
        A caller that is cancelled does not cancel the batch that its task is in.
        """
        answer: asyncio.Future[UUID] = asyncio.get_running_loop().create_future()
        self._waiting.append((task, answer))
        if self._running is None:
            self._start()
        return await answer

    async def enqueue_many(self, tasks: Sequence[NewTask]) -> list[UUID]:
        """The ids of many tasks, in their order, committed a statement at a time.

        Raises as enqueue does, at the first statement that fails: those before it
        are accepted. TaskRefused is raised before any later task is tried.
        """
        accepted: list[UUID] = []
        for batch in batches(tasks, _size):
            accepted += await self._insert(batch)
        return accepted

    async def close(self) -> None:
        """Waits until every submission has its answer."""
        if self._running is not None:
            await self._running

    def _start(self) -> None:
        # In a context of its own: it works for many, not for the request that came first.
        self._running = asyncio.get_running_loop().create_task(self._run(), context=Context())

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch = self._take()
                try:
                    await self._commit(batch)
                finally:
                    # Whatever a defect may break off here, nobody is left without an answer.
                    _fail(batch, AcceptanceUnknown("the task may have been accepted"))
        finally:
            self._running = None
            if self._waiting:
                self._start()

    def _take(self) -> list[tuple[NewTask, asyncio.Future[UUID]]]:
        taken: list[tuple[NewTask, asyncio.Future[UUID]]] = []
        total = 0
        while self._waiting and len(taken) < MOST_ITEMS:
            total += _size(self._waiting[0][0])
            if taken and total > MOST_BYTES:
                break
            taken.append(self._waiting.popleft())
        return taken

    async def _commit(self, batch: list[tuple[NewTask, asyncio.Future[UUID]]]) -> None:
        try:
            task_ids = await self._insert([task for task, _ in batch])
        except TaskRefused as error:
            if len(batch) == 1:
                _fail(batch, error)
                return
            self._observer(BatchSplit("enqueue", len(batch), str(error)))
            for item in batch:
                await self._commit([item])
        except QueueError as error:
            _fail(batch, error)
        else:
            for (_, answer), task_id in zip(batch, task_ids, strict=True):
                if not answer.done():
                    answer.set_result(task_id)

    async def _insert(self, tasks: Sequence[NewTask]) -> list[UUID]:
        begun = time.perf_counter()
        async with acquired(self._pool) as connection:
            task_ids = await self._insert_on(connection, tasks)
        self._observer(BatchEnqueued(len(tasks), time.perf_counter() - begun))
        return task_ids

    async def _insert_on(self, connection: Connection, tasks: Sequence[NewTask]) -> list[UUID]:
        queue_ids = await self._queue_ids(connection, tasks)
        distinct = set(queue_ids)
        riding = self._notifier.riding(distinct)
        try:
            task_ids: list[UUID] = await connection.fetchval(
                statement("enqueue"),
                [task.payload for task in tasks],
                queue_ids,
                [task.priority for task in tasks],
                [task.cost for task in tasks],
                [task.traceparent for task in tasks],
                riding,
                _random_halves(len(tasks)),
                timeout=STATEMENT_TIMEOUT_SECONDS,
            )
        except asyncpg.CheckViolationError as error:
            if error.constraint_name is None:
                message = "there is no partition for tasks of this moment; has migrate run?"
                raise DatabaseUnavailable(message) from error
            raise TaskRefused(describe(error)) from error
        except DATA_ERRORS as error:
            raise TaskRefused(describe(error)) from error
        except _NOT_ACCEPTED as error:
            raise DatabaseUnavailable(describe(error)) from error
        except TRANSIENT_ERRORS as error:
            cut_off(connection)
            message = f"the answer was lost ({describe(error)}): the task may have been accepted"
            raise AcceptanceUnknown(message) from error
        except asyncpg.PostgresError as error:
            raise DatabaseUnavailable(describe(error)) from error
        self._notifier.committed(distinct.difference(riding))
        return task_ids

    async def _queue_ids(self, connection: Connection, tasks: Sequence[NewTask]) -> list[int]:
        try:
            return [
                self._queues.known(task.queue)
                or await self._queues.queue_id(connection, task.queue)
                for task in tasks
            ]
        except DATA_ERRORS as error:
            raise TaskRefused(describe(error)) from error
        except (*TRANSIENT_ERRORS, asyncpg.PostgresError) as error:
            raise DatabaseUnavailable(describe(error)) from error


def _fail(batch: list[tuple[NewTask, asyncio.Future[UUID]]], error: QueueError) -> None:
    for _, answer in batch:
        if not answer.done():
            # An exception of its own for each: tracebacks grow as they are raised.
            answer.set_exception(type(error)(*error.args))


def _random_halves(number: int) -> bytes:
    """The second halves of so many UUIDs: the variant of RFC 9562, then 62 random bits each."""
    halves = bytearray(os.urandom(8 * number))
    halves[::8] = bytes(0x80 | first & 0x3F for first in halves[::8])
    return bytes(halves)


def _size(task: NewTask) -> int:
    return len(task.payload)
