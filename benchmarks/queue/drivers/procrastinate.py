"""Driver for procrastinate: one job a statement, so that its best setting is many at the same time.

It has no claim of several tasks; the figures "in tens" do not exist for it.
"""

import asyncio
from collections.abc import Collection, Sequence
from typing import Any

import procrastinate  # type: ignore[import-not-found]  # the peers' environment has it
import uvloop
from benchmarks.queue.drivers.scenarios import Enqueue, Handle, Unsupported, main
from procrastinate.jobs import Status  # type: ignore[import-not-found]  # the peers' environment has it

_CONCURRENCY = {"best": 20, "one": 1, "pickup": 4}


class ProcrastinateAdapter:
    """procrastinate over its psycopg pool, finished jobs deleted."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._handle: Handle = _ignore
        self._opened: procrastinate.App | None = None

    @property
    def modes(self) -> Collection[str]:
        """All but "tens"."""
        return _CONCURRENCY

    async def install(self) -> None:
        """Make the schema."""
        await (await self._app()).schema_manager.apply_schema_async()

    async def producers(self, count: int) -> Sequence[Enqueue]:
        """Defer through the pool."""
        task = (await self._app()).tasks["noop"]

        async def enqueue(payload: bytes) -> None:
            await task.defer_async(text=payload.decode())

        return [enqueue] * count

    async def enqueue_many(self, payloads: Sequence[bytes]) -> None:
        """Defer as one batch."""
        task = (await self._app()).tasks["noop"]
        await task.batch_defer_async(*({"text": payload.decode()} for payload in payloads))

    async def work(self, mode: str, handle: Handle, enough: asyncio.Event) -> None:
        """Run its worker, finished jobs deleted."""
        app = await self._app()
        self._handle = handle
        worker = asyncio.create_task(
            app.run_worker_async(
                concurrency=_CONCURRENCY[mode],
                delete_jobs="always",
                install_signal_handlers=False,
                shutdown_graceful_timeout=5,
            )
        )
        stop = asyncio.create_task(enough.wait())
        await asyncio.wait({worker, stop}, return_when=asyncio.FIRST_COMPLETED)
        worker.cancel()
        await asyncio.wait({worker, stop})

    async def unfinished(self) -> bool:
        """Tell whether a row is left."""
        connector = (await self._app()).connector
        row = await connector.execute_query_one_async(
            "select exists(select 1 from procrastinate_jobs) as some"
        )
        return bool(row["some"])

    async def claim(self, size: int) -> Any:
        """Fetch one job; more at once it cannot."""
        if size != 1:
            raise Unsupported
        manager = (await self._app()).job_manager
        return await manager.fetch_job(queues=None, worker_id=await manager.register_worker())

    async def finish(self, claimed: Any) -> None:
        """Mark the job as succeeded, deleting it."""
        if claimed is not None:
            manager = (await self._app()).job_manager
            await manager.finish_job(claimed, Status.SUCCEEDED, delete_job=True)

    async def _app(self) -> procrastinate.App:
        if self._opened is None:
            connector = procrastinate.PsycopgConnector(conninfo=self._url, min_size=4, max_size=30)
            app = procrastinate.App(connector=connector)

            @app.task(name="noop")  # type: ignore[untyped-decorator]  # the peers' environment has it
            async def noop(text: str) -> None:
                self._handle(text.encode())

            await app.open_async()
            self._opened = app
        return self._opened


def _ignore(payload: bytes) -> None:
    del payload


if __name__ == "__main__":
    main(ProcrastinateAdapter, uvloop.run)
