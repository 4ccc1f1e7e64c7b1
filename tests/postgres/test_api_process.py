"""The API as a process: how it starts, stops, and stands an outage of the database."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx2
import pytest

from qcexec_queue.migrate import migrate
from qcexec_standalone.ports import free_port
from qcexec_standalone.postgres import PostgresServer
from support.databases import Database
from support.services import ServiceProcess, Services
from support.waiting import wait_until

BODY = {"qc": "OPENQASM 3.0;"}


class Api:
    """A process and a client of it."""

    def __init__(self, process: ServiceProcess, port: int, client: httpx2.AsyncClient) -> None:
        self.process = process
        self.port = port
        self.client = client

    async def status(self, path: str) -> int | None:
        try:
            return (await self.client.get(path)).status_code
        except httpx2.TransportError:
            if self.process.exit_code is not None:
                raise AssertionError(f"the API ended:\n{self.process.output()}") from None
            return None

    async def wait_for(self, path: str, status: int) -> None:
        async def answers() -> bool:
            return await self.status(path) == status

        await wait_until(answers, what=f"{path} answers {status}")


@asynccontextmanager
async def running(services: Services, dsn: str, **environment: str) -> AsyncIterator[Api]:
    port = free_port()
    variables = {"QCEXEC_DATABASE_URL": dsn, "QCEXEC_PORT": str(port), **environment}
    process = services.start("qcexec_api", variables)
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        yield Api(process, port, client)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_with_0_after_the_requests_in_flight(
    services: Services, database: Database, number: signal.Signals
) -> None:
    async with running(services, database.app_dsn) as api:
        await api.wait_for("/readyz", 200)
        reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
        body = b'{"qc": "OPENQASM 3.0;"}'
        head = f"POST /tasks HTTP/1.1\r\nHost: api\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body[:5])
        await writer.drain()
        # A second request behind the first on the wire shows that the first has begun.
        await api.wait_for("/health", 200)
        api.process.send(number)

        async def refuses_connections() -> bool:
            try:
                _, other = await asyncio.open_connection("127.0.0.1", api.port)
            except ConnectionRefusedError:
                return True
            other.close()
            return False

        await wait_until(refuses_connections, what="no connection is taken any more")
        writer.write(body[5:])
        answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 202 ")
        assert await api.process.wait_async() == 0
    connection = await asyncpg.connect(database.admin_dsn)
    assert await connection.fetchval("select count(*) from qcexec.ready") == 1
    await connection.close()


async def test_it_serves_on_unready_for_the_delay_and_a_second_signal_ends_it(
    services: Services, database: Database
) -> None:
    async with running(services, database.app_dsn, QCEXEC_SHUTDOWN_DELAY_SECONDS="600") as api:
        await api.wait_for("/readyz", 200)
        api.process.send(signal.SIGTERM)
        await api.wait_for("/readyz", 503)
        assert await api.status("/livez") == 200
        last = await api.client.post("/tasks", json=BODY)
        assert (last.status_code, last.headers["connection"]) == (202, "close")
        api.process.send(signal.SIGTERM)
        assert await api.process.wait_async() == 0


async def test_an_answer_comes_in_one_piece(services: Services, database: Database) -> None:
    """A proxy that lets go after the head would hand it on without its body."""
    async with running(services, database.app_dsn) as api:
        await api.wait_for("/readyz", 200)
        for _ in range(50):
            reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
            writer.write(b"POST /tasks HTTP/1.1\r\nHost: api\r\nContent-Length: 2\r\n\r\n{}")
            head, _, body = (await reader.read(4096)).partition(b"\r\n\r\n")
            writer.close()
            assert head.startswith(b"HTTP/1.1 422 ")
            assert json.loads(body)["status"] == "error"


async def test_an_idle_connection_does_not_hold_up_the_end(
    services: Services, database: Database
) -> None:
    async with running(services, database.app_dsn) as api:
        await api.wait_for("/readyz", 200)
        assert api.process.terminate() == 0


async def test_a_body_that_never_ends_does_not_hold_up_the_end_for_ever(
    services: Services, database: Database
) -> None:
    async with running(services, database.app_dsn, QCEXEC_SHUTDOWN_TIMEOUT_SECONDS="1") as api:
        await api.wait_for("/readyz", 200)
        reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
        writer.write(b"POST /tasks HTTP/1.1\r\nHost: api\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()
        await api.wait_for("/health", 200)
        api.process.send(signal.SIGTERM)
        answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"may have been carried out" in answer
        assert await api.process.wait_async() == 0
    assert "Traceback" not in api.process.output()


async def test_it_stands_an_outage_without_a_trace_and_without_a_restart(
    services: Services, own_postgres: PostgresServer
) -> None:
    dsn = own_postgres.admin_dsn()
    await migrate(dsn, retention_days=30)
    async with running(services, dsn) as api:
        await api.wait_for("/readyz", 200)
        before = await api.client.post("/tasks", json=BODY)
        own_postgres.stop(immediate=True)

        during = await api.client.post("/tasks", json=BODY)
        assert during.status_code == 503
        assert int(during.headers["retry-after"]) > 0
        assert during.json()["status"] == "error"
        look_up = await api.client.get(before.headers["location"])
        assert look_up.status_code == 503

        async def is_told() -> bool:
            answer = await api.client.get("/readyz")
            assert answer.status_code == 200
            return bool(answer.json()["database"] == "unreachable")

        await wait_until(is_told, what="/readyz tells of the outage")
        own_postgres.start()
        await api.wait_for(before.headers["location"], 200)

        async def accepts() -> bool:
            return (await api.client.post("/tasks", json=BODY)).status_code == 202

        await wait_until(accepts, what="tasks are accepted again")
        assert api.process.terminate() == 0
    assert api.process.events("request_failed") == []
    assert api.process.events("background_task_failed") == []
    assert "Traceback" not in api.process.output()


async def test_it_starts_before_the_database_does(
    services: Services, own_postgres: PostgresServer
) -> None:
    dsn = own_postgres.admin_dsn()
    own_postgres.stop()
    async with running(services, dsn) as api:
        await api.wait_for("/livez", 200)
        await api.wait_for("/readyz", 503)
        own_postgres.start()
        await migrate(dsn, retention_days=30)
        await api.wait_for("/readyz", 200)
        assert (await api.client.post("/tasks", json=BODY)).status_code == 202


async def test_every_line_is_json_and_says_which_service_spoke(
    services: Services, database: Database
) -> None:
    file = "logs/app.log"
    async with running(services, database.app_dsn, QCEXEC_LOG_FILE=file) as api:
        await api.wait_for("/readyz", 200)
        answer = await api.client.post("/tasks", json=BODY, headers={"X-Request-ID": "r-1"})
        assert api.process.terminate() == 0
    events = api.process.events()
    assert len(events) == len(api.process.output().splitlines())
    leading = ["timestamp", "level", "logger", "service", "event"]
    assert all(list(line)[:5] == leading and line["service"] == "api" for line in events)
    (line,) = [line for line in events if line.get("request_id") == "r-1"]
    assert line["task_id"] == answer.json()["task_id"]
    assert line["status"] == 202
    assert (api.process.log.parent / file).read_text() == api.process.output()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("QCEXEC_PORT", "http"),
        ("QCEXEC_DATABASE_URL", "mysql://app:hunter2@db/x"),
        ("QCEXEC_LOG_FILE", "/dev/null/app.log"),
    ],
)
async def test_a_bad_value_stops_the_start_with_one_line(
    services: Services, variable: str, value: str
) -> None:
    dsn = "postgresql://app:hunter2@127.0.0.1:1/x"
    process = services.start("qcexec_api", {"QCEXEC_DATABASE_URL": dsn, variable: value})
    assert await process.wait_async() == 2
    (line,) = process.output().splitlines()
    assert line.startswith("qcexec-api: ")
    assert variable in line or value in line
    assert "hunter2" not in line
