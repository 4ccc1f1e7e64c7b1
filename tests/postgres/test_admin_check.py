"""`qcexec-admin check` on real databases in which one thing at a time is broken."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from qcexec_admin.check import check
from qcexec_admin.findings import Expectations, Finding, Status
from qcexec_admin.reader import answers, reading
from qcexec_admin.report import Report
from qcexec_queue.connections import Connection, Role, connect
from qcexec_queue.errors import DatabaseUnavailable
from qcexec_queue.exchange import Appetite
from qcexec_queue.maintenance import LOCK_NAME
from qcexec_queue.settlement import RetryPolicy
from qcexec_queue.statistics import write_statistics
from qcexec_queue.workers import PoolRow, ask_drain, register, register_pool
from qcexec_standalone.ports import free_port
from qcexec_standalone.postgres import PostgresServer
from support.databases import Database, Databases
from support.queue import exchange_of, identity, plain, queue_number, service, submit, tasks
from support.waiting import wait_until

APPLICATION = "qcexec-api maintenance"


@pytest.fixture
def other_database(databases: Databases) -> Iterator[Database]:
    made = databases.create()
    yield made
    databases.drop(made)


async def look(dsn: str, *, longest_wait: float | None = None, seconds: float = 60.0) -> Report:
    return await check(dsn, Expectations(30.0, longest_wait), invariant_seconds=seconds)


def the_only_wrong(report: Report) -> Finding:
    wrong = [each for each in report.findings if each.status is Status.WRONG]
    assert len(wrong) == 1, report.words()
    assert report.exit_code == 1
    return wrong[0]


@asynccontextmanager
async def well(database: Database) -> AsyncIterator[tuple[Connection, UUID]]:
    """A database in which all is well: a worker, its pool, five tasks that wait, one that runs.

    Gives a service's connection, and the worker. Somebody holds the maintenance lock.
    """
    await submit(database.app_dsn, *tasks(6))
    holder = await connect(database.app_dsn, role=Role.SERVICE, application=APPLICATION)
    try:
        await holder.fetchval("select pg_advisory_lock(hashtextextended($1, 0))", LOCK_NAME)
        async with service(database.app_dsn) as connection:
            worker_id = uuid4()
            queue_id = await queue_number(connection)
            await register(connection, identity(worker_id, queue_id, "uid"), RetryPolicy())
            await register_pool(connection, PoolRow(queue_id, 2**30, 0))
            exchange = await exchange_of(connection, worker_id)
            await exchange.run(connection, [], Appetite(1, 1, 0.0))
            await write_statistics(connection)
            yield connection, worker_id
    finally:
        holder.terminate()


async def by_owner(database: Database, sql: str) -> None:
    async with plain(database.owner_dsn) as owner:
        await owner.execute(sql)


async def test_where_all_is_well_it_says_so(database: Database) -> None:
    async with well(database):
        report = await look(database.app_dsn)
    assert report.wrong == 0, report.words()
    assert report.exit_code == 0
    assert "Every accepted task is in exactly one of" in report.words()
    assert f"held by {APPLICATION} at 127.0.0.1 (PostgreSQL process" in report.words()
    assert "1 worker gave a sign of life in time" in report.words()


async def test_a_lost_task_is_named(database: Database) -> None:
    async with well(database) as (connection, _):
        task_id = await connection.fetchval("delete from qcexec.lease returning task_id")
        finding = the_only_wrong(await look(database.app_dsn))
    assert finding.check == "invariant"
    assert "1 task is not in exactly one of" in finding.words
    assert finding.details == (f"task {task_id} is in nowhere",)


async def test_a_task_in_two_places_is_named_with_both(database: Database) -> None:
    async with well(database) as (connection, _):
        task_id = await connection.fetchval(
            "insert into qcexec.scheduled select now() + interval '1 h', task_id, queue_id,"
            " priority, lane, attempt, delivery, cost, bytes from qcexec.ready limit 1"
            " returning task_id"
        )
        finding = the_only_wrong(await look(database.app_dsn))
    assert finding.details == (f"task {task_id} is in ready and scheduled",)


async def test_an_invariant_that_takes_too_long_is_unknown_and_all_else_is_told(
    database: Database,
) -> None:
    async with well(database):
        report = await look(database.app_dsn, seconds=1e-6)
    finding = the_only_wrong(report)
    assert finding.check == "invariant"
    assert "could not be checked: no answer within 1e-06 s." in finding.words
    assert len(report.findings) > 5


async def test_a_query_that_was_given_up_ends_on_the_server_too(database: Database) -> None:
    async with reading(database.app_dsn, "given up") as connection:
        await connection.execute("set statement_timeout = 0")
        with pytest.raises(DatabaseUnavailable, match="no answer within"):
            async with answers(connection, 0.2):
                await connection.execute("select pg_sleep(3600)")
    async with service(database.app_dsn) as other:

        async def ended() -> bool:
            sql = "select count(*) from pg_stat_activity where application_name = 'given up'"
            return bool(await other.fetchval(sql) == 0)

        await wait_until(ended, what="the session of the query that was given up ends")


async def test_a_schema_that_is_not_there_is_told_and_nothing_else(
    empty_database: Database,
) -> None:
    finding = the_only_wrong(await look(empty_database.app_dsn))
    assert finding.check == "schema"
    assert "has migrate run?" in finding.words


async def test_a_schema_of_another_release_is_told_with_its_version(database: Database) -> None:
    await by_owner(database, "update qcexec.schema_version set version = 99, min_compatible = 98")
    finding = the_only_wrong(await look(database.app_dsn))
    assert "version 99 and serves releases from 98 on" in finding.words


async def test_partitions_that_end_soon_are_told(database: Database) -> None:
    async with well(database):
        await by_owner(
            database,
            "update qcexec.setting set partition_width = interval '400 days'",
        )
        finding = the_only_wrong(await look(database.app_dsn))
    assert finding.check == "partitions"
    assert "less than one width (400 d)" in finding.words


async def test_a_moment_without_a_partition_is_told(database: Database) -> None:
    async with well(database):
        await by_owner(database, "delete from qcexec.partition_range where lower_bound <= now()")
        finding = the_only_wrong(await look(database.app_dsn))
    assert "No partition holds this moment" in finding.words


async def test_no_partition_at_all_is_told(database: Database) -> None:
    async with well(database):
        await by_owner(database, "delete from qcexec.partition_range")
        finding = the_only_wrong(await look(database.app_dsn))
    assert "There are no partitions" in finding.words


async def test_a_detached_partition_is_named(database: Database) -> None:
    async with well(database), plain(database.owner_dsn) as owner:
        suffix = await owner.fetchval(
            "select suffix from qcexec.partition_range order by lower_bound desc limit 1"
        )
        await owner.execute(f"alter table qcexec.result detach partition qcexec.result_{suffix}")
        finding = the_only_wrong(await look(database.app_dsn))
    assert finding.check == "partitions"
    assert finding.details == (f"result_{suffix}",)


@pytest.mark.parametrize("sequence", ["epoch_seq", "ready_seq"])
async def test_a_sequence_behind_what_is_in_use_is_named(database: Database, sequence: str) -> None:
    async with well(database) as (connection, worker_id):
        # One lease more, so that the sequence can lie behind the last.
        exchange = await exchange_of(connection, worker_id)
        await exchange.run(connection, [], Appetite(1, 1, 0.0))
        await by_owner(database, f"select setval('qcexec.{sequence}', 1)")
        finding = the_only_wrong(await look(database.app_dsn))
    assert finding.check == "sequences"
    assert sequence in finding.words


async def test_a_maintenance_lock_that_nobody_holds_is_told(database: Database) -> None:
    async with well(database):
        pass
    finding = the_only_wrong(await look(database.app_dsn))
    assert finding.check == "maintenance"
    assert "Nobody holds the maintenance lock" in finding.words


async def test_a_holder_that_does_nothing_is_named(database: Database) -> None:
    async with well(database) as (connection, _):
        await connection.execute(
            "update qcexec.queue_stats set updated_at = now() - interval '90 s'"
        )
        finding = the_only_wrong(await look(database.app_dsn))
    assert finding.check == "maintenance"
    assert f"held by {APPLICATION}" in finding.words
    assert "1 min 30 s old: the holder does not do its work" in finding.words


async def test_a_lock_of_another_database_is_not_taken_for_this_one(
    database: Database, other_database: Database
) -> None:
    async with well(database):
        report = await look(other_database.app_dsn)
    assert "Nobody holds the maintenance lock" in the_only_wrong(report).words


async def test_leases_of_a_worker_without_a_row_are_told(database: Database) -> None:
    async with well(database) as (connection, worker_id):
        await register(connection, identity(uuid4(), 1), RetryPolicy())
        await connection.execute("delete from qcexec.worker where worker_id = $1", worker_id)
        finding = the_only_wrong(await look(database.app_dsn))
    assert finding.check == "leases"
    assert "1 lease of 1 worker without a row" in finding.words
    assert f"worker {worker_id}: 1 lease" in finding.details[0]


async def test_a_scheduled_task_that_nobody_moves_is_told(database: Database) -> None:
    async with well(database) as (connection, _):
        await connection.execute(
            "with gone as (delete from qcexec.ready where seq = (select max(seq) from qcexec.ready)"
            " returning *) insert into qcexec.scheduled select now() - interval '90 s', task_id,"
            " queue_id, priority, lane, attempt, delivery, cost, bytes from gone"
        )
        finding = the_only_wrong(await look(database.app_dsn))
    assert finding.check == "scheduled"
    assert "1 scheduled task should be ready by now, the first since 1 min 30 s" in finding.words


async def test_a_queue_that_no_pool_serves_is_named(database: Database) -> None:
    async with well(database) as (connection, _):
        await connection.execute("delete from qcexec.pool")
        finding = the_only_wrong(await look(database.app_dsn))
    assert finding.check == "pools"
    assert finding.details[0].startswith("queue default: the oldest has waited for ")


async def test_a_queue_whose_workers_all_drain_is_named(database: Database) -> None:
    async with well(database) as (connection, worker_id):
        await ask_drain(connection, [worker_id])
        report = await look(database.app_dsn)
    (finding,) = (each for each in report.findings if each.check == "claims")
    # The tasks are young: another worker may be starting.
    assert (finding.status, report.exit_code) == (Status.NOTE, 0)
    assert finding.details[0].endswith("1 worker, asked to drain")


async def test_a_task_that_waits_too_long_is_told_with_its_queue(database: Database) -> None:
    async with well(database):
        finding = the_only_wrong(await look(database.app_dsn, longest_wait=1e-6))
    assert finding.check == "oldest"
    assert "in queue default: more than" in finding.words


async def test_a_worker_whose_heartbeat_stopped_is_named_by_pod_and_node(
    database: Database,
) -> None:
    async with well(database) as (connection, worker_id):
        await connection.execute(
            "update qcexec.worker set heartbeat_at = now() - interval '1 d', pod = 'p', node = 'n'"
        )
        # Its silence is counted from PostgreSQL's start at the earliest.
        report = await check(
            database.app_dsn, Expectations(lease_seconds=1e-3), invariant_seconds=60.0
        )
    finding = the_only_wrong(report)
    assert finding.check == "workers"
    assert finding.details[0].startswith(
        f"worker {worker_id} of queue default in pod p on node n: silent for "
    )


@pytest.fixture
def standby(own_postgres: PostgresServer) -> Database:
    """A migrated database whose server replays another's changes from now on, and takes none."""
    database = Databases(own_postgres).create()
    own_postgres.stop()
    (own_postgres._folder.data / "standby.signal").touch()
    own_postgres.start()
    return database


async def test_a_standby_is_told_as_one(standby: Database) -> None:
    report = await look(standby.app_dsn)
    wrong = {each.check: each.words for each in report.findings if each.status is Status.WRONG}
    assert "PostgreSQL is a standby" in wrong["server"]
    assert set(wrong) == {"server", "maintenance"}


async def test_its_session_can_write_nothing(database: Database) -> None:
    async with reading(database.app_dsn, "test") as connection:
        with pytest.raises(DatabaseUnavailable, match="read-only transaction"):
            async with answers(connection):
                await connection.execute("delete from qcexec.queue_stats")


async def test_it_gives_up_on_a_locked_table_and_holds_up_nobody(database: Database) -> None:
    async with plain(database.owner_dsn) as owner, owner.transaction():
        await owner.execute("lock table qcexec.ready in access exclusive mode")
        with pytest.raises(DatabaseUnavailable, match="lock timeout"):
            await look(database.app_dsn)


def run(
    dsn: str | None, *arguments: str, folder: Path, **variables: str
) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": os.environ["PATH"], **variables}
    if dsn is not None:
        environment["QCEXEC_DATABASE_URL"] = dsn
    return subprocess.run(
        [sys.executable, "-m", "qcexec_admin", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


async def test_the_command_says_all_is_well_with_exit_code_0(
    database: Database, tmp_path: Path
) -> None:
    async with well(database):
        ended = await asyncio.to_thread(run, database.app_dsn, "check", folder=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.endswith("\nAll is well.\n")


async def test_the_command_tells_what_is_wrong_with_exit_code_1_to_machines_too(
    database: Database, tmp_path: Path
) -> None:
    async with well(database) as (connection, _):
        await connection.execute("delete from qcexec.pool")
        ended = await asyncio.to_thread(run, database.app_dsn, "check", "--json", folder=tmp_path)
    assert (ended.returncode, ended.stderr) == (1, "")
    told = json.loads(ended.stdout)
    assert told["well"] is False
    assert [each["check"] for each in told["findings"] if each["status"] == "wrong"] == ["pools"]


@pytest.mark.parametrize(
    "arguments", [(), ("chek",), ("check", "--longest-wait", "-1"), ("check", "--what")]
)
def test_a_wrong_option_has_exit_code_2(arguments: tuple[str, ...], tmp_path: Path) -> None:
    ended = run("postgresql://127.0.0.1:1/x", *arguments, folder=tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")


@pytest.mark.parametrize("dsn", [None, "mysql://secret@127.0.0.1/x"])
def test_a_variable_that_is_not_usable_has_exit_code_2(dsn: str | None, tmp_path: Path) -> None:
    ended = run(dsn, "check", folder=tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "QCEXEC_DATABASE_URL" in ended.stderr
    assert "secret" not in ended.stderr


@pytest.mark.parametrize("arguments", [("check",), ("check", "--json"), ("top", "--once")])
def test_a_database_that_is_away_has_exit_code_3(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    ended = run(f"postgresql://x@127.0.0.1:{free_port()}/x", *arguments, folder=tmp_path)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith("qcexec-admin: PostgreSQL does not answer: ")


def test_a_database_that_is_not_there_has_exit_code_3(database: Database, tmp_path: Path) -> None:
    dsn = database.app_dsn.replace(database.name, "no_such_database")
    ended = run(dsn, "check", folder=tmp_path)
    assert ended.returncode == 3
    assert "no_such_database" in ended.stderr
