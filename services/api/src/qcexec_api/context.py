"""What the routes of one process work with."""

from dataclasses import dataclass

from fastapi import Request

from qcexec_api.admission import AdmissionLimits, reason_to_refuse
from qcexec_api.database_watch import DatabaseWatch
from qcexec_api.errors import NotReady, QueueFull
from qcexec_api.producer import Producer
from qcexec_api.readiness import Readiness
from qcexec_api.schemas import TaskSubmission
from qcexec_queue.connections import Pool


@dataclass(frozen=True, slots=True)
class ApiContext:
    """Wired together when the process starts, handed to each request."""

    max_body_bytes: int
    limits: AdmissionLimits
    submission_model: type[TaskSubmission]
    readiness: Readiness
    watch: DatabaseWatch
    pool: Pool
    producer: Producer

    def require_database(self) -> None:
        """Raises NotReady until a fitting schema was seen."""
        if not self.readiness.schema_seen:
            raise NotReady(f"{self.readiness.schema_problem} Try again later.")

    def require_room(self) -> None:
        """Raises QueueFull where no further task may wait."""
        reason = reason_to_refuse(self.watch.backlog, self.limits)
        if reason is not None:
            raise QueueFull(f"{reason} Try again later.")


def context_of(request: Request) -> ApiContext:
    """The context that the lifespan made."""
    context: ApiContext = request.state.context
    return context
