"""The yardstick of `make bench-api`: the least FastAPI application that stores the same rows.

One model, one route, one pool with asyncpg's default size, one commit per request. It logs
nothing, wakes nobody, limits nothing and has no request ids. The server's settings are those of
the real API.
"""

import os
import secrets
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import uvicorn
from fastapi import FastAPI, Request
from pydantic import BaseModel

_INSERT = """
with submitted as (
  insert into qcexec.task (task_id, queue_id, priority, cost, payload)
  values ($1, 1, 2, 0.001, $2)
)
insert into qcexec.ready (queue_id, priority, lane, attempt, delivery, cost, bytes, seq, task_id)
values (1, 2, 2, 0, 0, 0.001, $3, nextval('qcexec.ready_seq'), $1)
"""


class Submission(BaseModel):
    """What a client sends."""

    qc: str
    shots: int = 1024


class Accepted(BaseModel):
    """What it gets."""

    task_id: UUID
    message: str = "Task submitted successfully."


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["BENCHMARK_DATABASE_URL"]) as pool:
        app.state.pool = pool
        yield


def create_app() -> FastAPI:
    """The application."""
    app = FastAPI(lifespan=_lifespan)

    @app.post("/tasks", status_code=202)
    async def submit(request: Request, submission: Submission) -> Accepted:
        payload = submission.model_dump_json().encode()
        task_id = _uuid7()
        await request.app.state.pool.execute(_INSERT, task_id, payload, len(payload))
        return Accepted(task_id=task_id)

    @app.get("/readyz")
    async def ready() -> dict[str, str]:
        return {"status": "ok"}

    return app


def _uuid7() -> UUID:
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(76)
    return UUID(int=number & ~(0xF << 76 | 3 << 62) | 7 << 76 | 2 << 62)


if __name__ == "__main__":
    uvicorn.run(
        create_app(),
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
