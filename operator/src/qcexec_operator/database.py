"""The operator's one connection to PostgreSQL: its lock, what it reads and what it asks for.

An advisory lock makes sure that one operator of a release acts; it ends with the connection on
which everything else is asked, so whoever gets an answer still has it. A process that is stopped,
not dead, keeps its connection: PostgreSQL ends that after half a minute.

The connection also listens for tasks that become ready, so that a pool at zero wakes at once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg

from qcexec_operator.look import QueueLook
from qcexec_queue.connections import Connection, answered_within, describe
from qcexec_queue.errors import DatabaseUnavailable, SchemaMismatch
from qcexec_queue.fleet import Released, read_fleet, release_pods, someone_waits, vouch
from qcexec_queue.notify import ready_channel
from qcexec_queue.queues import QueueDirectory
from qcexec_queue.schema import check_schema
from qcexec_queue.settlement import RetryPolicy
from qcexec_queue.statistics import read_statistics
from qcexec_queue.workers import ask_drain

ANSWER_SECONDS = 5.0
IDLE_SECONDS = 30.0
"""An operator that asks nothing for so long is none, by PostgreSQL's own clock."""

_LOCK = "qcexec.operator"


class Database:
    """The queue's database. Every method raises DatabaseUnavailable or SchemaMismatch."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        scope: str,
        retry: RetryPolicy,
        *,
        on_ready: Callable[[str], None],
    ) -> None:
        self._connect = connect
        self._lock = f"{_LOCK}.{scope}"
        self._retry = retry
        self._on_ready = on_ready
        self._connection: Connection | None = None
        self._leads = False
        self._queues = QueueDirectory()
        self._heard: set[str] = set()

    @property
    def leads(self) -> bool:
        """Whether this process had the lock when it last asked."""
        return self._leads

    async def look(self, queues: Collection[str], asleep: Collection[str]) -> QueueLook | None:
        """Everything, and whether tasks wait in those ``asleep``; listens to ``queues``.

        None: another operator of this release acts.
        """
        async with self._session() as connection:
            if not await self._lead(connection):
                return None
            for queue in queues:
                await self._listen(connection, queue)
            waiting = set[str]()
            for queue in asleep:
                if await someone_waits(connection, await self._queues.queue_id(connection, queue)):
                    waiting.add(queue)
            return QueueLook(
                fleet=await read_fleet(connection),
                statistics=await read_statistics(connection),
                waiting=frozenset(waiting),
            )

    async def ask_drain(self, worker_ids: Collection[UUID], *, drain: bool) -> None:
        """Asks workers to claim no more, or to go on."""
        if worker_ids:
            async with self._session() as connection:
                await ask_drain(connection, worker_ids, drain=drain)

    async def release_pods(self, uids: Collection[str]) -> Released:
        """Gives back what is leased to pods that are gone."""
        async with self._session() as connection:
            return await release_pods(connection, uids, self._retry)

    async def vouch(self, queue: str, slot_memory: int, rank: int) -> None:
        """Says that the pool of that queue can be woken."""
        async with self._session() as connection:
            queue_id = await self._queues.queue_id(connection, queue)
            await vouch(connection, queue_id, slot_memory, rank)

    def close(self) -> None:
        """Ends the connection, and the lock with it."""
        if self._connection is not None:
            self._connection.terminate()
        self._connection = None
        self._leads = False
        self._heard.clear()

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[Connection]:
        """The connection, opened where there is none, under a deadline; closed on any failure."""
        if self._connection is None:
            self._connection = await self._connect()
        try:
            async with answered_within(self._connection, ANSWER_SECONDS):
                yield self._connection
        except asyncpg.PostgresError as error:
            self.close()
            raise DatabaseUnavailable(describe(error)) from error
        except (DatabaseUnavailable, SchemaMismatch):
            self.close()
            raise

    async def _lead(self, connection: Connection) -> bool:
        if self._leads:
            return True
        await check_schema(connection)
        self._leads = await connection.fetchval(
            "select pg_try_advisory_lock(hashtextextended($1, 0))", self._lock
        )
        if self._leads:
            await connection.execute(
                "select set_config('idle_session_timeout', $1, false)",
                str(int(IDLE_SECONDS * 1000)),
            )
        return self._leads

    async def _listen(self, connection: Connection, queue: str) -> None:
        if queue in self._heard:
            return
        queue_id = await self._queues.queue_id(connection, queue)
        await connection.add_listener(ready_channel(queue_id), lambda *_: self._on_ready(queue))
        self._heard.add(queue)
