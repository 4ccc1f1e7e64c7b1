"""What can go wrong in the queue.

QueueError
├── DatabaseUnavailable     nothing was done; try again later
├── AcceptanceUnknown       an enqueue was sent and its answer was lost
├── TaskRefused             PostgreSQL refuses this task's data
├── LeaseLost               the lease was no longer this worker's
├── SchemaMismatch          the database's schema does not fit this release
└── MigrationRefused        migrating now would break a release that runs
"""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID


class QueueError(Exception):
    """The base of the package's errors."""

    code: ClassVar[str] = "queue_error"


class DatabaseUnavailable(QueueError):
    """PostgreSQL did not answer, or answered that it can't now. Nothing was done."""

    code = "database_unavailable"


class AcceptanceUnknown(QueueError):
    """The answer to an enqueue was lost: the task may or may not have been accepted.

    It is never repeated by the queue: a repeat could run the task twice.
    """

    code = "acceptance_unknown"


class TaskRefused(QueueError):
    """PostgreSQL refuses the task's data, for instance for its size."""

    code = "task_refused"


class LeaseLost(QueueError):
    """A write named an epoch whose lease had ended. The write changed nothing."""

    code = "lease_lost"

    def __init__(self, task_id: UUID, epoch: int) -> None:
        super().__init__(f"task {task_id} is no longer leased under epoch {epoch}")
        self.task_id = task_id
        self.epoch = epoch


class SchemaMismatch(QueueError):
    """The schema is missing, too old, or no longer compatible with this release."""

    code = "schema_mismatch"


class MigrationRefused(QueueError):
    """The migration would end the compatibility with the release that made the found schema."""

    code = "migration_refused"
