"""What has to be done for the queue as a whole, by one process at a time.

API processes and workers all run this; whoever holds an advisory lock of the
database does the work, and the lock ends with its connection. So intake goes on
for days without a worker: partitions are made, statistics written, what is due
moved.

- Each second: move what is due from scheduled to ready; write queue_stats.
- Each sixth of a lease time: say of pools with workers that they live, remove those
  of which nobody has said so for a grace, and move what is left in their queues (see
  routes).
- As often: end the leases of workers whose heartbeat stopped, and those without a
  worker's row. PostgreSQL's own start counts as everybody's heartbeat, and a fresh
  holder waits for one lease time first, so that an outage of the database, or of the
  way to it, kills nobody's lease.
- Each minute: make partitions ahead, drop one that is past its retention.
- Each five seconds, for a service that wants it: read the queue's figures as a whole.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import asyncpg

from qcexec_queue.connections import (
    STATEMENT_TIMEOUT_SECONDS,
    TRANSIENT_ERRORS,
    Connection,
    answered_within,
    describe,
)
from qcexec_queue.errors import DatabaseUnavailable
from qcexec_queue.events import (
    ConnectionReplaced,
    LeasesReturned,
    MaintenanceFailed,
    MaintenanceHeld,
    Observer,
    PartitionsChanged,
    PoolRemoved,
    WorkerExpired,
)
from qcexec_queue.figures import Figures, read_figures
from qcexec_queue.leases import put_back_all
from qcexec_queue.pool_rows import (
    MOVED_AT_ONCE,
    move_tasks,
    remove_pools,
    stranded_queues,
    touch_pools,
)
from qcexec_queue.routes import POOL_GRACE_SECONDS, Stranded
from qcexec_queue.settlement import Cause, RetryPolicy
from qcexec_queue.statements import statement
from qcexec_queue.statistics import COUNT_CAP, write_statistics

LOCK_NAME = "qcexec.maintenance"
PROMOTED_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class MaintenancePolicy:
    """How often what is done, in seconds."""

    lease_seconds: float = 30.0
    """A worker whose heartbeat is older is taken for dead."""
    pool_seconds: float = POOL_GRACE_SECONDS
    """A pool without a sign of life for so long is gone; tasks wait as long for another."""
    promote_seconds: float = 1.0
    statistics_seconds: float = 1.0
    figures_seconds: float = 5.0
    partitions_seconds: float = 60.0
    lock_seconds: float = 2.0
    """Between tries to get the lock."""
    idle_seconds: float = 30.0
    """A holder that does nothing for so long loses the lock, by PostgreSQL's own clock."""
    reconnect_seconds: float = 1.0
    count_cap: int = COUNT_CAP
    retry: RetryPolicy = field(default_factory=RetryPolicy)

    @classmethod
    def of(cls, lease_seconds: float, retry: RetryPolicy) -> MaintenancePolicy:
        """The policy of services whose leases last so long: the lock is lost about as soon."""
        return cls(
            lease_seconds=lease_seconds,
            idle_seconds=min(30.0, max(5.0, lease_seconds)),
            retry=retry,
        )

    @property
    def sweep_seconds(self) -> float:
        """Between looks for dead workers."""
        return self.lease_seconds / 6


class Maintenance:
    """The work of the lock's holder, on a connection that is given or its own."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        observer: Observer,
        policy: MaintenancePolicy,
        *,
        on_figures: Callable[[Figures], None] | None = None,
    ) -> None:
        self._connect = connect
        self._observer = observer
        self._policy = policy
        self._on_figures = on_figures
        self._holding = False
        self._connected_at = 0.0
        self._due: dict[str, float] = {}
        self._stranded = Stranded()

    @property
    def holding(self) -> bool:
        """Whether this process is the one."""
        return self._holding

    async def run(self, stop: asyncio.Event) -> None:
        """Connects, and does what is due until ``stop``; reconnects as often as it takes."""
        while not stop.is_set():
            try:
                connection = await self._connect()
            except DatabaseUnavailable as error:
                self._observer(ConnectionReplaced("maintenance", str(error)))
                await _pause(stop, self._policy.reconnect_seconds)
                continue
            self.connected()
            try:
                while not stop.is_set():
                    await _pause(stop, await self.tick(connection))
                await connection.close(timeout=STATEMENT_TIMEOUT_SECONDS)
            except DatabaseUnavailable as error:
                self._observer(ConnectionReplaced("maintenance", str(error)))
                await _pause(stop, self._policy.reconnect_seconds)
            except TRANSIENT_ERRORS as error:
                self._observer(ConnectionReplaced("maintenance", describe(error)))
            finally:
                connection.terminate()
                self.disconnected()

    def connected(self) -> None:
        """A new connection is about to be used."""
        self._connected_at = time.monotonic()
        self._due.clear()
        self._stranded = Stranded()

    def disconnected(self) -> None:
        """The connection ended, and the lock with it."""
        if self._holding:
            self._holding = False
            self._observer(MaintenanceHeld(held=False))

    async def tick(self, connection: Connection) -> float:
        """Does what is due; gives the seconds until something is again.

        Raises DatabaseUnavailable, after which the connection is of no more use. What
        else fails is told to the observer and tried again.
        """
        if not self._holding and not await self._take_lock(connection):
            return self._policy.lock_seconds
        steps: tuple[tuple[str, float, Callable[[Connection], Awaitable[None]]], ...] = (
            ("partitions", self._policy.partitions_seconds, self._partitions),
            ("promote", self._policy.promote_seconds, self._promote),
            ("statistics", self._policy.statistics_seconds, self._statistics),
            ("figures", self._policy.figures_seconds, self._figures),
            # Before the sweep: a worker that goes leaves its pool with a fresh sign of life.
            ("pools", self._policy.sweep_seconds, self._pools),
            ("sweep", self._policy.sweep_seconds, self._sweep),
        )
        for name, period, step in steps:
            now = time.monotonic()
            if now < self._due.get(name, 0.0):
                continue
            self._due[name] = now + period
            async with answered_within(connection, STATEMENT_TIMEOUT_SECONDS):
                try:
                    await step(connection)
                except asyncpg.PostgresError as error:
                    if connection.is_closed():
                        raise
                    self._observer(MaintenanceFailed(name, describe(error)))
        return max(0.0, min(self._due.values()) - time.monotonic())

    async def _take_lock(self, connection: Connection) -> bool:
        async with answered_within(connection, STATEMENT_TIMEOUT_SECONDS):
            self._holding = await connection.fetchval(
                "select pg_try_advisory_lock(hashtextextended($1, 0))", LOCK_NAME
            )
            if self._holding:
                # A holder that is stopped, not dead, keeps its connection and with it the lock.
                await connection.execute(
                    "select set_config('idle_session_timeout', $1, false)",
                    str(math.ceil(self._policy.idle_seconds * 1000)),
                )
        if self._holding:
            self._observer(MaintenanceHeld(held=True))
        return self._holding

    async def _promote(self, connection: Connection) -> None:
        while await connection.fetchval(statement("promote"), PROMOTED_AT_ONCE) == PROMOTED_AT_ONCE:
            pass

    async def _statistics(self, connection: Connection) -> None:
        await write_statistics(connection, cap=self._policy.count_cap)

    async def _figures(self, connection: Connection) -> None:
        if self._on_figures is not None:
            self._on_figures(await read_figures(connection))

    async def _sweep(self, connection: Connection) -> None:
        if time.monotonic() - self._connected_at < self._policy.lease_seconds:
            return
        async with connection.transaction():
            expired = await connection.fetch(
                statement("expire_workers"), self._policy.lease_seconds
            )
            orphaned = await connection.fetch(statement("leases_without_worker"))
            dead = {row["worker_id"] for row in expired} | {row["worker_id"] for row in orphaned}
            returned, failed = await put_back_all(
                connection, dead, Cause.WORKER_EXPIRED, self._policy.retry
            )
        for row in expired:
            self._observer(WorkerExpired(row["worker_id"], row["pod"]))
        if returned or failed:
            self._observer(LeasesReturned(Cause.WORKER_EXPIRED.value, returned, failed))

    async def _pools(self, connection: Connection) -> None:
        await touch_pools(connection)
        now = time.monotonic()
        grace = self._policy.pool_seconds
        if now - self._connected_at >= grace:
            for queue in await remove_pools(connection, grace):
                self._observer(PoolRemoved(queue))
        queues = await stranded_queues(connection)
        self._stranded = self._stranded.seen(queues, now)
        for queue_id in self._stranded.longer_than(grace, now):
            moved = await move_tasks(connection, queue_id, queues[queue_id])
            if moved is not None:
                self._observer(moved)
                if moved.tasks == MOVED_AT_ONCE:
                    # There may be more: look again at the next tick.
                    self._due["pools"] = 0.0

    async def _partitions(self, connection: Connection) -> None:
        made = await connection.fetchval("select qcexec.make_partitions()")
        retired = await connection.fetchval("select qcexec.retire_partition()")
        if made or retired in ("task", "result"):
            self._observer(PartitionsChanged(made, retired))
        if retired in ("task", "result"):
            # There may be more: look again at the next tick.
            self._due["partitions"] = 0.0


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
