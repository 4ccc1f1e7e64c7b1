"""API and worker as processes, scraped over HTTP: what they say is what the database holds."""

import socket
from collections import Counter
from typing import Self

import httpx2
import pytest

from qcexec_observation import queue_events, queue_figures
from qcexec_standalone.ports import free_port
from qcexec_telemetry.metrics import METRICS as OF_EVERY_COMPONENT
from support.api import NOBODY_LISTENS
from support.databases import Database
from support.metrics import Scrape, scrape
from support.queue import plain
from support.services import ServiceProcess, Services
from support.waiting import wait_until
from support.workers import BELL, BROKEN, Worker, start_worker

OF_THE_QUEUE = {each.name for each in queue_figures.METRICS}


class Pair:
    """An API and a worker that serve their metrics; ready inside `async with`."""

    def __init__(self, services: Services, database: Database, *, slots: int = 2) -> None:
        self.database = database
        self.port, self.api_port, self.worker_port = (free_port() for _ in range(3))
        self.api: ServiceProcess = services.start(
            "qcexec_api",
            {
                "QCEXEC_DATABASE_URL": database.app_dsn,
                "QCEXEC_PORT": str(self.port),
                "QCEXEC_METRICS_PORT": str(self.api_port),
            },
        )
        variables = {"metrics_port": str(self.worker_port)}
        self.worker: Worker = start_worker(services, database.app_dsn, variables, slots=slots)
        self.client = httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{self.port}", timeout=30, trust_env=False
        )

    async def __aenter__(self) -> Self:
        await self.worker.started()

        async def answers() -> bool:
            try:
                return (await self.client.get("/readyz")).status_code == 200
            except httpx2.TransportError:
                return False

        await wait_until(answers, what="the API is ready")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()

    async def scrapes(self) -> tuple[Scrape, Scrape]:
        return await scrape(self.api_port), await scrape(self.worker_port)

    async def submit(self, circuit: str, number: int = 1) -> None:
        for _ in range(number):
            answer = await self.client.post("/tasks", json={"qc": circuit, "shots": 10})
            assert answer.status_code == 202

    async def results(self) -> Counter[tuple[int, str | None]]:
        """How many results the database has, by outcome and code."""
        async with plain(self.database.admin_dsn) as connection:
            rows = await connection.fetch(
                "select outcome, code, count(*) from qcexec.result group by 1, 2"
            )
        return Counter({(row[0], row[1]): row[2] for row in rows})

    async def all_ended(self, number: int) -> None:
        async def ended() -> bool:
            return (await self.results()).total() == number

        await wait_until(ended, 60, what=f"{number} tasks end")


async def test_what_they_count_is_what_was_done(services: Services, database: Database) -> None:
    async with Pair(services, database) as pair:
        await pair.submit(BELL, 12)
        await pair.submit(BROKEN, 3)
        for _ in range(4):
            await pair.client.post("/tasks", content=b"no JSON")
        await pair.all_ended(15)

        def finished(seen: Scrape, outcome: str, code: str) -> float | None:
            labels = {"queue": "default", "outcome": outcome, "code": code}
            return seen.value("qcexec_tasks_finished_total", **labels)

        async def told() -> bool:
            # The worker counts once the database has answered, a moment after the row is there.
            return (await scrape(pair.worker_port)).total("qcexec_tasks_finished_total") >= 15

        await wait_until(told, what="the worker has counted what it wrote")
        api, worker = await pair.scrapes()
        assert api.value("qcexec_submissions_total") == 15
        assert api.value("qcexec_enqueue_batch_tasks_sum") == 15
        assert api.value("qcexec_refusals_total", code="body_not_json") == 4
        labels = {"route": "/tasks", "method": "POST"}
        assert api.value("qcexec_http_requests_total", **labels, status="202") == 15
        assert api.value("qcexec_http_requests_total", **labels, status="400") == 4
        assert api.value("qcexec_http_request_seconds_count", **labels) == 19
        assert api.value("qcexec_database_reachable") == 1
        limit = api.value("qcexec_database_connections_limit")
        assert limit is not None
        assert 1 <= api.total("qcexec_database_connections") <= limit

        results = await pair.results()
        assert finished(worker, "completed", "") == results[1, None] == 12
        assert finished(worker, "failed", "syntax_error") == results[2, "syntax_error"] == 3
        assert worker.total("qcexec_tasks_finished_total") == 15
        assert worker.value("qcexec_task_wait_seconds_count", queue="default") == 15
        waited = worker.value("qcexec_task_wait_seconds_sum", queue="default")
        assert waited is not None
        # By a clock that is the database's: minutes would be another's, and zero none.
        assert 0 < waited < 15 * 60
        ran = {"queue": "default", "method": "statevector", "size": "1-10"}
        assert worker.value("qcexec_task_run_seconds_count", **ran) == 12
        failed = {"queue": "default", "method": "none", "size": "unknown"}
        assert worker.value("qcexec_task_run_seconds_count", **failed) == 3
        assert worker.value("qcexec_task_estimate_ratio_count", queue="default") == 12
        claimed = worker.value("qcexec_worker_claimed_tasks_total")
        assert claimed is not None
        # What waited behind a slower one may have gone back and come again.
        assert claimed >= 15
        assert (worker.value("qcexec_worker_notify_to_claim_seconds_count") or 0) >= 1
        assert worker.value("qcexec_worker_claims_total") == worker.value(
            "qcexec_worker_claim_seconds_count"
        )
        assert worker.total("qcexec_worker_slots") == 2
        assert worker.value("qcexec_worker_claiming") == 1
        assert worker.value("qcexec_worker_leases") == 0


async def test_one_of_all_processes_shows_the_queue_and_another_one_after_it(
    services: Services, database: Database
) -> None:
    async with Pair(services, database, slots=1) as pair:

        async def one_shows_it() -> list[int]:
            holders = []
            for port in (pair.api_port, pair.worker_port):
                seen = await scrape(port)
                shows = bool(seen.families & OF_THE_QUEUE)
                assert shows <= (seen.value("qcexec_maintenance_held") == 1)
                if shows:
                    holders.append(port)
            assert len(holders) <= 1
            return holders

        (holder,) = await wait_until(one_shows_it, what="one shows the queue")
        other = pair.worker_port if holder == pair.api_port else pair.api_port

        async def counted() -> bool:
            seen = await scrape(holder)
            return (
                seen.value("qcexec_queue_workers", queue="default", state="claiming") == 1
                and seen.value("qcexec_queue_served", queue="default") == 1
            )

        await wait_until(counted, what="the worker is among the figures")
        (pair.api if holder == pair.api_port else pair.worker.process).kill()

        async def shows_it() -> bool:
            return bool((await scrape(other)).families & OF_THE_QUEUE)

        await wait_until(shows_it, 60, what="the other one shows the queue")


async def test_a_child_that_was_killed_is_counted(services: Services, database: Database) -> None:
    async with Pair(services, database, slots=1) as pair:
        (child,) = pair.worker.children()
        child.kill()

        async def counted() -> bool:
            seen = await scrape(pair.worker_port)
            return seen.value("qcexec_worker_children_restarted_total", reason="killed") == 1

        await wait_until(counted, what="its end is counted")


async def test_a_worker_that_waits_for_a_database_says_that_it_claims_nothing(
    services: Services,
) -> None:
    port = free_port()
    worker = start_worker(services, NOBODY_LISTENS, {"metrics_port": str(port)})
    await worker.process.wait_for_event("waiting_for_database")
    seen = await scrape(port)
    assert seen.value("qcexec_worker_claiming") == 0
    assert not seen.families & OF_THE_QUEUE
    assert {each.name for each in (*OF_EVERY_COMPONENT, *queue_events.METRICS)} <= seen.families


@pytest.mark.parametrize("module", ["qcexec_api", "qcexec_worker"])
async def test_a_port_that_is_taken_ends_a_service_with_words(
    services: Services, module: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        variables = {
            "QCEXEC_DATABASE_URL": NOBODY_LISTENS,
            "QCEXEC_METRICS_PORT": str(port),
            "QCEXEC_PORT": "0",
        }
        process = services.start(module, variables)
        assert await process.wait_async() == 3
    assert f"port {port}" in process.output()
    assert "QCEXEC_METRICS_PORT" in process.output()
    assert "Traceback" not in process.output()
