"""Driver for qcexec_queue: a worker without slots, everything else as a real one does it.

Tasks are claimed and completed by the public exchange, fused in one statement, with fencing,
stored results, wake-ups, heartbeats and maintenance on. The payload is read with the claim; a
result of 20 bytes is stored for each task.
"""

import asyncio
import random
import time
import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

import uvloop
from benchmarks.queue.drivers.scenarios import Enqueue, Handle, main

from qcexec_queue.connections import Connection, Pool, Role, connect, open_pool
from qcexec_queue.enqueue import Submitter
from qcexec_queue.events import ignore
from qcexec_queue.exchange import Appetite, Exchange
from qcexec_queue.maintenance import Maintenance, MaintenancePolicy
from qcexec_queue.migrate import migrate
from qcexec_queue.notify import Notifier, listen
from qcexec_queue.queues import QueueDirectory
from qcexec_queue.states import Outcome
from qcexec_queue.tasks import Completion, Lease, NewTask, StoredResult
from qcexec_queue.workers import WorkerIdentity, heartbeat, register

_AT_ONCE = {"best": 500, "tens": 10, "one": 1, "pickup": 10}
_ANY_COST = 1e9
_RESULT = StoredResult(Outcome.COMPLETED, None, b'{"00":512,"11":1512}')
_HEARTBEAT_SECONDS = 5.0
_POLL_SECONDS = (1.0, 2.0)
_APPLICATION = "qcexec benchmark"


class QcexecAdapter:
    """qcexec_queue over a pool for submissions and the connections that a worker holds."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._pool: Pool | None = None
        self._submitter: Submitter | None = None
        self._claimer: tuple[Exchange, Connection] | None = None

    @property
    def modes(self) -> Collection[str]:
        """All."""
        return _AT_ONCE

    async def install(self) -> None:
        """Bring an empty database to this release's schema."""
        await migrate(self._url)

    async def producers(self, count: int) -> Sequence[Enqueue]:
        """One submitter for all, so that what arrives together shares a commit."""
        submitter = await self._shared_submitter()

        async def enqueue(payload: bytes) -> None:
            await submitter.enqueue(NewTask(payload, cost=0.001))

        return [enqueue] * count

    async def enqueue_many(self, payloads: Sequence[bytes]) -> None:
        """Submit the payloads as one batch."""
        submitter = await self._shared_submitter()
        await submitter.enqueue_many([NewTask(payload, cost=0.001) for payload in payloads])

    async def work(self, mode: str, handle: Handle, enough: asyncio.Event) -> None:
        """Run a worker's loop: hand in what was done, take what comes next, wait when idle."""
        most = _AT_ONCE[mode]
        appetite = Appetite(most=most, whatever_they_cost=most, cost=_ANY_COST)
        control = await self._connect()
        identity = await _register(control)
        held: set[int] = set()
        wake = asyncio.Event()
        await listen(control, identity.queue_id, on_ready=wake.set, on_worker=wake.set)
        maintenance = Maintenance(self._connect, ignore, MaintenancePolicy())
        beside = [
            asyncio.create_task(_keep_alive(control, identity.worker_id, held)),
            asyncio.create_task(maintenance.run(enough)),
            asyncio.create_task(_set_after(enough, wake)),
        ]
        exchange = Exchange(identity.worker_id, identity.queue_id, ignore)
        connection = await self._connect()
        done: list[Completion] = []
        while not enough.is_set():
            wake.clear()
            result = await exchange.run(connection, done, appetite)
            held.clear()
            held.update(lease.epoch for lease in result.leases)
            done = [_run(lease, handle) for lease in result.leases]
            if not done:
                await _wait(wake, min(random.uniform(*_POLL_SECONDS), _until_sweep(exchange)))
        await exchange.run(connection, done, None)
        await _end(beside)

    async def unfinished(self) -> bool:
        """Tell whether a row is left in ready, scheduled or lease."""
        await self._shared_submitter()
        assert self._pool is not None
        some: bool = await self._pool.fetchval(_UNFINISHED)
        return some

    async def claim(self, size: int) -> list[Lease]:
        """Claim as an idle worker with `size` free places does."""
        exchange, connection = await self._shared_claimer()
        appetite = Appetite(most=size, whatever_they_cost=size, cost=_ANY_COST)
        return (await exchange.run(connection, [], appetite)).leases

    async def finish(self, claimed: object) -> None:
        """Hand in results without claiming more."""
        assert isinstance(claimed, list)
        exchange, connection = await self._shared_claimer()
        await exchange.run(connection, [_run(lease, _ignore) for lease in claimed], None)

    async def _connect(self) -> Connection:
        return await connect(self._url, role=Role.SERVICE, application=_APPLICATION)

    async def _shared_submitter(self) -> Submitter:
        if self._submitter is None:
            self._pool = await open_pool(
                self._url, role=Role.SERVICE, minimum=1, maximum=4, application=_APPLICATION
            )
            self._submitter = Submitter(self._pool, ignore, Notifier(self._pool, ignore))
        return self._submitter

    async def _shared_claimer(self) -> tuple[Exchange, Connection]:
        if self._claimer is None:
            connection = await self._connect()
            identity = await _register(connection)
            exchange = Exchange(identity.worker_id, identity.queue_id, ignore)
            self._claimer = exchange, connection
        return self._claimer


_UNFINISHED = """
select exists(select 1 from qcexec.ready) or exists(select 1 from qcexec.scheduled)
    or exists(select 1 from qcexec.lease)
"""


async def _register(connection: Connection) -> WorkerIdentity:
    identity = WorkerIdentity(
        worker_id=uuid.uuid4(),
        queue_id=await QueueDirectory().queue_id(connection, "default"),
        release="benchmark",
        slots=1,
        slot_memory=2**30,
    )
    await register(connection, identity, MaintenancePolicy().retry)
    return identity


def _run(lease: Lease, handle: Handle) -> Completion:
    handle(lease.payload)
    return Completion(lease.task_id, lease.epoch, _RESULT)


async def _keep_alive(connection: Connection, worker_id: uuid.UUID, held: set[int]) -> None:
    answered: datetime | None = None
    while True:
        answer = await heartbeat(
            connection, worker_id, held, answered, claim_timeout=10.0, busy=len(held)
        )
        answered = answer.at if answer is not None else None
        await asyncio.sleep(_HEARTBEAT_SECONDS)


def _until_sweep(exchange: Exchange) -> float:
    return max(0.01, exchange.sweeps.seconds_left(time.monotonic()))


async def _wait(wake: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        return


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome


async def _set_after(first: asyncio.Event, second: asyncio.Event) -> None:
    await first.wait()
    second.set()


def _ignore(payload: bytes) -> None:
    del payload


if __name__ == "__main__":
    main(QcexecAdapter, uvloop.run)
