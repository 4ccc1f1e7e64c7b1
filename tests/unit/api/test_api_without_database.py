"""What the API says while nobody has ever seen the database: everything but accepting tasks."""

import io
import json
import logging
import re
from collections.abc import Iterator

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qcexec_api.app import create_app
from qcexec_api.readiness import Readiness
from qcexec_telemetry.lines import JsonLines
from support.api import NOBODY_LISTENS, api_settings, serving

VALID = b'{"qc": "OPENQASM 3.0;", "shots": 10}'


class Log:
    """All lines of a test, as they would be written."""

    def __init__(self) -> None:
        self._stream = io.StringIO()
        self.handler = logging.StreamHandler(self._stream)
        self.handler.setFormatter(JsonLines("api"))

    def text(self) -> str:
        return self._stream.getvalue()

    def events(self, event: str) -> list[dict[str, object]]:
        lines = [json.loads(line) for line in self.text().splitlines()]
        return [line for line in lines if line["event"] == event]


@pytest.fixture
def log() -> Iterator[Log]:
    log = Log()
    root = logging.getLogger()
    level = root.level
    root.addHandler(log.handler)
    root.setLevel(logging.DEBUG)
    yield log
    root.removeHandler(log.handler)
    root.setLevel(level)


def is_problem(answer: httpx2.Response) -> bool:
    document = answer.json()
    return (
        answer.headers["content-type"] == "application/json"
        and set(document) == {"status", "message"}
        and document["status"] == "error"
        and isinstance(document["message"], str)
        and document["message"] != ""
    )


@settings(deadline=None, max_examples=30)
@given(
    st.lists(
        st.binary()
        | st.builds(
            lambda document: json.dumps(document).encode(),
            st.recursive(
                st.none() | st.integers() | st.floats() | st.text(),
                lambda inner: (
                    st.lists(inner)
                    | st.dictionaries(st.sampled_from(["qc", "shots"]) | st.text(), inner)
                ),
            ),
        ),
        min_size=1,
        max_size=10,
    )
)
async def test_no_body_makes_the_server_fail(bodies: list[bytes]) -> None:
    async with serving(api_settings()) as client:
        for body in bodies:
            answer = await client.post("/tasks", content=body)
            assert answer.status_code in {400, 422, 503}
            assert is_problem(answer)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 400, "empty"),
        (b"qc=x", 400, "not valid JSON"),
        (b'{"qc": "x", "shots": NaN}', 400, "NaN"),
        (b"[" * 100_000, 400, "nested"),
        (b"{}", 422, "qc: "),
        (b'{"qc": "\\ud800"}', 422, "qc: "),
        (b'{"qc": "x", "shots": 100001}', 422, "shots: "),
        (b'{"qc": "x", "\\ud800": 0}', 422, "\ud800: "),
        (b'{"qc": "' + b"x" * 2**20 + b'"}', 413, "body: Input should have at most 1048576"),
    ],
)
async def test_a_bad_body_is_refused_before_the_database_matters(
    body: bytes, status: int, words: str
) -> None:
    async with serving(api_settings()) as client:
        answer = await client.post("/tasks", content=body)
        assert answer.status_code == status
        assert is_problem(answer)
        assert words in answer.json()["message"]


@pytest.mark.parametrize(
    "content_type", [None, "application/json", "text/plain", "application/x-www-form-urlencoded"]
)
async def test_a_good_body_is_asked_to_come_again_whatever_its_content_type(
    content_type: str | None,
) -> None:
    headers = {} if content_type is None else {"content-type": content_type}
    async with serving(api_settings()) as client:
        answer = await client.post("/tasks", content=VALID, headers=headers)
        assert answer.status_code == 503
        assert is_problem(answer)
        assert int(answer.headers["retry-after"]) > 0


async def test_a_look_up_is_asked_to_come_again() -> None:
    async with serving(api_settings()) as client:
        answer = await client.get("/tasks/019ab3f2-7c1e-7d52-9f31-1f0b7f6c2a90")
        assert answer.status_code == 503
        assert is_problem(answer)
        assert "retry-after" in answer.headers


async def test_the_process_lives_and_is_not_ready() -> None:
    async with serving(api_settings()) as client:
        for path in ("/health", "/livez"):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert is_problem(answer)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/favicon.ico", 404),
        ("GET", "/tasks", 405),
        ("PUT", "/tasks", 405),
        ("DELETE", "/tasks/019ab3f2-7c1e-7d52-9f31-1f0b7f6c2a90", 405),
        ("POST", "/health", 405),
        ("GET", "/tasks/", 404),
        ("GET", "/tasks/a/b", 404),
        ("GET", "/tasks/..%2f..", 404),
        ("GET", "/tasks/%ff%fe", 404),
        ("GET", "/tasks/{019ab3f2-7c1e-7d52-9f31-1f0b7f6c2a90}", 404),
        ("GET", "/tasks/019ab3f27c1e7d529f311f0b7f6c2a90", 404),
        ("GET", "/tasks/019ab3f2-7c1e-7d52-9f31-1f0b7f6c2a9%20", 404),
        ("GET", "/tasks/" + "9" * 5000, 404),
    ],
)
async def test_what_is_not_there_is_said_in_the_same_form(
    method: str, path: str, status: int
) -> None:
    async with serving(api_settings()) as client:
        answer = await client.request(method, path)
        assert answer.status_code == status
        assert is_problem(answer)
        if status == 405:
            assert answer.headers["allow"]


async def test_what_is_no_uuid_is_no_task() -> None:
    async with serving(api_settings()) as client:
        answer = await client.get("/tasks/xyz")
        assert answer.status_code == 404
        assert answer.json() == {"status": "error", "message": "Task not found."}


async def test_a_request_id_is_echoed_and_in_every_line_of_its_request(log: Log) -> None:
    async with serving(api_settings()) as client:
        answer = await client.post("/tasks", content=b"{}", headers={"X-Request-ID": "mine-1"})
    assert answer.headers["x-request-id"] == "mine-1"
    (line,) = log.events("request")
    assert line["request_id"] == "mine-1"
    assert (line["method"], line["route"], line["status"]) == ("POST", "/tasks", 422)
    assert line["code"] == "submission_invalid"
    assert isinstance(line["duration_ms"], float)


async def test_a_request_without_an_id_gets_one(log: Log) -> None:
    async with serving(api_settings()) as client:
        answer = await client.get("/nothing")
    (line,) = log.events("request")
    assert answer.headers["x-request-id"] == line["request_id"]
    assert line["route"] is None


async def test_a_fault_is_answered_without_a_word_about_it_and_logged_with_its_trace(
    log: Log,
) -> None:
    app = create_app(api_settings(), Readiness())

    @app.get("/broken")
    async def broken() -> None:
        raise KeyError("a secret detail")

    async with serving(api_settings(), app=app) as client:
        answer = await client.get("/broken", headers={"X-Request-ID": "mine-2"})
    assert answer.status_code == 500
    assert is_problem(answer)
    assert "secret" not in answer.text
    assert answer.headers["x-request-id"] == "mine-2"
    (line,) = log.events("request_failed")
    assert line["request_id"] == "mine-2"
    assert "a secret detail" in str(line["exc_info"])
    (access,) = log.events("request")
    assert (access["status"], access["level"]) == (500, "warning")


async def test_a_terminating_process_is_not_ready() -> None:
    readiness = Readiness(schema_seen=True, terminating=True)
    async with serving(api_settings(), readiness) as client:
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert "terminating" in answer.json()["message"]


async def test_an_outage_leaves_a_process_ready_and_is_told() -> None:
    readiness = Readiness(schema_seen=True)
    async with serving(api_settings(), readiness) as client:
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["database"]) == (200, "unreachable")


async def test_no_line_holds_the_password(log: Log) -> None:
    assert "hunter2" in NOBODY_LISTENS
    async with serving(api_settings()) as client:
        await client.post("/tasks", content=VALID)
    assert log.text()
    assert "hunter2" not in log.text()


async def test_the_page_of_the_document_loads_nothing_from_elsewhere() -> None:
    async with serving(api_settings()) as client:
        page = await client.get("/docs")
        assert page.status_code == 200
        links = re.findall(r"""(?:src|href|url)(?:=|: )['"]([^'"]+)['"]""", page.text)
        assert len(links) == 4
        for link in links:
            # Relative: a proxy in front may have another scheme, name and prefix.
            assert not link.startswith(("/", "http"))
            assert (await client.get(f"/{link}")).status_code == 200
        missing = await client.get("/swagger/nothing.js")
    assert missing.status_code == 404
    assert missing.json()["status"] == "error"


async def test_the_document_describes_every_answer_and_the_limits() -> None:
    async with serving(api_settings(max_shots=77, max_body_bytes=1000)) as client:
        document = (await client.get("/openapi.json")).json()
        docs = await client.get("/docs")
    assert docs.status_code == 200
    submit = document["paths"]["/tasks"]["post"]
    assert set(submit["responses"]) == {"202", "400", "413", "422", "500", "503"}
    read = document["paths"]["/tasks/{task_id}"]["get"]
    assert set(read["responses"]) == {"200", "404", "500", "503"}
    assert {"/health", "/livez", "/readyz"} < set(document["paths"])
    body = submit["requestBody"]["content"]["application/json"]
    assert body["schema"]["properties"]["shots"]["maximum"] == 77
    assert body["schema"]["required"] == ["qc"]
    assert body["examples"]
    assert "1000" in submit["requestBody"]["description"]
    for operation in (submit, read):
        for answer in operation["responses"].values():
            content = answer["content"]["application/json"]
            assert content["schema"]
            assert "example" in content or "examples" in content
    assert "HTTPValidationError" not in document["components"]["schemas"]
