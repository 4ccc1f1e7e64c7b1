"""``qcexec-admin check``: reads, judges, and asks the invariant's query last.

That one reads whole tables and may take long; all else is told within seconds.
"""

from __future__ import annotations

from qcexec_admin.condition import read_condition
from qcexec_admin.findings import (
    Expectations,
    Finding,
    invariant_unknown,
    judge,
    judge_invariant,
    schema_unfit,
)
from qcexec_admin.reader import answers, reading
from qcexec_admin.report import Report
from qcexec_queue.connections import Connection
from qcexec_queue.errors import DatabaseUnavailable, SchemaMismatch
from qcexec_queue.invariant import violations
from qcexec_queue.schema import check_schema

APPLICATION = "qcexec-admin check"
_CONDITION_SECONDS = 30.0
"""For some ten statements, each of which has seconds."""


async def check(dsn: str, expected: Expectations, *, invariant_seconds: float) -> Report:
    """What is wrong with a queue; the invariant's query has ``invariant_seconds``.

    Raises DatabaseUnavailable where PostgreSQL is away before anything was found.
    """
    async with reading(dsn, APPLICATION) as connection:
        try:
            async with answers(connection):
                await check_schema(connection)
        except SchemaMismatch as error:
            return Report([schema_unfit(str(error))])
        async with answers(connection, _CONDITION_SECONDS):
            condition = await read_condition(connection)
        invariant = await _invariant(connection, invariant_seconds)
        return Report([invariant, *judge(condition, expected)])


async def _invariant(connection: Connection, seconds: float) -> Finding:
    try:
        async with answers(connection, seconds):
            return judge_invariant(await violations(connection))
    except DatabaseUnavailable as error:
        return invariant_unknown(str(error))
