"""Finding a task and its result."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from qcexec_queue.connections import TRANSIENT_ERRORS, Pool, acquired, describe
from qcexec_queue.errors import DatabaseUnavailable
from qcexec_queue.statements import statement
from qcexec_queue.states import Outcome
from qcexec_queue.tasks import StoredResult, TaskView


async def find_task(pool: Pool, task_id: UUID) -> TaskView | None:
    """The task with that id, or None where there is none. Raises DatabaseUnavailable."""
    try:
        async with acquired(pool) as connection:
            row = await connection.fetchrow(statement("find_task"), task_id)
    except (*TRANSIENT_ERRORS, asyncpg.PostgresError) as error:
        raise DatabaseUnavailable(describe(error)) from error
    if row is None:
        return None
    if row["outcome"] is None:
        return TaskView(task_id, None)
    return TaskView(task_id, StoredResult(Outcome(row["outcome"]), row["code"], row["body"]))
