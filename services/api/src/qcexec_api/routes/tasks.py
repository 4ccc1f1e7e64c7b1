"""Submitting a task, and reading what became of it.

Answers are put together from bytes: ids need no escaping, and results are
stored as they are sent.
"""

import re
from http import HTTPStatus
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from qcexec_api import problems
from qcexec_api.body import read_body
from qcexec_api.context import context_of
from qcexec_api.cost import expected_cost
from qcexec_api.errors import TaskNotFound
from qcexec_api.notes import note
from qcexec_api.payload import encode_payload
from qcexec_api.schemas import (
    BELL,
    ErrorMessage,
    TaskAccepted,
    TaskCompleted,
    TaskPending,
    submission_model,
)
from qcexec_api.settings import ApiSettings
from qcexec_api.submission import parse_submission
from qcexec_queue.lookup import find_task
from qcexec_queue.states import Outcome
from qcexec_queue.tasks import TaskView

_PENDING = b'{"status":"pending","message":"Task is still in progress."}'
# UUID() would also take braces, a urn: prefix and digits of other scripts: one task, one address.
_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_EXAMPLE_ID = "019ab3f2-7c1e-7d52-9f31-1f0b7f6c2a90"


def router(settings: ApiSettings) -> APIRouter:
    """The routes of tasks, documented with the limits of `settings`."""
    routes = APIRouter(tags=["tasks"])
    routes.post(
        "/tasks",
        status_code=HTTPStatus.ACCEPTED,
        summary="Submit a circuit",
        responses=_submission_responses(settings),
        openapi_extra={"requestBody": _request_body(settings)},
    )(submit_task)
    routes.get(
        "/tasks/{task_id:path}",
        summary="Read a task's result",
        responses=_result_responses(),
        openapi_extra={"parameters": [_ID_PARAMETER]},
    )(read_task)
    return routes


async def submit_task(request: Request) -> Response:
    """Stores the circuit durably and answers with the id of its task.

    The body is read as JSON whatever its content type says. What is wrong with
    the circuit itself shows in the task's result.
    """
    context = context_of(request)
    body = await read_body(request, context.max_body_bytes)
    submission = parse_submission(body, context.submission_model)
    context.require_database()
    context.require_room()
    payload = encode_payload(submission)
    cost = expected_cost(len(payload), submission.shots)
    task_id = await context.producer.enqueue(payload, cost, request.headers.get("traceparent"))
    note(request, task_id=task_id, shots=submission.shots, bytes=len(payload))
    return Response(
        b'{"task_id":"%b","message":"Task submitted successfully."}' % str(task_id).encode(),
        HTTPStatus.ACCEPTED,
        headers={"Location": f"/tasks/{task_id}"},
        media_type="application/json",
    )


async def read_task(request: Request) -> Response:
    """Answers with the counts, with what went wrong, or that the task waits or runs."""
    context = context_of(request)
    text: str = request.path_params["task_id"]
    if not _ID.fullmatch(text):
        raise TaskNotFound("Task not found.")
    context.require_database()
    note(request, task_id=text)
    task = await find_task(context.pool, UUID(text))
    if task is None:
        raise TaskNotFound("Task not found.")
    return Response(render(task), media_type="application/json")


def render(task: TaskView) -> bytes:
    """The task as it is sent; the stored result is spliced in, not read."""
    match task.result:
        case None:
            return _PENDING
        case result if result.outcome is Outcome.COMPLETED:
            return b'{"status":"completed","result":%b}' % result.body
        case result:
            return b'{"status":"error","message":%b}' % result.body


def _request_body(settings: ApiSettings) -> dict[str, Any]:
    schema = submission_model(settings.max_shots).model_json_schema()
    examples = {
        "bell": {"summary": "A Bell pair", "value": {"qc": BELL, "shots": 1024}},
        "default": {"summary": "With the default number of shots", "value": {"qc": BELL}},
    }
    return {
        "required": True,
        "description": f"At most {settings.max_body_bytes} bytes of JSON in UTF-8.",
        "content": {"application/json": {"schema": schema, "examples": examples}},
    }


_ID_PARAMETER: dict[str, Any] = {
    "name": "task_id",
    "in": "path",
    "required": True,
    "description": "The id from the answer to the submission.",
    "schema": {"type": "string", "format": "uuid"},
    "example": _EXAMPLE_ID,
}


def _submission_responses(settings: ApiSettings) -> dict[int | str, dict[str, Any]]:
    accepted = {"task_id": _EXAMPLE_ID, "message": "Task submitted successfully."}
    return {
        202: {
            "model": TaskAccepted,
            "description": "Stored: the task will run, whatever happens to this process.",
            "headers": {
                "Location": {"description": "Where its result is.", "schema": {"type": "string"}}
            },
            "content": {"application/json": {"example": accepted}},
        },
        400: {
            "model": ErrorMessage,
            "description": "The body is not JSON.",
            "content": problems.example(
                "The body is not valid JSON: Expecting value: line 1 column 8 (char 7)."
            ),
        },
        413: {
            "model": ErrorMessage,
            "description": "The body is too large.",
            "content": problems.example(
                f"body: Input should have at most {settings.max_body_bytes} bytes"
            ),
        },
        422: {
            "model": ErrorMessage,
            "description": "The body is no valid submission; the message names the field.",
            "content": problems.example("shots: Input should be greater than or equal to 1"),
        },
        500: _UNEXPECTED,
        503: {
            "model": ErrorMessage,
            "description": (
                "The queue is full, or the database cannot be reached. Only where the message"
                " says that the task may have been accepted, submitting again may run it twice."
            ),
            "headers": _RETRY_AFTER,
            "content": problems.example(
                "The queue is full: 1000000 tasks wait, the limit is 1000000. Try again later."
            ),
        },
    }


def _result_responses() -> dict[int | str, dict[str, Any]]:
    examples = {
        "completed": {"value": {"status": "completed", "result": {"00": 512, "11": 512}}},
        "pending": {"value": {"status": "pending", "message": "Task is still in progress."}},
        "failed": {"value": {"status": "error", "message": "line 4, column 1: ..."}},
    }
    return {
        200: {
            "model": TaskCompleted | TaskPending | ErrorMessage,
            "description": "The task's state; `error` where it failed, with the reason.",
            "content": {"application/json": {"examples": examples}},
        },
        404: {
            "model": ErrorMessage,
            "description": "There is no such task.",
            "content": problems.example("Task not found."),
        },
        500: _UNEXPECTED,
        503: {
            "model": ErrorMessage,
            "description": "The database cannot be reached.",
            "headers": _RETRY_AFTER,
            "content": problems.example(
                "The database cannot be reached. Nothing was done; try again later."
            ),
        },
    }


_UNEXPECTED: dict[str, Any] = {
    "model": ErrorMessage,
    "description": "A fault of the service; its log has the reason under the request's id.",
    "content": problems.example("Something went wrong on the server."),
}
_RETRY_AFTER: dict[str, Any] = {
    "Retry-After": {
        "description": "Seconds to wait before the next try.",
        "schema": {"type": "integer"},
    }
}
