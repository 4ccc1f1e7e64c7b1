"""Bringing the schema: once, whoever asks and how often, and never under a release that runs."""

import asyncio
import json
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import pytest

from qcexec_queue.errors import DatabaseUnavailable, MigrationRefused, SchemaMismatch
from qcexec_queue.migrate import migrate
from qcexec_queue.migrations import Migration, shipped
from qcexec_queue.schema import check_schema
from qcexec_queue.tasks import Completion
from support.databases import APP_ROLE, Database
from support.queue import (
    EVERYTHING,
    completions,
    count,
    exchange_of,
    holds,
    plain,
    service,
    submit,
    submitting,
    tasks,
    waiting_for_locks,
)
from support.waiting import wait_until

SHIPPED = [f"{each.version:04d}_{each.name}" for each in shipped()]
NEXT = len(SHIPPED) + 1
EXPANDED = f"{NEXT:04d}_expand"
EXPAND = """
alter table qcexec.task add column note text;
alter table qcexec.ready add column note text;
alter table qcexec.scheduled add column note text;
alter table qcexec.lease add column note text;
alter table qcexec.result add column note text;
alter table qcexec.worker add column note text;
"""


def expanded(min_compatible: int = 1) -> list[Migration]:
    """What a later release might ship: one migration more."""
    return [*shipped(), Migration(NEXT, "expand", min_compatible, EXPAND)]


async def bring(
    database: Database, migrations: list[Migration] | None = None, *, offline: bool = False
) -> list[str]:
    return await migrate(
        database.owner_dsn, app_role=APP_ROLE, migrations=migrations, offline=offline
    )


async def version(database: Database) -> tuple[int, int]:
    async with plain(database.owner_dsn) as owner:
        row = await owner.fetchrow("select version, min_compatible from qcexec.schema_version")
    assert row is not None
    return row["version"], row["min_compatible"]


async def test_an_empty_database_is_brought_to_this_release_and_then_left_alone(
    empty_database: Database,
) -> None:
    assert await bring(empty_database) == SHIPPED
    assert await bring(empty_database) == []
    async with service(empty_database.app_dsn) as connection:
        await check_schema(connection)
    await submit(empty_database.app_dsn, *tasks(1))


async def test_several_processes_at_once_bring_it_once(empty_database: Database) -> None:
    environment = {
        "QCEXEC_MIGRATION_DATABASE_URL": empty_database.owner_dsn,
        "QCEXEC_DATABASE_URL": empty_database.app_dsn,
    }
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "qcexec_queue.migrate"),
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        for _ in range(3)
    ]
    outputs = [(await each.communicate())[0] for each in processes]
    assert [each.returncode for each in processes] == [0, 0, 0], outputs
    assert sum(json.loads(each)["applied"] == SHIPPED for each in outputs) == 1
    assert sum(json.loads(each)["applied"] == [] for each in outputs) == 2
    await submit(empty_database.app_dsn, *tasks(1))


async def test_the_command_waits_for_a_database_that_is_yet_to_come(
    empty_database: Database,
) -> None:
    late = f"{empty_database.name}_late"
    parts = urlsplit(empty_database.owner_dsn)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "qcexec_queue.migrate", "--wait", "60"),
        env={"QCEXEC_MIGRATION_DATABASE_URL": urlunsplit(parts._replace(path=f"/{late}"))},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert json.loads(await process.stdout.readline())["event"] == "waiting_for_database"
    async with plain(empty_database.admin_dsn) as superuser:
        try:
            await superuser.execute(f"create database {late} owner {parts.username}")
            rest, _ = await process.communicate()
            assert process.returncode == 0
            assert json.loads(rest.splitlines()[-1])["applied"] == SHIPPED
        finally:
            await superuser.execute(f"drop database {late} with (force)")


async def test_the_command_waits_no_longer_than_it_was_told(empty_database: Database) -> None:
    parts = urlsplit(empty_database.owner_dsn)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "qcexec_queue.migrate", "--wait", "0.1"),
        env={"QCEXEC_MIGRATION_DATABASE_URL": urlunsplit(parts._replace(path="/nowhere"))},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode == 1
    assert json.loads(output.splitlines()[-1])["code"] == "database_unavailable"


async def test_concurrent_calls_apply_each_migration_once(empty_database: Database) -> None:
    applied = await asyncio.gather(*(bring(empty_database, expanded()) for _ in range(4)))
    assert sorted(len(each) for each in applied) == [0, 0, 0, NEXT]


async def test_on_a_newer_schema_that_serves_it_a_release_starts_and_changes_nothing(
    database: Database,
) -> None:
    await bring(database, expanded())
    assert await version(database) == (NEXT, 1)
    async with plain(database.owner_dsn) as owner:
        before = await owner.fetchrow("select * from qcexec.setting")
        assert await migrate(database.owner_dsn, app_role=APP_ROLE, retention_days=1) == []
        assert await owner.fetchrow("select * from qcexec.setting") == before
    async with service(database.app_dsn) as connection:
        await check_schema(connection)


async def test_on_a_newer_schema_that_no_longer_serves_it_a_release_says_so(
    database: Database,
) -> None:
    await bring(database, expanded(NEXT), offline=True)
    async with service(database.app_dsn) as connection:
        with pytest.raises(SchemaMismatch, match=f"serves releases from {NEXT} on"):
            await check_schema(connection)
    with pytest.raises(MigrationRefused, match=f"serves releases from {NEXT} on"):
        await bring(database)


async def test_what_ends_the_compatibility_with_the_found_schema_is_refused_unless_offline(
    database: Database,
) -> None:
    with pytest.raises(MigrationRefused, match="--offline"):
        await bring(database, expanded(NEXT))
    assert await version(database) == (NEXT - 1, 1)
    assert await bring(database, expanded(NEXT), offline=True) == [EXPANDED]
    assert await version(database) == (NEXT, NEXT)


async def test_an_empty_database_takes_any_history(empty_database: Database) -> None:
    assert len(await bring(empty_database, expanded(NEXT))) == NEXT


async def test_a_release_that_is_newer_than_the_schema_does_not_start(database: Database) -> None:
    async with service(database.app_dsn) as connection:
        with pytest.raises(SchemaMismatch, match=f"has version {NEXT - 1}"):
            await check_schema(connection, release=NEXT)


async def test_without_a_schema_a_release_does_not_start(empty_database: Database) -> None:
    async with service(empty_database.app_dsn) as connection:
        with pytest.raises(SchemaMismatch, match="migrate"):
            await check_schema(connection)


async def test_without_a_database_it_says_so() -> None:
    with pytest.raises(DatabaseUnavailable):
        await migrate("postgresql://owner@127.0.0.1:1/qcexec")


async def test_a_migration_that_fails_changes_nothing_and_can_be_tried_again(
    database: Database,
) -> None:
    broken = Migration(
        NEXT, "broken", 1, "alter table qcexec.task add column note text; select 1/0"
    )
    with pytest.raises(Exception, match="division by zero"):
        await bring(database, [*shipped(), broken])
    assert await version(database) == (NEXT - 1, 1)
    assert await bring(database, expanded()) == [EXPANDED]


async def test_a_migration_gives_way_to_a_dump_and_comes_after_it(database: Database) -> None:
    async with plain(database.owner_dsn) as dump, service(database.app_dsn) as connection:
        await submit(database.app_dsn, *tasks(1))
        exchange = await exchange_of(connection)
        async with dump.transaction():
            await dump.execute("lock table qcexec.task in access share mode")
            bringing = asyncio.create_task(bring(database, expanded()))
            await wait_until(lambda: waiting_for_locks(dump), what="the migration waits")
            # Who comes behind it waits for a moment, not for the dump.
            assert len((await exchange.run(connection, [], EVERYTHING)).leases) == 1
            assert not bringing.done()
        assert await bringing == [EXPANDED]


async def test_the_previous_release_goes_on_while_the_next_schema_is_brought(
    database: Database,
) -> None:
    """Statements prepared before, on connections opened before, all through the migration."""
    accepted, completed = 0, 0
    migrated = asyncio.Event()

    async def submits() -> None:
        nonlocal accepted
        async with submitting(database.app_dsn) as submitter:
            for _ in rounds(migrated):
                accepted += len(await submitter.enqueue_many(tasks(20)))

    async def works() -> None:
        nonlocal completed
        async with service(database.app_dsn) as connection:
            exchange = await exchange_of(connection)
            ended: list[Completion] = []
            for _ in rounds(migrated):
                taken = await exchange.run(connection, ended, EVERYTHING)
                assert taken.lost == []
                completed += len(ended)
                ended = completions(taken.leases)
            await exchange.run(connection, ended, None)
            completed += len(ended)

    async def brings() -> None:
        await wait_until(lambda: completed > 0, what="the workers are at work")
        assert await bring(database, expanded()) == [EXPANDED]
        migrated.set()

    await asyncio.gather(submits(), works(), works(), brings())
    async with service(database.app_dsn) as connection:
        assert await count(connection, "result") == completed
        await holds(connection, task=accepted, lease=0, ready=accepted - completed)


def rounds(until: asyncio.Event) -> Iterator[int]:
    """Ten before, and ten after."""
    number, left = 0, 10
    while number < 10 or left > 0:
        yield number
        number += 1
        if until.is_set():
            left -= 1
