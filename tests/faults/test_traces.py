"""What a collector sees of tasks, and that a bad one harms nothing. Real processes."""

import socket
from collections.abc import Iterator

import httpx2
import pytest

from support.collector import Collector, SeenSpan, collecting
from support.databases import Database
from support.load import api_on
from support.services import Services
from support.waiting import wait_until
from support.workers import BELL, BROKEN, MEDIUM, start_worker

TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = "b7ad6b7169203331"


@pytest.fixture
def collector(services: Services) -> Iterator[Collector]:
    """A collector that all services of this test send to, at once."""
    with collecting() as listening:
        services.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = listening.url
        services.environment["OTEL_BSP_SCHEDULE_DELAY"] = "50"
        yield listening


async def submit(client: httpx2.AsyncClient, circuit: str, *, sampled: bool = True) -> str:
    answer = await client.post(
        "/tasks",
        json={"qc": circuit, "shots": 64},
        headers={"traceparent": f"00-{TRACE}-{CALLER}-{sampled:02x}"},
    )
    assert answer.status_code == 202
    return str(answer.json()["task_id"])


async def ended(client: httpx2.AsyncClient, task_id: str) -> str:
    async def look() -> str | None:
        status = (await client.get(f"/tasks/{task_id}")).json()["status"]
        return None if status == "pending" else status

    status = await wait_until(look, 60, what=f"task {task_id} has ended")
    assert status is not None
    return status


async def spans_of(collector: Collector, task_id: str, *, completions: int) -> list[SeenSpan]:
    """The spans of a task's trace, once so many ends of leases are among them."""

    def there() -> list[SeenSpan] | None:
        spans = collector.of_task(task_id)
        settled = [s for s in spans if s.attributes.get("messaging.operation.type") == "settle"]
        requests = [s for s in spans if s.kind == "server"]
        return spans if len(settled) >= completions and requests else None

    spans = await wait_until(there, what=f"the collector has the spans of {task_id}")
    assert spans is not None
    return spans


def named(spans: list[SeenSpan], name: str) -> list[SeenSpan]:
    return [span for span in spans if span.name == name]


async def test_spans_of_one_task_form_one_tree_across_api_worker_and_child(
    services: Services, database: Database, collector: Collector
) -> None:
    worker = start_worker(services, database.app_dsn)
    async with api_on(services, database.app_dsn, lease_seconds=30) as (api, client):
        task_id = await submit(client, BELL)
        assert await ended(client, task_id) == "completed"
        spans = await spans_of(collector, task_id, completions=1)
        parents = {span.name: span.parent_id for span in spans}
        ids = {span.name: span.span_id for span in spans}
        simulate = next(name for name in ids if name.startswith("simulate "))
        assert parents == {
            "POST /tasks": CALLER,
            "enqueue default": ids["POST /tasks"],
            "wait default": ids["enqueue default"],
            "claim default": ids["enqueue default"],
            "process default": ids["enqueue default"],
            "parse": ids["process default"],
            "estimate": ids["process default"],
            simulate: ids["process default"],
            "complete default": ids["enqueue default"],
        }
        assert len(spans) == len(ids)
        assert {span.trace_id for span in spans} == {TRACE}
        assert [span.service for span in spans if span.kind in {"server", "producer"}] == [
            "qcexec-api",
            "qcexec-api",
        ]
        (process,) = named(spans, "process default")
        assert (process.service, process.kind, process.failed) == (
            "qcexec-worker",
            "consumer",
            False,
        )
        for phase in spans:
            if phase.parent_id == process.span_id:
                assert process.start <= phase.start <= phase.end <= process.end
        assert all(span.start <= span.end for span in spans)
        (request,) = named(spans, "POST /tasks")
        assert request.attributes["http.route"] == "/tasks"
        assert request.attributes["http.response.status_code"] == 202
        assert process.attributes["qcexec.attempt"] == 1
        assert process.attributes["qcexec.num_qubits"] == 2
        assert process.attributes["messaging.client.id"] == str(worker.worker_id)
        # The look at the result is a request of its own, and probes are none.
        assert {span.name for span in collector.spans()} - set(ids) == {"GET /tasks/{task_id}"}

        (line,) = [
            line
            for line in api.events("request")
            if line.get("task_id") == task_id and line["method"] == "POST"
        ]
        assert (line["trace_id"], line["span_id"]) == (TRACE, request.span_id)
        (line,) = worker.events("task_completed")
        assert (line["trace_id"], line["span_id"]) == (TRACE, process.span_id)


async def test_both_attempts_of_a_retried_task_are_seen_and_the_later_one_links_to_the_other(
    services: Services, database: Database, collector: Collector
) -> None:
    worker = start_worker(services, database.app_dsn)
    async with api_on(services, database.app_dsn, lease_seconds=30) as (_, client):
        task_id = await submit(client, MEDIUM)
        (await worker.child_at_work()).kill()
        assert await ended(client, task_id) == "completed"
        spans = await spans_of(collector, task_id, completions=2)
    first, second = named(spans, "process default")
    (enqueue,) = named(spans, "enqueue default")
    assert first.parent_id == second.parent_id == enqueue.span_id
    assert (first.failed, second.failed) == (True, False)
    assert first.attributes["error.type"] == "killed"
    assert (first.attributes["qcexec.attempt"], second.attributes["qcexec.attempt"]) == (1, 2)
    assert (first.links, second.links) == ([], [first.span_id])
    (back,) = named(spans, "put_back default")
    assert back.attributes["qcexec.reason"] == "child_died"
    assert len(named(spans, "claim default")) == 2
    assert len(named(spans, "wait default")) == 1
    (died,) = worker.events("task_died")
    assert died["span_id"] == first.span_id


async def test_a_broken_circuit_is_no_fault_of_the_service(
    services: Services, database: Database, collector: Collector
) -> None:
    start_worker(services, database.app_dsn)
    async with api_on(services, database.app_dsn, lease_seconds=30) as (_, client):
        task_id = await submit(client, BROKEN)
        assert await ended(client, task_id) == "error"
        spans = await spans_of(collector, task_id, completions=1)
    (process,) = named(spans, "process default")
    (complete,) = named(spans, "complete default")
    assert process.attributes["qcexec.code"] == complete.attributes["qcexec.code"]
    assert complete.attributes["qcexec.outcome"] == "failed"
    assert not any(span.failed for span in spans)


async def test_a_trace_that_its_caller_does_not_keep_is_not_sent_but_is_in_the_log(
    services: Services, database: Database, collector: Collector
) -> None:
    worker = start_worker(services, database.app_dsn)
    async with api_on(services, database.app_dsn, lease_seconds=30) as (_, client):
        dropped = await submit(client, BELL, sampled=False)
        assert await ended(client, dropped) == "completed"
        kept = await submit(client, BELL)
        await spans_of(collector, kept, completions=1)
    assert collector.of_task(kept)
    assert not collector.of_task(dropped)
    lines = {line["task_id"]: line for line in worker.events("task_completed")}
    assert lines[dropped]["trace_id"] == lines[kept]["trace_id"] == TRACE


async def test_what_is_not_sent_yet_goes_out_when_the_services_stop(
    services: Services, database: Database, collector: Collector
) -> None:
    services.environment["OTEL_BSP_SCHEDULE_DELAY"] = "3600000"
    worker = start_worker(services, database.app_dsn)
    async with api_on(services, database.app_dsn, lease_seconds=30) as (api, client):
        task_id = await submit(client, BELL)
        assert await ended(client, task_id) == "completed"
    assert await worker.stop() == 0
    assert api.terminate() == 0
    spans = await spans_of(collector, task_id, completions=1)
    assert named(spans, "enqueue default")
    assert named(spans, "parse")


@pytest.mark.parametrize("listens", [True, False])
async def test_a_collector_that_hangs_or_is_away_harms_nothing(
    services: Services, database: Database, listens: bool
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        port = hanging.getsockname()[1]
        if not listens:
            hanging.close()
        services.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{port}"
        services.environment["OTEL_BSP_SCHEDULE_DELAY"] = "50"
        services.environment["OTEL_BSP_MAX_QUEUE_SIZE"] = "16"
        services.environment["OTEL_BSP_MAX_EXPORT_BATCH_SIZE"] = "16"
        worker = start_worker(services, database.app_dsn)
        async with api_on(services, database.app_dsn, lease_seconds=30) as (api, client):
            for _ in range(20):
                assert await ended(client, await submit(client, BELL)) == "completed"
        assert len(worker.events("task_completed")) == 20
        assert await worker.stop() == 0
        assert api.terminate() == 0


async def test_of_a_worker_that_was_killed_the_claim_is_left_and_the_next_run_says_what_is_missing(
    services: Services, database: Database, collector: Collector
) -> None:
    lease = {"lease_seconds": "2"}
    first = await start_worker(services, database.app_dsn, lease).started()
    async with api_on(services, database.app_dsn, lease_seconds=2) as (_, client):
        task_id = await submit(client, MEDIUM)

        def claims() -> list[SeenSpan]:
            return named(collector.of_task(task_id), "claim default")

        await wait_until(claims, 60, what="the collector has the claim of the first worker")
        first.kill()
        second = await start_worker(services, database.app_dsn, lease).started()
        assert await ended(client, task_id) == "completed"
        spans = await spans_of(collector, task_id, completions=1)
    workers = [claim.attributes["messaging.client.id"] for claim in named(spans, "claim default")]
    assert workers == [str(first.worker_id), str(second.worker_id)]
    (process,) = named(spans, "process default")
    (missing,) = process.links
    assert missing not in {span.span_id for span in spans}
    assert process.attributes["qcexec.deliveries"] == 1


@pytest.mark.parametrize("module", ["qcexec_api", "qcexec_worker"])
def test_a_protocol_that_is_not_spoken_here_ends_the_process_at_its_start(
    services: Services, database: Database, module: str
) -> None:
    variables = {
        "QCEXEC_DATABASE_URL": database.app_dsn,
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4317",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
    }
    process = services.start(module, variables)
    assert process.wait() == 2
    assert "OTEL_EXPORTER_OTLP_PROTOCOL" in process.output()
