"""Every error that the API knows has an answer that a client can act on."""

import json

import pytest
from starlette.exceptions import HTTPException

from qcexec_api.errors import RequestRefused
from qcexec_api.problems import problem_of
from qcexec_queue.errors import (
    AcceptanceUnknown,
    DatabaseUnavailable,
    LeaseLost,
    QueueError,
    SchemaMismatch,
    TaskRefused,
)


@pytest.mark.parametrize("kind", RequestRefused.__subclasses__())
def test_every_refusal_has_a_status_and_says_its_own_words(kind: type[RequestRefused]) -> None:
    problem = problem_of(kind("what is wrong"))
    assert 400 <= problem.status < 600
    assert problem.status != 500
    assert problem.message == "what is wrong"


@pytest.mark.parametrize("kind", [DatabaseUnavailable, AcceptanceUnknown, SchemaMismatch])
def test_trouble_of_the_database_says_when_to_come_again_and_no_detail(
    kind: type[QueueError],
) -> None:
    problem = problem_of(kind("ConnectionRefusedError: 10.0.0.7:5432"))
    assert problem.status == 503
    assert int(dict(problem.headers)["Retry-After"]) > 0
    assert "10.0.0.7" not in problem.message


def test_a_lost_answer_warns_that_the_task_may_have_been_accepted() -> None:
    assert "may have been accepted" in problem_of(AcceptanceUnknown("lost")).message
    assert "may have been accepted" not in problem_of(DatabaseUnavailable("away")).message


def test_a_task_that_cannot_be_stored_is_the_clients_to_change() -> None:
    problem = problem_of(TaskRefused("CheckViolationError: 10.0.0.7"))
    assert problem.status == 422
    assert problem.message.startswith("qc: ")
    assert "10.0.0.7" not in problem.message


@pytest.mark.parametrize(
    "error", [ValueError("detail"), QueueError("detail"), LeaseLost.__new__(LeaseLost)]
)
def test_what_nobody_expected_is_a_fault_without_a_word_about_it(error: Exception) -> None:
    problem = problem_of(error)
    assert problem.status == 500
    assert "detail" not in problem.message


def test_the_headers_of_the_framework_are_kept() -> None:
    problem = problem_of(HTTPException(405, headers={"Allow": "GET"}))
    assert problem.headers == (("Allow", "GET"),)
    assert "GET" in problem.message


def test_an_answer_is_ascii_whatever_it_quotes() -> None:
    response = problem_of(RequestRefused.__subclasses__()[0]("\ud800 \u00e4")).response()
    assert bytes(response.body).isascii()
    assert json.loads(bytes(response.body)) == {"status": "error", "message": "\ud800 \u00e4"}
