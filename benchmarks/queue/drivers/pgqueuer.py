"""Driver for pgqueuer: claims of 500 at its best, status written in batches of the same size."""

import asyncio
import uuid
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

import asyncpg
import uvloop
from benchmarks.queue.drivers.scenarios import Enqueue, Handle, main
from pgqueuer import PgQueuer  # type: ignore[import-not-found]  # the peers' environment has it
from pgqueuer.db import AsyncpgDriver  # type: ignore[import-not-found]  # the peers' environment has it
from pgqueuer.models import Job  # type: ignore[import-not-found]  # the peers' environment has it
from pgqueuer.ports.repository import (  # type: ignore[import-not-found]  # the peers' environment has it
    EntrypointExecutionParameter,
)
from pgqueuer.queries import Queries  # type: ignore[import-not-found]  # the peers' environment has it

_BATCH_SIZES = {"best": 500, "tens": 10, "one": 1, "pickup": 10}


class PgqueuerAdapter:
    """pgqueuer over one asyncpg connection a producer and one a worker."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._admin: Queries | None = None

    @property
    def modes(self) -> Collection[str]:
        """All."""
        return _BATCH_SIZES

    async def install(self) -> None:
        """Make the schema, autovacuum tuned by its own command."""
        queries = await self._connect()
        await queries.install()
        await queries.optimize_autovacuum()

    async def producers(self, count: int) -> Sequence[Enqueue]:
        """One connection a producer."""
        return [_enqueue_through(await self._connect()) for _ in range(count)]

    async def enqueue_many(self, payloads: Sequence[bytes]) -> None:
        """Enqueue by lists."""
        queries = await self._shared()
        count = len(payloads)
        await queries.enqueue(["noop"] * count, list(payloads), [0] * count)

    async def work(self, mode: str, handle: Handle, enough: asyncio.Event) -> None:
        """Run its manager in its continuous mode."""
        worker = PgQueuer(AsyncpgDriver(await asyncpg.connect(self._url)))

        @worker.entrypoint("noop")  # type: ignore[untyped-decorator]  # the peers' environment has it
        async def noop(job: Job) -> None:
            handle(job.payload or b"")

        stopper = asyncio.create_task(_set_after(enough, worker.shutdown))
        await worker.run(batch_size=_BATCH_SIZES[mode])
        stopper.cancel()

    async def unfinished(self) -> bool:
        """Tell whether a row is left: finished jobs move to the log."""
        queries = await self._shared()
        rows = await queries.driver.fetch("select exists(select 1 from pgqueuer) as some")
        return bool(rows[0]["some"])

    async def claim(self, size: int) -> Any:
        """Dequeue as its manager does."""
        queries = await self._shared()
        return await queries.dequeue(
            batch_size=size,
            entrypoints={"noop": EntrypointExecutionParameter(0)},
            queue_manager_id=_MANAGER,
            global_concurrency_limit=None,
            heartbeat_timeout=timedelta(seconds=30),
        )

    async def finish(self, claimed: Any) -> None:
        """Log the jobs as successful, as its manager does."""
        queries = await self._shared()
        await queries.log_jobs([(job, "successful", None) for job in claimed])

    async def _connect(self) -> Queries:
        return Queries(AsyncpgDriver(await asyncpg.connect(self._url)))

    async def _shared(self) -> Queries:
        if self._admin is None:
            self._admin = await self._connect()
        return self._admin


_MANAGER = uuid.uuid4()


def _enqueue_through(queries: Queries) -> Enqueue:
    async def enqueue(payload: bytes) -> None:
        await queries.enqueue("noop", payload, 0)

    return enqueue


async def _set_after(first: asyncio.Event, second: asyncio.Event) -> None:
    await first.wait()
    second.set()


if __name__ == "__main__":
    main(PgqueuerAdapter, uvloop.run)
