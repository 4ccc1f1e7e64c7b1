"""What goes over the wire, as models.

Submissions are validated with these models. Answers are put together from
bytes that are stored as they are sent; their models are documentation.
"""

from functools import cache
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model

DEFAULT_SHOTS = 1024

BELL = """OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q;
bit[2] c;
h q[0];
cx q[0], q[1];
c = measure q;
"""


def _check_text(qc: str) -> str:
    if qc.isspace():
        raise ValueError("Input should not be blank")
    if "\0" in qc:
        raise ValueError("Input should not contain NUL characters")
    return qc


class TaskSubmission(BaseModel):
    """A circuit to be run. Types are strict: `"100"`, `100.0` and `true` are no integers."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    qc: Annotated[
        str,
        Field(
            min_length=1,
            description="The circuit in OpenQASM 3. It is judged when it runs, not here.",
            examples=[BELL],
        ),
        AfterValidator(_check_text),
    ]
    shots: Annotated[
        int, Field(ge=1, description="How often the circuit is run.", examples=[DEFAULT_SHOTS])
    ] = DEFAULT_SHOTS


@cache
def submission_model(max_shots: int) -> type[TaskSubmission]:
    """`TaskSubmission` with an upper limit of `max_shots`, which its default keeps, too."""
    return create_model(
        "TaskSubmission",
        __base__=TaskSubmission,
        __doc__=TaskSubmission.__doc__,
        shots=(
            int,
            Field(
                default=min(DEFAULT_SHOTS, max_shots),
                ge=1,
                le=max_shots,
                description="How often the circuit is run.",
                examples=[min(DEFAULT_SHOTS, max_shots)],
            ),
        ),
    )


class TaskAccepted(BaseModel):
    """The task is stored durably."""

    task_id: UUID
    message: Literal["Task submitted successfully."]


class TaskCompleted(BaseModel):
    """How often each outcome was measured. Bit 0 is the rightmost."""

    status: Literal["completed"]
    result: dict[str, int]


class TaskPending(BaseModel):
    """The task waits or runs."""

    status: Literal["pending"]
    message: Literal["Task is still in progress."]


class ErrorMessage(BaseModel):
    """A request that was refused, or a task that failed."""

    status: Literal["error"]
    message: str


class Alive(BaseModel):
    """The process serves requests."""

    status: Literal["ok"]


class Ready(BaseModel):
    """This process takes requests; `database` tells of the last second."""

    status: Literal["ok"]
    database: Literal["reachable", "unreachable"]
