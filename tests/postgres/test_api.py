"""The HTTP contract on a real queue: what is accepted, refused, and read back."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import asyncpg
import httpx2
import pytest

from qcexec_queue.connections import Role, connect
from qcexec_queue.events import ignore
from qcexec_queue.exchange import Appetite, Exchange
from qcexec_queue.states import Outcome
from qcexec_queue.tasks import Completion, Lease, StoredResult
from support.api import api_settings, serving
from support.databases import Database
from support.waiting import wait_until

BELL = "OPENQASM 3.0;\nqubit[2] q;\n// \u03c8 \U0001d11e\n"
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@asynccontextmanager
async def ready(database: Database, **settings: object) -> AsyncIterator[httpx2.AsyncClient]:
    async with serving(api_settings(database.app_dsn, **settings)) as client:

        async def is_ready() -> bool:
            return (await client.get("/readyz")).status_code == 200

        await wait_until(is_ready, what="the API is ready")
        yield client


@asynccontextmanager
async def claimed(database: Database) -> AsyncIterator[tuple[Exchange, Lease]]:
    connection = await connect(database.app_dsn, role=Role.SERVICE, application="test")
    try:
        queue_id = await connection.fetchval("select queue_id from qcexec.queue")
        exchange = Exchange(uuid4(), queue_id, ignore)
        taken = await exchange.run(connection, [], Appetite(1, 1, 0.0))
        (lease,) = taken.leases
        yield exchange, lease
    finally:
        await connection.close()


async def finish(database: Database, result: StoredResult) -> UUID:
    """Run the only task that waits, to `result`."""
    async with claimed(database) as (exchange, lease):
        connection = await connect(database.app_dsn, role=Role.SERVICE, application="test")
        await exchange.run(connection, [Completion(lease.task_id, lease.epoch, result)], None)
        await connection.close()
        return lease.task_id


async def submit(client: httpx2.AsyncClient, **document: object) -> httpx2.Response:
    return await client.post("/tasks", json=document)


async def test_a_submission_is_accepted_and_pending_until_it_has_a_result(
    database: Database,
) -> None:
    async with ready(database) as client:
        accepted = await submit(client, qc=BELL, shots=12)
        assert accepted.status_code == 202
        document = accepted.json()
        assert set(document) == {"task_id", "message"}
        assert document["message"] == "Task submitted successfully."
        task_id = UUID(document["task_id"])
        assert accepted.headers["location"] == f"/tasks/{task_id}"

        pending = {"status": "pending", "message": "Task is still in progress."}
        assert (await client.get(f"/tasks/{task_id}")).json() == pending
        async with claimed(database) as (_, lease):
            assert lease.task_id == task_id
            assert json.loads(lease.payload) == {"qc": BELL, "shots": 12}
            assert (
                lease.payload
                == json.dumps(
                    {"qc": BELL, "shots": 12}, ensure_ascii=False, separators=(",", ":")
                ).encode()
            )
            assert lease.cost > 0
            running = await client.get(accepted.headers["location"])
            assert (running.status_code, running.json()) == (200, pending)


async def test_shots_that_are_left_out_are_1024_for_the_worker(database: Database) -> None:
    async with ready(database) as client:
        await submit(client, qc=BELL)
        async with claimed(database) as (_, lease):
            assert json.loads(lease.payload)["shots"] == 1024


async def test_counts_are_answered_byte_by_byte_as_stored(database: Database) -> None:
    async with ready(database) as client:
        await submit(client, qc=BELL)
        counts = b'{"00":512, "11":512 }'
        task_id = await finish(database, StoredResult(Outcome.COMPLETED, None, counts))
        answer = await client.get(f"/tasks/{task_id}")
        assert answer.status_code == 200
        assert answer.json() == {"status": "completed", "result": {"00": 512, "11": 512}}
        assert counts in answer.content
        upper = await client.get(f"/tasks/{str(task_id).upper()}")
        assert upper.content == answer.content


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.CANCELLED])
async def test_a_task_that_failed_is_answered_with_its_message(
    database: Database, outcome: Outcome
) -> None:
    message = 'line 3, column 7: no gate "h\u00e4"'
    async with ready(database) as client:
        await submit(client, qc=BELL)
        stored = StoredResult(outcome, "invalid_circuit", json.dumps(message).encode())
        task_id = await finish(database, stored)
        answer = await client.get(f"/tasks/{task_id}")
        assert answer.status_code == 200
        assert answer.json() == {"status": "error", "message": message}


@pytest.mark.parametrize(
    "text",
    [
        "9b4bbd8e-41ce-4b4a-8c8f-0a4d3c1de9c5",
        str(UUID(int=0)),
        str(UUID(int=2**128 - 1)),
        "xyz",
        "1",
        "a/b",
    ],
)
async def test_an_unknown_task_is_not_found(database: Database, text: str) -> None:
    async with ready(database) as client:
        answer = await client.get(f"/tasks/{text}")
        assert answer.status_code == 404
        assert answer.json() == {"status": "error", "message": "Task not found."}


async def test_a_valid_trace_context_is_stored_with_the_task(database: Database) -> None:
    async with ready(database) as client:
        await client.post("/tasks", json={"qc": BELL}, headers={"traceparent": TRACE})
        async with claimed(database) as (_, lease):
            assert lease.traceparent == TRACE


async def test_a_body_of_exactly_the_limit_is_stored(database: Database) -> None:
    async with ready(database, max_body_bytes=4096) as client:
        body = b'{"qc":"' + b"x" * (4096 - 9) + b'"}'
        assert len(body) == 4096
        assert (await client.post("/tasks", content=body)).status_code == 202
        larger = await client.post("/tasks", content=body + b" ")
        assert larger.status_code == 413


async def test_submissions_at_once_get_a_task_each(database: Database) -> None:
    async with ready(database) as client:
        answers = await asyncio.gather(*(submit(client, qc=f"// {n}") for n in range(200)))
        assert {answer.status_code for answer in answers} == {202}
        ids = {answer.json()["task_id"] for answer in answers}
        assert len(ids) == 200
        connection = await asyncpg.connect(database.admin_dsn)
        stored = await connection.fetch("select task_id, payload from qcexec.task")
        await connection.close()
        assert {str(row["task_id"]) for row in stored} == ids
        for n, answer in enumerate(answers):
            task_id = UUID(answer.json()["task_id"])
            (payload,) = [row["payload"] for row in stored if row["task_id"] == task_id]
            assert json.loads(payload)["qc"] == f"// {n}"


@pytest.mark.parametrize(
    ("limit", "words"),
    [({"max_queued_tasks": 2}, "2 tasks wait"), ({"max_queued_bytes": 30}, "bytes wait")],
)
async def test_a_full_queue_refuses_tasks_and_answers_look_ups(
    database: Database, limit: dict[str, int], words: str
) -> None:
    async with ready(database, **limit) as client:
        first = await submit(client, qc="x")
        await submit(client, qc="y")

        async def refused() -> httpx2.Response | None:
            answer = await submit(client, qc="")
            assert answer.status_code == 422
            answer = await submit(client, qc="z")
            return answer if answer.status_code == 503 else None

        answer = await wait_until(refused, what="the queue is full")
        assert answer is not None
        assert answer.json()["status"] == "error"
        assert "The queue is full" in answer.json()["message"]
        assert words.split()[-2] in answer.json()["message"]
        assert int(answer.headers["retry-after"]) > 0
        assert (await client.get(first.headers["location"])).status_code == 200


async def test_room_is_given_again_when_tasks_have_left(database: Database) -> None:
    async with ready(database, max_queued_tasks=1) as client:
        await submit(client, qc="x")

        async def status_is(status: int) -> bool:
            return (await submit(client, qc="y")).status_code == status

        await wait_until(lambda: status_is(503), what="the queue is full")
        connection = await asyncpg.connect(database.admin_dsn)
        await connection.execute("delete from qcexec.ready")
        await connection.close()
        await wait_until(lambda: status_is(202), what="the queue has room")


async def test_a_database_without_a_schema_makes_the_process_unready_until_migrated(
    empty_database: Database,
) -> None:
    from qcexec_queue.migrate import migrate

    async with serving(api_settings(empty_database.app_dsn)) as client:

        async def says_schema() -> bool:
            answer = await client.get("/readyz")
            return answer.status_code == 503 and "schema" in answer.json()["message"]

        await wait_until(says_schema, what="the missing schema is named")
        answer = await submit(client, qc=BELL)
        assert answer.status_code == 503
        assert "retry-after" in answer.headers
        await migrate(empty_database.owner_dsn, app_role="qcexec_app", retention_days=30)

        async def is_ready() -> bool:
            return (await client.get("/readyz")).status_code == 200

        await wait_until(is_ready, what="the schema is seen")
        assert (await submit(client, qc=BELL)).status_code == 202
