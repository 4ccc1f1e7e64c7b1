"""The plans of the hot path: what is read is found by index or place, whatever PostgreSQL believes.

A plan is made once per connection, for any parameters, and lives as long: so it must be right for
an empty queue, for a full one, and when the statistics describe the other.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from qcexec_queue.connections import Connection
from qcexec_queue.statements import statement
from support.databases import Database
from support.queue import (
    EVERYTHING,
    count,
    exchange_of,
    plain,
    queue_number,
    service,
    submit,
    tasks,
)

ALLOWED_SCANS = {
    "Index Scan",
    "Index Only Scan",
    "Tid Scan",
    "Function Scan",
    "CTE Scan",
    "Subquery Scan",
    "WorkTable Scan",
}
FORBIDDEN_JOINS = {"Hash Join", "Merge Join"}
PARTITIONS = 8
MOST_LOCKS = {
    # Held to the commit, with the plan made before. Who reads a task by its id locks each
    # partition of task, and those of result where it reads that, but the index of the one alone:
    # the planner prunes when it runs. Measured: 4, 25, 18, 22, 24, 17; a little is left for
    # other versions of PostgreSQL. Sixteen a backend cost no look into the shared table.
    "enqueue": 8,
    "exchange": 30,
    "find_task": 22,
    "heartbeat": 26,
    "put_back": 30,
    "stored_results": 22,
}

WORKER, TASK = uuid4(), uuid4()
NOW = datetime(2026, 1, 1, tzinfo=UTC)

HOT: dict[str, tuple[object, ...]] = {
    "enqueue": ([b"x"], [1], [2], [0.1], [None], [1], bytes(8)),
    "exchange": (
        *(WORKER, 1, [1], [1], [None], [b"1"]),
        *([0, 1, 2, 3], [2, 2, 2, 2], [0, 0, 0, 0], 10, 1, 1.0, 1000),
    ),
    "put_back": (
        *([WORKER], [1], [1], [1], [1], [0], [0], [0.1], [0.0]),
        *(["drained"], [None], [False], [None], [None]),
    ),
    "heartbeat": (WORKER, [1, 2], NOW, 10.0, 1, 5, 2.5, 1.5, 0.1),
    "find_task": (TASK,),
    "promote": (100,),
    "stored_results": ([TASK], [1]),
    "leases_of": ([WORKER],),
    "move_tasks": (1, 2, 100),
    "someone_waits": (1,),
    "acknowledge_drain": (WORKER,),
    "ask_drain": ([WORKER], True),
    "remove_worker": (WORKER,),
}


FIGURES = ("write_statistics", "read_statistics", "read_fleet", "stranded_queues")
"""Statements that look at all of those tables that are never large."""
SMALL = {"lease", "pool", "queue", "queue_stats", "scheduled", "worker"}


async def plan(connection: Connection, name: str) -> dict[str, Any]:
    """The plan that the service's connection uses: one for any parameters."""
    parameters = (await connection.prepare(statement(name))).get_parameters()
    types = ", ".join(each.name for each in parameters)
    values = ", ".join(f"null::{each.name}" for each in parameters)
    of, given = (f"({types})", f"({values})") if parameters else ("", "")
    await connection.execute(f"prepare hot {of} as {statement(name)}")
    text = await connection.fetchval(f"explain (format json, costs off) execute hot {given}")
    await connection.execute("deallocate hot")
    found: dict[str, Any] = json.loads(text)[0]["Plan"]
    return found


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", []):
        yield from nodes(child)


def complaints(tree: dict[str, Any]) -> list[str]:
    found = []
    for node in nodes(tree):
        kind = node["Node Type"]
        if kind in FORBIDDEN_JOINS or (kind.endswith("Scan") and kind not in ALLOWED_SCANS):
            found.append(f"{kind} on {node.get('Relation Name', node.get('Hash Cond', '?'))}")
        elif kind in ("Index Scan", "Index Only Scan") and not (
            "Index Cond" in node or node.get("Relation Name") == "ready"
        ):
            found.append(f"{kind} of all of {node['Index Name']}")
    return found


def careless(tree: dict[str, Any]) -> list[str]:
    """What is done to a large table by a scan of it, and joins that read one first."""
    return [
        f"{node['Node Type']} on {node.get('Relation Name', node.get('Hash Cond', '?'))}"
        for node in nodes(tree)
        if node["Node Type"] in FORBIDDEN_JOINS
        or (node["Node Type"] == "Seq Scan" and node["Relation Name"] not in SMALL)
    ]


async def fill(database: Database) -> None:
    await submit(database.app_dsn, *tasks(3000))
    async with service(database.app_dsn) as connection:
        exchange = await exchange_of(connection)
        assert (await exchange.run(connection, [], EVERYTHING)).leases


async def empty(database: Database) -> None:
    async with plain(database.owner_dsn) as owner:
        await owner.execute(
            "truncate qcexec.task, qcexec.result, qcexec.attempt, qcexec.ready,"
            " qcexec.scheduled, qcexec.lease, qcexec.worker"
        )


async def analyze(database: Database) -> None:
    async with plain(database.owner_dsn) as owner:
        await owner.execute("analyze")


async def every_plan_is_right(database: Database) -> None:
    async with service(database.app_dsn) as connection:
        await queue_number(connection)
        found = {name: complaints(await plan(connection, name)) for name in HOT}
        found |= {name: careless(await plan(connection, name)) for name in FIGURES}
        fleet = await plan(connection, "read_fleet")
        found["leases of the fleet"] = complaints(
            {"Node Type": "-", "Plans": [node for node in nodes(fleet) if of_lease(node)]}
        )
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def of_lease(node: dict[str, Any]) -> bool:
    return node.get("Relation Name") == "lease"


async def test_on_tables_that_were_never_analyzed(database: Database) -> None:
    await every_plan_is_right(database)


async def test_on_full_tables_that_were_analyzed(database: Database) -> None:
    await fill(database)
    await analyze(database)
    await every_plan_is_right(database)


async def test_on_tables_that_were_analyzed_empty_and_then_filled(database: Database) -> None:
    await analyze(database)
    await fill(database)
    await every_plan_is_right(database)


async def test_on_tables_that_were_analyzed_full_and_then_emptied(database: Database) -> None:
    await fill(database)
    await analyze(database)
    await empty(database)
    await every_plan_is_right(database)


async def test_hot_statements_take_few_locks_with_as_many_partitions_as_there_ever_are(
    database: Database,
) -> None:
    await submit(database.app_dsn, *tasks(1))
    async with plain(database.owner_dsn) as owner:
        while await count(owner, "partition_range") < PARTITIONS:
            await owner.execute(
                "update qcexec.setting set partition_width = partition_width + interval '1 day'"
            )
            await owner.fetchval("select qcexec.make_partitions()")
    found = {}
    async with service(database.app_dsn) as connection, plain(database.admin_dsn) as admin:
        pid = connection.get_server_pid()
        for name in MOST_LOCKS:
            for _ in range(2):
                # The first run locks what it plans with as well.
                transaction = connection.transaction()
                await transaction.start()
                await connection.fetch(statement(name), *HOT[name])
                found[name] = await admin.fetchval(
                    "select count(*) from pg_locks where pid = $1 and locktype = 'relation'", pid
                )
                await transaction.rollback()
    assert {name: locks for name, locks in found.items() if locks > MOST_LOCKS[name]} == {}
