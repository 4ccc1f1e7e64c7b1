"""A worker of the queue alone: claims, heartbeats and repeats as a real one, and runs nothing."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

import asyncpg

from qcexec_queue.connections import Connection, Role, answered_within, connect, describe
from qcexec_queue.errors import DatabaseUnavailable, LeaseLost
from qcexec_queue.exchange import Appetite, Exchange
from qcexec_queue.leases import put_back
from qcexec_queue.settlement import Cause, RetryPolicy, settle
from qcexec_queue.states import Outcome
from qcexec_queue.tasks import Completion, Lease, StoredResult
from qcexec_queue.workers import heartbeat, register
from support.queue import Seen, identity, of_worker, queue_number


@dataclass(slots=True)
class Pace:
    """How often what, in seconds."""

    claim_timeout: float = 1.0
    heartbeat: float = 0.1
    retry: float = 0.02
    rest: float = 0.0
    """Between claims."""


@dataclass(slots=True)
class Record:
    """What all workers of a test saw."""

    accepted: dict[int, UUID] = field(default_factory=dict)
    """Tasks by the epoch under which their result was accepted."""
    lost: list[LeaseLost] = field(default_factory=list)
    claimed: dict[int, UUID] = field(default_factory=dict)
    returned: int = 0
    """Leases of lost claims."""
    repeats: int = 0
    reregistered: int = 0


class QueueWorker:
    """Completes what it claims; a task's body tells its epoch.

    `decide` may send a lease back instead. The claims' connection and the heartbeats' go where
    the two URLs lead.
    """

    def __init__(
        self,
        claims_dsn: str,
        heartbeats_dsn: str,
        record: Record,
        *,
        pace: Pace | None = None,
        decide: Callable[[Lease], Cause | None] = lambda _: None,
        most: int = 10,
        policy: RetryPolicy | None = None,
    ) -> None:
        self.worker_id = uuid4()
        self.pace = pace or Pace()
        self.record = record
        self.seen = Seen()
        self._claims_dsn = claims_dsn
        self._heartbeats_dsn = heartbeats_dsn
        self._decide = decide
        self._most = most
        self._policy = policy or RetryPolicy(backoff_seconds=0.01)
        self._held: dict[int, Lease] = {}
        self._answered: datetime | None = None
        self._registered = asyncio.Event()
        self._stop = asyncio.Event()
        self._queue_id = 0
        self.paused = False
        """Claims nothing, but goes on otherwise."""

    def stop(self) -> None:
        """Finish what is held, and end."""
        self._stop.set()

    @property
    def held(self) -> int:
        """Leases that it knows of."""
        return len(self._held)

    async def run(self) -> None:
        """Works until it is stopped and everything is handed in."""
        beating = asyncio.create_task(self._beat_for_ever())
        try:
            await self._work()
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)

    async def _work(self) -> None:
        await self._registered.wait()
        exchange = Exchange(
            self.worker_id, self._queue_id, self.seen, claim_timeout=self.pace.claim_timeout
        )
        unanswered: list[Completion] | None = None
        while not self._stop.is_set() or self._held:
            try:
                connection = await self._connect(self._claims_dsn)
            except DatabaseUnavailable:
                await asyncio.sleep(self.pace.retry)
                continue
            exchange.sweeps.reset()
            try:
                while not self._stop.is_set() or self._held:
                    repeated = unanswered is not None
                    ending = await self._settled(connection) if unanswered is None else unanswered
                    unanswered = ending
                    claim = not (self._stop.is_set() or self.paused)
                    appetite = Appetite(self._most, self._most, 1.0) if claim else None
                    result = await exchange.run(connection, ending, appetite, repeated=repeated)
                    unanswered = None
                    self.record.repeats += repeated
                    self._take(ending, result.lost, result.leases)
                    await asyncio.sleep(self.pace.rest if result.leases else self.pace.retry)
            except DatabaseUnavailable:
                await asyncio.sleep(self.pace.retry)
            finally:
                connection.terminate()

    def _take(self, ended: list[Completion], lost: list[LeaseLost], leases: list[Lease]) -> None:
        missed = {each.epoch for each in lost}
        for each in ended:
            self._held.pop(each.epoch, None)
            if each.epoch not in missed:
                self.record.accepted[each.epoch] = each.task_id
        self.record.lost += lost
        for lease in leases:
            self._held[lease.epoch] = lease
            self.record.claimed[lease.epoch] = lease.task_id

    async def _settled(self, connection: Connection) -> list[Completion]:
        """Sends back what `decide` says, and gives the results of the rest."""
        back = [(lease, self._decide(lease)) for lease in self._held.values()]
        settlements = [
            settle(of_worker(lease, self.worker_id, self._queue_id), cause, self._policy)
            for lease, cause in back
            if cause is not None
        ]
        if settlements:
            async with answered_within(connection, self.pace.claim_timeout):
                await put_back(connection, settlements)
            for each in settlements:
                self._held.pop(each.lease.epoch, None)
        return [Completion(each.task_id, each.epoch, body(each)) for each in self._held.values()]

    async def _beat_for_ever(self) -> None:
        while True:
            try:
                connection = await self._connect(self._heartbeats_dsn)
                try:
                    await self._beat_on(connection)
                finally:
                    connection.terminate()
            except (DatabaseUnavailable, asyncpg.PostgresError, OSError):
                await asyncio.sleep(self.pace.retry)

    async def _beat_on(self, connection: Connection) -> None:
        async with answered_within(connection, self.pace.claim_timeout):
            self._queue_id = await queue_number(connection)
            await self._register(connection)
        while True:
            async with answered_within(connection, self.pace.claim_timeout):
                beat = await heartbeat(
                    connection,
                    self.worker_id,
                    list(self._held),
                    self._answered,
                    claim_timeout=self.pace.claim_timeout,
                    busy=0,
                )
                if beat is None:
                    self.record.reregistered += 1
                    await self._register(connection)
                else:
                    self._answered = beat.at
                    self.record.returned += beat.returned
            await asyncio.sleep(self.pace.heartbeat)

    async def _register(self, connection: Connection) -> None:
        me = identity(self.worker_id, self._queue_id)
        at, _, _ = await register(connection, me, self._policy)
        if self._answered is None:
            self._answered = at
        self._registered.set()

    async def _connect(self, dsn: str) -> Connection:
        try:
            async with asyncio.timeout(self.pace.claim_timeout):
                return await connect(dsn, role=Role.SERVICE, application="queue worker")
        except TimeoutError as error:
            raise DatabaseUnavailable(describe(error)) from error


def body(lease: Lease) -> StoredResult:
    """The result of a lease: whose it was can be read from it."""
    return StoredResult(Outcome.COMPLETED, None, b'{"epoch":%d}' % lease.epoch)
