"""An API process, and clients that submit to it one circuit after the other."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

import httpx2

from qcexec_standalone.ports import free_port
from support.services import ServiceProcess, Services
from support.waiting import wait_until


@dataclass
class Load:
    """What clients were answered."""

    accepted: dict[UUID, str] = field(default_factory=dict)
    """The circuits of the tasks that were accepted."""
    unknown: int = 0
    """Answers that say that the task may have been accepted."""
    refused: int = 0
    wrong: list[str] = field(default_factory=list)
    """Answers that no client should get."""
    stopping: bool = False

    async def submit(self, client: httpx2.AsyncClient, texts: Iterator[str]) -> None:
        """Submits one after the other until it is stopped."""
        while not self.stopping:
            text = next(texts)
            self._note(text, await client.post("/tasks", json={"qc": text, "shots": 8}))
            # The rate of a client that waits for nothing else.
            await asyncio.sleep(0.02)

    def _note(self, text: str, answer: httpx2.Response) -> None:
        if answer.status_code == 202:
            self.accepted[UUID(answer.json()["task_id"])] = text
        elif answer.status_code == 503 and int(answer.headers["retry-after"]) > 0:
            assert answer.json()["status"] == "error"
            if "may have been accepted" in answer.json()["message"]:
                self.unknown += 1
            else:
                self.refused += 1
        else:
            self.wrong.append(f"{answer.status_code}: {answer.text}")


@asynccontextmanager
async def under_load(
    client: httpx2.AsyncClient, texts: Sequence[str], *, clients: int = 4
) -> AsyncIterator[Load]:
    """Submissions of these circuits in turn go on for the length of the block."""
    load = Load()
    turns = itertools.cycle(texts)
    tasks = [asyncio.create_task(load.submit(client, turns)) for _ in range(clients)]
    try:
        yield load
    finally:
        load.stopping = True
        await asyncio.gather(*tasks)
    assert load.wrong == []


@asynccontextmanager
async def api_on(
    services: Services, dsn: str, lease_seconds: float
) -> AsyncIterator[tuple[ServiceProcess, httpx2.AsyncClient]]:
    """An API process that is ready, and a client of it."""
    port = free_port()
    variables = {
        "QCEXEC_DATABASE_URL": dsn,
        "QCEXEC_PORT": str(port),
        "QCEXEC_LEASE_SECONDS": str(lease_seconds),
    }
    process = services.start("qcexec_api", variables)
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:

        async def ready() -> bool:
            try:
                return (await client.get("/readyz")).status_code == 200
            except httpx2.TransportError:
                return False

        await wait_until(ready, what="the API is ready")
        yield process, client
