"""What the API refuses.

ApiError
├── InvalidConfiguration    a setting has a value that cannot be worked with
└── RequestRefused          the message is written for the client
    ├── BodyTooLarge        more bytes than a submission may have
    ├── BodyIncomplete      the client left before its body had arrived
    ├── BodyNotJson         no JSON text
    ├── SubmissionInvalid   JSON, but no submission; the message names the field
    ├── TaskNotFound        no task has this id
    ├── QueueFull           as many tasks or bytes wait as may wait
    └── NotReady            no fitting schema was seen yet
"""

from typing import ClassVar


class ApiError(Exception):
    """The base of the package's errors."""

    code: ClassVar[str] = "api_error"


class RequestRefused(ApiError):
    """A request that gets an error as its answer; `str()` is what the client reads."""

    code = "request_refused"


class BodyTooLarge(RequestRefused):
    """The body has more bytes than a submission may have."""

    code = "body_too_large"


class BodyIncomplete(RequestRefused):
    """The client closed the connection in the middle of its body."""

    code = "body_incomplete"


class BodyNotJson(RequestRefused):
    """The body is not a JSON text (RFC 8259) in UTF-8."""

    code = "body_not_json"


class SubmissionInvalid(RequestRefused):
    """The body is JSON, but not a valid submission."""

    code = "submission_invalid"


class TaskNotFound(RequestRefused):
    """No task has this id, or its retention is over."""

    code = "task_not_found"


class QueueFull(RequestRefused):
    """As many tasks or bytes wait as the configuration allows."""

    code = "queue_full"


class NotReady(RequestRefused):
    """This process has not yet seen a database whose schema fits."""

    code = "not_ready"
