"""A running stack, seen by a client: HTTP and nothing else.

INTEGRATION=1 pytest tests/test_integration.py
API_BASE_URL=http://localhost:8000 INTEGRATION=1 pytest tests/test_integration.py
"""

import os
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx2
import pytest

from support.waiting import wait_until

pytestmark = pytest.mark.skipif(
    os.environ.get("INTEGRATION") != "1",
    reason="needs a running stack: start one (make up) and set INTEGRATION=1",
)

BASE_URL = os.environ.get("API_BASE_URL", "http://localhost:8000")
RESULT_SECONDS = 120.0

BELL = """OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q;
bit[2] c;
h q[0];
cx q[0], q[1];
c = measure q;
"""
BROKEN = """OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q;
h q[0]
cx q[0], q[1];
"""


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=BASE_URL, timeout=30) as client:
        yield client


async def submit(client: httpx2.AsyncClient, **document: object) -> httpx2.Response:
    answer = await client.post("/tasks", json=document)
    assert answer.status_code == 202, answer.text
    return answer


async def result(client: httpx2.AsyncClient, path: str) -> dict[str, Any]:
    async def ended() -> dict[str, Any] | None:
        answer = await client.get(path)
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        if document["status"] == "pending":
            assert document == {"status": "pending", "message": "Task is still in progress."}
            return None
        return document

    document: dict[str, Any] | None = await wait_until(ended, RESULT_SECONDS, what=f"{path} ends")
    assert document is not None
    return document


async def test_a_submission_is_answered_with_an_id_and_an_address(
    client: httpx2.AsyncClient,
) -> None:
    answer = await submit(client, qc=BELL)
    document = answer.json()
    assert set(document) == {"task_id", "message"}
    assert document["message"] == "Task submitted successfully."
    assert answer.headers["location"] == f"/tasks/{UUID(document['task_id'])}"


async def test_a_bell_pair_gives_both_outcomes_and_no_other(client: httpx2.AsyncClient) -> None:
    answer = await submit(client, qc=BELL, shots=1000)
    document = await result(client, answer.headers["location"])
    assert document["status"] == "completed"
    assert set(document["result"]) == {"00", "11"}
    assert sum(document["result"].values()) == 1000
    # Both have probability 1/2: fewer than 350 of 1000 happens once in 10^21 runs.
    assert min(document["result"].values()) > 350


async def test_shots_that_are_left_out_are_1024(client: httpx2.AsyncClient) -> None:
    answer = await submit(client, qc=BELL)
    document = await result(client, answer.headers["location"])
    assert sum(document["result"].values()) == 1024


async def test_a_syntax_error_is_accepted_and_ends_with_its_line(
    client: httpx2.AsyncClient,
) -> None:
    answer = await submit(client, qc=BROKEN)
    document = await result(client, answer.headers["location"])
    assert set(document) == {"status", "message"}
    assert document["status"] == "error"
    assert "line 5" in document["message"] or "line 4" in document["message"]


async def test_a_circuit_without_measurement_fails_with_advice(client: httpx2.AsyncClient) -> None:
    answer = await submit(client, qc="OPENQASM 3.0;\nqubit[1] q;\nU(1, 2, 3) q[0];\n")
    document = await result(client, answer.headers["location"])
    assert document["status"] == "error"
    assert "measure" in document["message"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 400, "JSON"),
        (b"not json", 400, "JSON"),
        (b"{}", 422, "qc"),
        (b'{"qc": ""}', 422, "qc"),
        (b'{"qc": 7}', 422, "qc"),
        (b'{"qc": "a\\u0000b"}', 422, "qc"),
        (b'{"qc": "\\ud800"}', 422, "qc"),
        (b'{"qc": "x", "shots": 0}', 422, "shots"),
        (b'{"qc": "x", "shots": 1.5}', 422, "shots"),
        (b'{"qc": "x", "shots": true}', 422, "shots"),
        (b'{"qc": "x", "shots": "10"}', 422, "shots"),
        (b'{"qc": "x", "shots": 100000000000}', 422, "shots"),
        (b'{"qc": "x", "unknown": 1}', 422, "unknown"),
        (b'{"qc": "' + b"x" * 17 * 1024**2 + b'"}', 413, "body"),
    ],
)
async def test_a_bad_body_is_refused_with_the_reason(
    client: httpx2.AsyncClient, body: bytes, status: int, words: str
) -> None:
    headers = {"content-type": "application/json"}
    answer = await client.post("/tasks", content=body, headers=headers)
    assert answer.status_code == status
    document = answer.json()
    assert set(document) == {"status", "message"}
    assert document["status"] == "error"
    assert words in document["message"]


@pytest.mark.parametrize("task_id", ["9b4bbd8e-41ce-4b4a-8c8f-0a4d3c1de9c5", "no-uuid"])
async def test_an_unknown_task_is_not_found(client: httpx2.AsyncClient, task_id: str) -> None:
    answer = await client.get(f"/tasks/{task_id}")
    assert answer.status_code == 404
    assert answer.json() == {"status": "error", "message": "Task not found."}


async def test_errors_of_routing_have_the_same_form(client: httpx2.AsyncClient) -> None:
    for method, path, status in (("GET", "/nothing", 404), ("PUT", "/tasks", 405)):
        answer = await client.request(method, path)
        assert answer.status_code == status
        assert answer.json()["status"] == "error"


async def test_the_probes_say_that_all_is_well(client: httpx2.AsyncClient) -> None:
    for path in ("/health", "/livez"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (200, "reachable")


async def test_a_request_id_is_echoed(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/health", headers={"X-Request-ID": "integration-1"})
    assert answer.headers["x-request-id"] == "integration-1"
    other = await client.get("/health")
    assert other.headers["x-request-id"] not in {"", "integration-1"}


async def test_the_documentation_is_there(client: httpx2.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    assert {"/tasks", "/tasks/{task_id}", "/health", "/livez", "/readyz"} <= set(document["paths"])
    docs = await client.get("/docs")
    assert docs.status_code == 200
    assert "text/html" in docs.headers["content-type"]
