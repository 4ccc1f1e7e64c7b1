"""What the API counts of requests: by template and known method, whatever clients send."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qcexec_api import metrics, problems
from qcexec_api.app import create_app
from qcexec_api.metrics import METHODS, OTHER, UNMATCHED, ApiMetrics
from qcexec_api.readiness import Readiness
from qcexec_observation import queue_events
from qcexec_queue.events import BatchEnqueued, PoolRemoved
from qcexec_telemetry.metrics import BUILD_INFO
from support.api import api_settings, serving
from support.metrics import Scrape, of

TEMPLATES = {
    *("/tasks", "/tasks/{task_id}", "/health", "/livez", "/readyz"),
    *("/docs", "/openapi.json", "/swagger/{path}", UNMATCHED),
}
TOKENS = st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ-!", min_size=1, max_size=12)
PATHS = st.one_of(
    st.sampled_from(["/tasks", "/tasks/", "/health", "/docs", "/swagger", "/openapi.json"]),
    st.text(alphabet="abc0123456789-%/.é", max_size=20).map(lambda rest: f"/tasks/{rest}"),
    st.text(alphabet="abcxyz/.", max_size=20).map(lambda rest: f"/swagger/{rest}"),
    st.text(alphabet="abcxyz/-_~", max_size=30).map(lambda rest: f"/{rest}"),
)


async def counted(*requests: tuple[str, str, bytes]) -> Scrape:
    """What is exported once these had their answers."""
    own = ApiMetrics("0")
    app = create_app(api_settings(), Readiness(schema_seen=True), own)
    async with serving(api_settings(), app=app) as client:
        for method, path, body in requests:
            await client.request(method, path, content=body)
        return of(own.registry)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sampled_from(sorted(METHODS)) | TOKENS, PATHS), max_size=20))
async def test_no_request_makes_a_series_of_its_own(requests: list[tuple[str, str]]) -> None:
    seen = await counted(*((method, path, b"") for method, path in requests))
    name = "qcexec_http_requests_total"
    assert seen.total(name) == len(requests)
    assert seen.labels(name, "route") <= TEMPLATES
    assert seen.labels(name, "method") <= METHODS | {OTHER}
    assert seen.total("qcexec_http_request_seconds_count") == len(requests)


@pytest.mark.parametrize(
    ("method", "path", "route", "status"),
    [
        ("GET", "/health", "/health", 200),
        ("GET", "/docs", "/docs", 200),
        ("GET", "/openapi.json", "/openapi.json", 200),
        ("GET", "/swagger/swagger-ui.css", "/swagger/{path}", 200),
        ("GET", "/swagger/none.css", "/swagger/{path}", 404),
        ("POST", "/tasks", "/tasks", 400),
        ("GET", "/tasks/none", "/tasks/{task_id}", 404),
        ("DELETE", "/tasks", "/tasks", 405),
        ("GET", "/nothing", UNMATCHED, 404),
    ],
)
async def test_an_answer_is_counted_under_its_route_and_status(
    method: str, path: str, route: str, status: int
) -> None:
    seen = await counted((method, path, b""))
    labels = {"route": route, "method": method, "status": str(status)}
    assert seen.value("qcexec_http_requests_total", **labels) == 1


async def test_a_refusal_is_counted_by_its_code_and_an_answer_that_is_none_is_not() -> None:
    seen = await counted(
        ("POST", "/tasks", b"no JSON"),
        ("POST", "/tasks", b"{}"),
        ("POST", "/tasks", b'{"qc": "OPENQASM 3.0;"}'),
        ("GET", "/tasks/none", b""),
        ("GET", "/nothing", b""),
        ("GET", "/health", b""),
    )
    refused = {
        code: seen.value("qcexec_refusals_total", code=code)
        for code in seen.labels("qcexec_refusals_total", "code")
    }
    assert {code: number for code, number in refused.items() if number} == {
        "body_not_json": 1,
        "submission_invalid": 1,
        "database_unavailable": 1,
        "task_not_found": 1,
    }
    assert seen.value("qcexec_submissions_total") == 0


async def test_a_fault_is_counted_as_one() -> None:
    own = ApiMetrics("0")
    app = create_app(api_settings(), Readiness(), own)

    @app.get("/broken")
    async def broken() -> None:
        raise KeyError

    async with serving(api_settings(), app=app) as client:
        await client.get("/broken")
    seen = of(own.registry)
    assert seen.value("qcexec_refusals_total", code="unexpected_error") == 1
    labels = {"route": "/broken", "method": "GET", "status": "500"}
    assert seen.value("qcexec_http_requests_total", **labels) == 1


def test_every_code_that_a_client_may_meet_begins_at_zero() -> None:
    seen = of(ApiMetrics("0").registry)
    assert seen.labels("qcexec_refusals_total", "code") == problems.CODES
    assert seen.total("qcexec_refusals_total") == 0


def test_a_commit_is_counted_with_its_tasks() -> None:
    own = ApiMetrics("0")
    own.count_in_queue(BatchEnqueued(3, 0.004))
    own.count_in_queue(BatchEnqueued(1, 0.002))
    own.count_in_queue(PoolRemoved("big"))
    seen = of(own.registry)
    assert seen.value("qcexec_submissions_total") == 4
    assert seen.value("qcexec_enqueue_batch_tasks_bucket", le="2.0") == 1
    assert seen.value("qcexec_enqueue_seconds_count") == 2
    assert seen.value("qcexec_pools_removed_total") == 1


async def test_exactly_what_is_declared_is_exported() -> None:
    seen = await counted(("GET", "/health", b""))
    declared = {each.name for each in (*metrics.METRICS, *queue_events.METRICS, BUILD_INFO)}
    assert seen.ours == declared
