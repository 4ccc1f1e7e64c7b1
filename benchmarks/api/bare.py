"""The yardstick of `make bench-api`: the least FastAPI application that stores the same rows.

One model, one route, one pool with asyncpg's default size, one commit per request. It logs
nothing, wakes nobody, limits nothing and has no request ids. The server's settings are those of
the real API.
"""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import uvicorn
from fastapi import FastAPI, Request
from pydantic import BaseModel

_INSERT = """
with input as materialized (select qcexec.uuid7(clock_timestamp()) as task_id),
submitted as (
  insert into qcexec.task (task_id, queue_id, priority, cost, payload)
  select task_id, 1, 2, 0.001, $1 from input
)
insert into qcexec.ready (queue_id, priority, lane, attempt, delivery, cost, bytes, seq, task_id)
select 1, 2, 2, 0, 0, 0.001, octet_length($1), nextval('qcexec.ready_seq'), task_id from input
returning task_id
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
        return Accepted(task_id=await request.app.state.pool.fetchval(_INSERT, payload))

    @app.get("/readyz")
    async def ready() -> dict[str, str]:
        return {"status": "ok"}

    return app


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
