"""The worker's second connection: its row, its heartbeats, notifications, maintenance.

Everything but claims and completions. A heartbeat on the connection that
listens is also the probe of that connection: one that no longer answers is
replaced, and with the new one everything is looked at anew.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from qcexec_queue.connections import (
    STATEMENT_TIMEOUT_SECONDS,
    Connection,
    answered_within,
    describe,
)
from qcexec_queue.errors import DatabaseUnavailable, SchemaMismatch
from qcexec_queue.events import ConnectionReplaced, LeasesReturned, Observer
from qcexec_queue.maintenance import Maintenance
from qcexec_queue.notify import listen
from qcexec_queue.schema import check_schema
from qcexec_queue.settlement import Cause, RetryPolicy
from qcexec_queue.statistics import QueueStatistics, read_statistics
from qcexec_queue.workers import (
    PoolRow,
    RunCounters,
    WorkerIdentity,
    acknowledge_drain,
    ask_drain,
    heartbeat,
    pools,
    register,
    register_pool,
    remove,
)
from qcexec_worker.claim_loop import ClaimLoop
from qcexec_worker.desk import Desk

_RECONNECT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class ServicePolicy:
    """How often, in seconds."""

    lease_seconds: float
    claim_timeout: float
    statistics_seconds: float
    """Between reads of the queue's figures; 0: never."""
    retry: RetryPolicy

    @property
    def heartbeat_seconds(self) -> float:
        """Six heartbeats fit into a lease time."""
        return self.lease_seconds / 6


class ServiceLoop:
    """Registers the worker, keeps it alive in the database, and hears what is asked of it."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        identity: WorkerIdentity,
        pool: PoolRow,
        desk: Desk,
        claims: ClaimLoop,
        maintenance: Maintenance,
        observer: Observer,
        policy: ServicePolicy,
        *,
        busy: Callable[[], int],
        counters: Callable[[], RunCounters],
        on_beat: Callable[[bool], None],
        on_database_time: Callable[[datetime, float], None],
        on_statistics: Callable[[Mapping[str, QueueStatistics]], None],
    ) -> None:
        self._connect = connect
        self._identity = identity
        self._pool = pool
        self._desk = desk
        self._claims = claims
        self._maintenance = maintenance
        self._observer = observer
        self._policy = policy
        self._busy = busy
        self._counters = counters
        self._on_beat = on_beat
        self._on_database_time = on_database_time
        self._on_statistics = on_statistics
        self._pools: list[PoolRow] = []
        self._answered: datetime | None = None
        self._nudged = asyncio.Event()
        self._stopping = asyncio.Event()
        self._leaving = False
        self._statistics_due = 0.0
        self.registered = asyncio.Event()

    @property
    def pools(self) -> list[PoolRow]:
        """All pools, as last seen."""
        return self._pools

    def leave(self) -> None:
        """The worker is about to stop: say so in the database."""
        self._leaving = True
        self._nudged.set()

    def stop(self) -> None:
        """Remove the worker's row and end."""
        self._stopping.set()
        self._nudged.set()

    async def run(self) -> None:
        """Works until stopped; reconnects as often as it takes."""
        while not self._stopping.is_set():
            connection: Connection | None = None
            try:
                connection = await self._connect()
                self._maintenance.connected()
                await self._begin(connection)
                while not self._stopping.is_set():
                    await self._rest(await self._turn(connection))
                await self._end(connection)
            except (DatabaseUnavailable, SchemaMismatch) as error:
                self._observer(ConnectionReplaced("service", str(error)))
                self._on_beat(False)
                await self._rest_from_failure()
            finally:
                if connection is not None:
                    connection.terminate()
                self._maintenance.disconnected()

    async def _begin(self, connection: Connection) -> None:
        await check_schema(connection)
        async with answered_within(connection, STATEMENT_TIMEOUT_SECONDS):
            await listen(
                connection,
                self._identity.queue_id,
                on_ready=self._claims.notified,
                on_worker=self._asked_something,
            )
            await self._register(connection)
        # What became ready while nobody listened.
        self._claims.wake()

    def _asked_something(self) -> None:
        # Perhaps to drain: until a heartbeat has told, nothing is claimed, above all not
        # what the same commit took from this worker.
        self._claims.drain()
        self._nudged.set()

    async def _register(self, connection: Connection) -> None:
        sent = time.monotonic()
        at, returned, failed = await register(connection, self._identity, self._policy.retry)
        self._on_database_time(at, sent)
        await register_pool(connection, self._pool)
        if self._answered is None:
            self._answered = at
        if returned or failed:
            self._observer(LeasesReturned(Cause.WORKER_DIED.value, returned, failed))
        self.registered.set()

    async def _turn(self, connection: Connection) -> float:
        """One heartbeat and what else is due; gives the seconds until the next turn."""
        self._nudged.clear()
        begun = time.monotonic()
        async with answered_within(connection, STATEMENT_TIMEOUT_SECONDS):
            # Before the first beat lets the claims begin: what they bring is judged by the pools.
            self._pools = await pools(connection)
            if all(pool.queue_id != self._pool.queue_id for pool in self._pools):
                await register_pool(connection, self._pool)
            await self._beat(connection)
        self._on_beat(True)
        if not self._claims.claiming and not self._claims.drained:
            # To be acknowledged as soon as the claim that is under way has returned.
            await self._claims.drained_within(_RECONNECT_SECONDS)
            self._nudged.set()
        if self._policy.statistics_seconds and begun >= self._statistics_due:
            self._statistics_due = begun + self._policy.statistics_seconds
            self._on_statistics(await read_statistics(connection))
        while True:
            wait = await self._maintenance.tick(connection)
            left = begun + self._policy.heartbeat_seconds - time.monotonic()
            if left <= wait or self._nudged.is_set():
                return max(0.0, left)
            await self._rest(wait)

    async def _beat(self, connection: Connection) -> None:
        answered = self._answered
        sent = time.monotonic()
        epochs = self._desk.epochs
        beat = await heartbeat(
            connection,
            self._identity.worker_id,
            epochs,
            answered,
            claim_timeout=self._policy.claim_timeout,
            busy=self._busy(),
            counters=self._counters(),
        )
        if beat is None:
            # Taken for dead: what this process still runs is fenced off by its epochs.
            await self._register(connection)
            return
        self._answered = beat.at
        self._on_database_time(beat.at, sent)
        if beat.returned:
            self._observer(LeasesReturned("claim_reply_lost", beat.returned, 0))
        if self._leaving and not beat.draining:
            # This wakes every worker, this one too: the next turn, at once, finds it said.
            await ask_drain(connection, [self._identity.worker_id])
        if beat.draining or self._leaving:
            self._claims.drain()
            if self._claims.drained and not beat.drained:
                await acknowledge_drain(connection, self._identity.worker_id)
        elif not self._claims.claiming:
            self._claims.resume()

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._nudged.wait()
        except TimeoutError:
            return

    async def _rest_from_failure(self) -> None:
        try:
            async with asyncio.timeout(_RECONNECT_SECONDS):
                await self._stopping.wait()
        except TimeoutError:
            return

    async def _end(self, connection: Connection) -> None:
        try:
            async with answered_within(connection, STATEMENT_TIMEOUT_SECONDS):
                await remove(connection, self._identity.worker_id)
        except asyncpg.PostgresError as error:
            raise DatabaseUnavailable(describe(error)) from error
