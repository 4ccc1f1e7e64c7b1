"""What a client reads when something went wrong: the one place where errors become answers.

Every error has the same body, `{"status": "error", "message": ...}`. What the
API refuses says so in its own words; of a failing database the client learns
what it means for the request, and the log the rest.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from qcexec_api import errors
from qcexec_api.notes import note
from qcexec_queue.errors import (
    AcceptanceUnknown,
    DatabaseUnavailable,
    QueueError,
    SchemaMismatch,
    TaskRefused,
)

_RETRY_AFTER_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as it is sent."""

    status: int
    message: str
    headers: tuple[tuple[str, str], ...] = ()

    def response(self) -> Response:
        """The answer. The message is escaped to ASCII: it may quote a lone surrogate."""
        document = {"status": "error", "message": self.message}
        body = json.dumps(document, separators=(",", ":"))
        return Response(
            body, self.status, headers=dict(self.headers), media_type="application/json"
        )


ENDED = Problem(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "This process ended before the answer was there: the request may have been carried out.",
    (("Retry-After", str(_RETRY_AFTER_SECONDS)),),
)
ENDED_CODE = "process_ended"
UNEXPECTED = Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong on the server.")
UNEXPECTED_CODE = "unexpected_error"

_STATUS_OF_REFUSALS: Mapping[type[errors.ApiError], HTTPStatus] = {
    errors.BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.BodyIncomplete: HTTPStatus.BAD_REQUEST,
    errors.BodyNotJson: HTTPStatus.BAD_REQUEST,
    errors.SubmissionInvalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TaskNotFound: HTTPStatus.NOT_FOUND,
    errors.QueueFull: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.NotReady: HTTPStatus.SERVICE_UNAVAILABLE,
}

_QUEUE_PROBLEMS: Mapping[type[QueueError], tuple[HTTPStatus, str]] = {
    DatabaseUnavailable: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The database cannot be reached. Nothing was done; try again later.",
    ),
    AcceptanceUnknown: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        (
            "The database's answer was lost: the task may have been accepted, and may run."
            " Submitting it again may run it twice."
        ),
    ),
    SchemaMismatch: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The database's schema does not fit this release. Try again later.",
    ),
    TaskRefused: (HTTPStatus.UNPROCESSABLE_ENTITY, "qc: The database cannot store this circuit."),
}


CODES = (
    frozenset({ENDED_CODE, UNEXPECTED_CODE})
    | {kind.code for kind in _STATUS_OF_REFUSALS}
    | {kind.code for kind in _QUEUE_PROBLEMS}
)
"""Of every error that a request may end with, but for those of the framework, which have none."""


def problem_of(error: Exception) -> Problem:
    """The answer to a request that ended with `error`."""
    match error:
        case errors.RequestRefused():
            return _problem(_STATUS_OF_REFUSALS[type(error)], str(error))
        case QueueError() if type(error) in _QUEUE_PROBLEMS:
            return _problem(*_QUEUE_PROBLEMS[type(error)])
        case HTTPException():
            return _framework_problem(error)
    return UNEXPECTED


def install(app: FastAPI) -> None:
    """Let `app` answer with problems; what it does not know here stays an exception."""
    for kind in (errors.RequestRefused, HTTPException, *_QUEUE_PROBLEMS):
        app.add_exception_handler(kind, _answer)


def example(message: str) -> dict[str, Any]:
    """The `content` of an error in OpenAPI, with `message` as its example."""
    return {"application/json": {"example": {"status": "error", "message": message}}}


async def _answer(request: Request, error: Exception) -> Response:
    problem = problem_of(error)
    code = getattr(error, "code", None)
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        note(request, code=code, reason=str(error))
    elif code is not None:
        note(request, code=code)
    return problem.response()


def _problem(status: HTTPStatus, message: str) -> Problem:
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        return Problem(status, message, (("Retry-After", str(_RETRY_AFTER_SECONDS)),))
    return Problem(status, message)


def _framework_problem(error: HTTPException) -> Problem:
    headers = tuple((error.headers or {}).items())
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            return Problem(error.status_code, "No such resource.", headers)
        case HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = (error.headers or {}).get("Allow", "")
            message = f"Method not allowed; this resource has {allowed}."
            return Problem(error.status_code, message, headers)
        case _:
            return Problem(error.status_code, str(error.detail), headers)
