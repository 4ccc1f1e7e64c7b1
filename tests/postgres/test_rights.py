"""What the app role may do: change rows of its tables, and nothing else."""

from typing import Any

import asyncpg
import pytest

from qcexec_queue.connections import Connection
from support.databases import APP_ROLE, OWNER_ROLE, Database
from support.queue import plain, service, submit, tasks

REFUSED = (
    asyncpg.InsufficientPrivilegeError,
    asyncpg.InvalidSchemaNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
)

FORBIDDEN = [
    "update qcexec.task set payload = ''",
    "update qcexec.task set cost = 0",
    "delete from qcexec.task",
    "update qcexec.result set body = '{}'",
    "delete from qcexec.result",
    "update qcexec.attempt set counted = false",
    "delete from qcexec.attempt",
    "update qcexec.ready set task_id = qcexec.uuid7_floor(now())",
    "update qcexec.ready set seq = 0",
    "update qcexec.lease set epoch = 0",
    "update qcexec.queue set name = 'other'",
    "delete from qcexec.queue",
    "update qcexec.schema_version set version = 99",
    "insert into qcexec.setting (retention, partition_width) values ('1 s', '1 s')",
    "update qcexec.setting set retention = '1 second'",
    "delete from qcexec.partition_range",
    "update qcexec.partition_range set task_dropped = true",
    "truncate qcexec.ready",
    "truncate qcexec.task",
    "create table qcexec.mine (x integer)",
    "create table public.mine (x integer)",
    "create schema mine",
    "create function qcexec.mine() returns integer language sql return 1",
    "alter table qcexec.ready add column x integer",
    "drop table qcexec.ready",
    "drop function qcexec.retire_partition()",
    "alter function qcexec.retire_partition() reset all",
    "create index on qcexec.ready (task_id)",
    f"set role {OWNER_ROLE}",
    f"set session authorization {OWNER_ROLE}",
    "set role postgres",
    "create role mine",
    f"alter role {APP_ROLE} superuser",
    "create extension dblink",
    "select pg_read_file('/etc/passwd')",
    "copy qcexec.queue to program 'true'",
    "copy qcexec.queue to '/tmp/qcexec'",
    "select rolpassword from pg_authid",
    "select * from private.secret",
    "alter system set fsync = off",
    "select setval('qcexec.epoch_seq', 1)",
]


@pytest.mark.parametrize("sql", FORBIDDEN)
async def test_it_may_not(shared: Database, sql: str) -> None:
    async with plain(shared.app_dsn) as connection:
        with pytest.raises(REFUSED):
            await connection.execute(sql)


@pytest.fixture(scope="module")
def shared(databases: Any) -> Any:
    database = databases.create()
    yield database
    databases.drop(database)


@pytest.fixture(autouse=True)
async def _with_a_partition_and_a_secret(request: pytest.FixtureRequest) -> None:
    if "shared" not in request.fixturenames:
        return
    database: Database = request.getfixturevalue("shared")
    async with plain(database.admin_dsn) as admin:
        await admin.execute(
            "create schema if not exists private;"
            " create table if not exists private.secret (x integer)"
        )


async def test_it_may_not_touch_a_partition_behind_its_parent(database: Database) -> None:
    async with plain(database.app_dsn) as connection:
        suffix = await connection.fetchval("select suffix from qcexec.partition_range limit 1")
        for sql in ("select from {}", "delete from {}", "drop table {}", "truncate {}"):
            for parent in ("task", "result", "attempt"):
                with pytest.raises(REFUSED):
                    await connection.execute(sql.format(f"qcexec.{parent}_{suffix}"))
        with pytest.raises(REFUSED):
            await connection.execute(
                f"alter table qcexec.task detach partition qcexec.task_{suffix}"
            )


async def test_neither_role_is_a_superuser_or_may_become_one(database: Database) -> None:
    async with plain(database.admin_dsn) as admin:
        rows = await admin.fetch(
            """
            select rolname from pg_roles where rolname = any ($1)
              and (rolsuper or rolcreaterole or rolcreatedb or rolbypassrls or rolreplication)
            """,
            [APP_ROLE, OWNER_ROLE],
        )
        members = await admin.fetchval(
            "select count(*) from pg_auth_members where member = $1::regrole", APP_ROLE
        )
    assert (rows, members) == ([], 0)


async def test_nobody_else_may_call_what_the_owner_does_for_the_app_role(
    database: Database,
) -> None:
    async with plain(database.admin_dsn) as admin:
        rows = await admin.fetch(
            """
            select p.proname, array_agg(a.grantee::regrole::text order by 1) as grantees
            from pg_proc p
            cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
            where p.prosecdef and p.pronamespace = 'qcexec'::regnamespace
              and a.grantee <> p.proowner
            group by 1
            """
        )
        paths = await admin.fetch(
            """
            select proname, proconfig from pg_proc
            where prosecdef and pronamespace = 'qcexec'::regnamespace
            """
        )
    assert {row["proname"]: row["grantees"] for row in rows} == {
        "make_partitions": [APP_ROLE],
        "retire_partition": [APP_ROLE],
    }
    # Temporary objects, which anybody may make, come last.
    assert all("search_path=pg_catalog, pg_temp" in row["proconfig"] for row in paths)


async def shadow(connection: Connection) -> None:
    """What anybody may make in a session of their own, named like what the functions use."""
    await connection.execute("set search_path = pg_temp, pg_catalog")
    for name in ("partition_range", "setting", "ready", "lease", "pg_class", "task"):
        await connection.execute(
            f"create temporary table {name} (retention interval, partition_width interval,"
            " task_id uuid, lower_bound timestamptz, upper_bound timestamptz, suffix text)"
        )
    for function, returns in (
        ("now()", "timestamptz language sql return '2000-01-01'::timestamptz"),
        ("to_char(timestamp, text)", "text language sql return 'evil'"),
        ("format(text, text)", "text language sql return 'drop table qcexec.task'"),
        ("format(text, text, text)", "text language sql return 'drop table qcexec.task'"),
        ("pg_advisory_xact_lock(bigint)", "void language sql return null"),
    ):
        await connection.execute(f"create function pg_temp.{function} returns {returns}")
    await connection.execute(
        "create function pg_temp.always(timestamptz, timestamptz) returns boolean"
        " language sql return true"
    )
    await connection.execute(
        "create operator pg_temp.<= (leftarg = timestamptz, rightarg = timestamptz,"
        " procedure = pg_temp.always)"
    )


async def test_what_a_session_shadows_does_not_reach_the_owner_s_functions(
    database: Database,
) -> None:
    await submit(database.app_dsn, *tasks(1))
    async with plain(database.app_dsn) as connection, plain(database.owner_dsn) as owner:
        before = await owner.fetch("select * from qcexec.partition_range order by 1")
        await shadow(connection)
        assert await connection.fetchval("select qcexec.retire_partition()") == "idle"
        assert await connection.fetchval("select qcexec.make_partitions()") == 0
        assert await owner.fetch("select * from qcexec.partition_range order by 1") == before
        assert await owner.fetchval("select count(*) from qcexec.task") == 1


async def test_its_own_statements_work_with_the_search_path_that_services_have(
    database: Database,
) -> None:
    async with service(database.app_dsn) as connection:
        assert await connection.fetchval("show search_path") == "pg_catalog"
        assert await connection.fetchval("select qcexec.make_partitions()") == 0
        assert await connection.fetchval("select qcexec.retire_partition()") == "idle"
