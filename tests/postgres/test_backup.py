"""The chart's backup script against a real server: what it dumps, it gives back whole."""

import asyncio
import os
import re
import subprocess
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from qcexec_queue.connections import Connection, Role, connect
from qcexec_queue.events import LeasesReturned
from qcexec_queue.maintenance import Maintenance, MaintenancePolicy
from qcexec_queue.migrations import release_version
from qcexec_queue.settlement import RetryPolicy
from qcexec_queue.states import Lane
from qcexec_queue.workers import register
from qcexec_standalone.binaries import find_binaries
from support.databases import APP_ROLE, Database
from support.queue import (
    EVERYTHING,
    Seen,
    completions,
    count,
    exchange_of,
    holds,
    identity,
    plain,
    queue_number,
    service,
    submit,
    tasks,
)
from support.waiting import wait_until

SCRIPT = Path(__file__).parents[2] / "charts/qcexec/files/backup/backup.sh"
SECONDS = 60.0

# All that a schema is, rows and sequences aside: a dump that loses one of these is no backup.
CATALOGUE = """
select 'relation', relname::text, relkind::text, relowner::regrole::text,
  (select array_agg(entry::text order by entry::text) from unnest(relacl) entry)::text,
  reloptions::text, pg_get_expr(relpartbound, oid), obj_description(oid, 'pg_class')
from pg_class where relnamespace = 'qcexec'::regnamespace and relkind <> 't'
union all
select 'column', attrelid::regclass::text, attname::text, format_type(atttypid, atttypmod),
  attacl::text, attidentity::text || attnotnull::text || attstorage::text,
  (select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = attrelid and adnum = attnum),
  col_description(attrelid, attnum)
from pg_attribute join pg_class c on c.oid = attrelid
where relnamespace = 'qcexec'::regnamespace and relkind in ('r', 'p') and attnum > 0
union all
select 'constraint', conrelid::regclass::text, conname::text, pg_get_constraintdef(oid),
  null, null, null, null
from pg_constraint where connamespace = 'qcexec'::regnamespace
union all
select 'index', indrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid::text,
  (select inhparent::regclass::text from pg_inherits where inhrelid = indexrelid), null, null, null
from pg_index join pg_class c on c.oid = indrelid where relnamespace = 'qcexec'::regnamespace
union all
select 'function', proname::text, pg_get_functiondef(oid), proowner::regrole::text,
  (select array_agg(entry::text order by entry::text) from unnest(proacl) entry)::text,
  prosecdef::text, proconfig::text, null
from pg_proc where pronamespace = 'qcexec'::regnamespace
union all
select 'schema', nspname::text, nspowner::regrole::text, nspacl::text, null, null, null, null
from pg_namespace where nspname = 'qcexec'
order by 1, 2, 3, 4
"""


class Backup:
    """The script, on a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(
        self, verb: str, dsn: str, *, wrapper: tuple[str, ...] = (), **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run it on a database, whatever the exit code."""
        url = urlsplit(dsn)
        programs = find_binaries().folder
        assert (programs / "pg_dump").exists(), f"{programs} has no pg_dump: install it there"
        return subprocess.run(
            [*wrapper, "bash", str(SCRIPT), verb],
            env={
                "PATH": f"{programs}:{os.environ['PATH']}",
                "PGHOST": str(url.hostname),
                "PGPORT": str(url.port),
                "PGDATABASE": url.path.removeprefix("/"),
                "PGUSER": str(url.username),
                "APP_ROLE": APP_ROLE,
                "BACKUP_FOLDER": str(self.folder),
                "BACKUP_KEEP": "2",
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def dump(self, dsn: str) -> Path:
        """A dump that succeeds; gives the file."""
        before = set(self.dumps())
        ended = self.run("dump", dsn)
        assert ended.returncode == 0, ended.stderr
        (made,) = set(self.dumps()) - before
        return made

    def restore(self, dsn: str) -> None:
        """A restore that succeeds."""
        ended = self.run("restore", dsn)
        assert ended.returncode == 0, ended.stderr

    def dumps(self) -> list[Path]:
        """The dumps, the oldest first."""
        return sorted(self.folder.glob("*.dump"))

    def older(self, second: int) -> Path:
        """A dump of long ago, whatever is in it."""
        file = self.folder / f"qcexec-20200101T0000{second:02d}Z.dump"
        file.write_bytes(b"old")
        return file


@pytest.fixture
def backup(tmp_path: Path) -> Backup:
    return Backup(tmp_path)


async def test_what_is_restored_is_what_was_dumped(database: Database, backup: Backup) -> None:
    await submit(database.app_dsn, *tasks(5))
    async with service(database.app_dsn) as connection:
        exchange = await exchange_of(connection)
        leases = (await exchange.run(connection, [], EVERYTHING)).leases
        await exchange.run(connection, completions(leases[:3]), EVERYTHING)
    async with plain(database.admin_dsn) as admin:
        catalogue, rows = await admin.fetch(CATALOGUE), await _rows(admin)
        epoch = await admin.fetchval("select last_value from qcexec.epoch_seq")
        assert len(catalogue) > 200
        backup.dump(database.owner_dsn)
        await admin.execute("drop schema qcexec cascade")
        backup.restore(database.owner_dsn)
        assert await admin.fetch(CATALOGUE) == catalogue
        assert await _rows(admin) == rows
        # No epoch is given out twice, not even those that the dump has not seen.
        assert await admin.fetchval("select last_value from qcexec.epoch_seq") > epoch + 2**40
        await holds(admin, task=5, result=3, lease=2)


async def test_an_older_dump_replaces_whatever_there_is_by_now(
    database: Database, backup: Backup
) -> None:
    await submit(database.app_dsn, *tasks(1))
    backup.dump(database.owner_dsn)
    await submit(database.app_dsn, *tasks(1))
    async with plain(database.owner_dsn) as owner:
        await owner.execute(
            "create table qcexec.later (x integer);"
            " alter table qcexec.task add column note text;"
            " create view qcexec.notes as select note from qcexec.task;"
            " update qcexec.setting set partition_width = '1 hour';"
            " select qcexec.make_partitions();"
            " update qcexec.schema_version set version = version + 1"
        )
    backup.restore(database.owner_dsn)
    async with plain(database.owner_dsn) as owner:
        assert await owner.fetchval("select to_regclass('qcexec.later')") is None
        assert (
            await owner.fetchval("select version from qcexec.schema_version") == release_version()
        )
        await holds(owner, task=1, ready=1)


async def test_a_new_database_whose_roles_exist_takes_a_dump(
    database: Database, empty_database: Database, backup: Backup
) -> None:
    await submit(database.app_dsn, *tasks(2))
    backup.dump(database.owner_dsn)
    backup.restore(empty_database.owner_dsn)
    await submit(empty_database.app_dsn, *tasks(1))
    async with plain(empty_database.app_dsn) as connection:
        await holds(connection, task=3, ready=3)
        assert await connection.fetchval("select qcexec.make_partitions()") == 0


async def test_what_ran_while_it_was_dumped_runs_again(database: Database, backup: Backup) -> None:
    worker_id = uuid4()
    async with service(database.app_dsn) as connection:
        number = await queue_number(connection)
        await register(connection, identity(worker_id, number), RetryPolicy())
        await submit(database.app_dsn, *tasks(3))
        exchange = await exchange_of(connection, worker_id)
        assert len((await exchange.run(connection, [], EVERYTHING)).leases) == 3
        backup.dump(database.owner_dsn)
    await _gone(database)
    backup.restore(database.owner_dsn)
    seen, stop = Seen(), asyncio.Event()
    policy = MaintenancePolicy(lease_seconds=0.6, lock_seconds=0.1)
    opener = partial(connect, database.app_dsn, role=Role.SERVICE, application="maintenance")
    running = asyncio.create_task(Maintenance(opener, seen, policy).run(stop))
    await wait_until(lambda: seen.of(LeasesReturned), what="the leases go back")
    stop.set()
    await running
    async with plain(database.app_dsn) as connection:
        await holds(connection, task=3, ready=3, lease=0)
        assert await count(connection, "ready", f"lane = {int(Lane.SUSPECT)} and attempt = 0") == 3


async def test_a_dump_that_is_broken_anywhere_restores_nothing(
    database: Database, backup: Backup
) -> None:
    await submit(database.app_dsn, *tasks(50))
    whole = backup.dump(database.owner_dsn)
    size = whole.stat().st_size
    for kept in (0, 10, size // 3, size // 2, size - 200):
        broken = backup.folder / "broken"
        broken.write_bytes(whole.read_bytes()[:kept])
        ended = backup.run("restore", database.owner_dsn, RESTORE_FILE=broken.name)
        assert ended.returncode == 1
        assert "the schema is as it was" in ended.stderr
        async with plain(database.owner_dsn) as owner:
            await holds(owner, task=50, ready=50)


async def test_a_reader_that_is_killed_between_two_statements_restores_nothing(
    database: Database, backup: Backup
) -> None:
    await submit(database.app_dsn, *tasks(5))
    backup.dump(database.owner_dsn)
    programs = backup.folder / "programs"
    programs.mkdir()
    reader = programs / "pg_restore"
    real = find_binaries().folder
    # The empty schema, and no word that the rest is missing.
    reader.write_text(f'#!/bin/sh\n{real}/pg_restore --section=pre-data "$@"\nkill -KILL $$\n')
    reader.chmod(0o755)
    path = f"{programs}:{real}:{os.environ['PATH']}"
    ended = backup.run("restore", database.owner_dsn, PATH=path)
    assert ended.returncode == 1
    assert "the schema is as it was" in ended.stderr
    async with plain(database.owner_dsn) as owner:
        await holds(owner, task=5, ready=5)


async def test_nothing_is_restored_while_api_or_workers_are_connected(
    database: Database, backup: Backup
) -> None:
    backup.dump(database.owner_dsn)
    await submit(database.app_dsn, *tasks(1))
    async with service(database.app_dsn) as connection:
        ended = backup.run("restore", database.owner_dsn)
        assert ended.returncode == 1
        assert "API or workers are connected" in ended.stderr
        assert await count(connection, "task") == 1


async def test_nothing_is_restored_while_somebody_reads_the_tables(
    database: Database, backup: Backup
) -> None:
    backup.dump(database.owner_dsn)
    async with plain(database.admin_dsn) as admin, admin.transaction():
        await admin.execute("select from qcexec.task")
        ended = backup.run("restore", database.owner_dsn)
    assert ended.returncode == 1
    assert "lock timeout" in ended.stderr


def test_the_newest_are_kept_and_what_was_killed_is_not(database: Database, backup: Backup) -> None:
    _, newer = backup.older(1), backup.older(2)
    others = [backup.folder / "lost+found", backup.folder / "notes.txt"]
    for other in others:
        other.touch()
    (backup.folder / "qcexec-20200101T000003Z.dump.partial").write_bytes(b"half")
    made = backup.dump(database.owner_dsn)
    assert backup.dumps() == [newer, made]
    assert re.fullmatch(r"qcexec-20\d{6}T\d{6}Z\.dump", made.name)
    assert list(backup.folder.glob("*.partial")) == []
    assert all(other.exists() for other in others)


def test_a_dump_that_cannot_be_written_costs_no_other(database: Database, backup: Backup) -> None:
    before = [backup.older(1), backup.older(2), backup.older(3)]
    full = ("bash", "-c", 'trap "" XFSZ; ulimit -f 1; exec "$@"', "-")
    ended = backup.run("dump", database.owner_dsn, wrapper=full)
    assert ended.returncode == 1
    assert "no dump was made; those of before are all there" in ended.stderr
    assert backup.dumps() == before
    assert list(backup.folder.glob("*.partial")) == []


def test_without_postgresql_it_says_so_and_costs_no_dump(
    database: Database, backup: Backup
) -> None:
    before = [backup.older(1), backup.older(2), backup.older(3)]
    for verb in ("dump", "restore"):
        ended = backup.run(verb, database.owner_dsn, PGPORT="1")
        assert ended.returncode == 1
        assert "PostgreSQL at 127.0.0.1 cannot be asked" in ended.stderr
    assert backup.dumps() == before


def test_two_at_once_do_not_get_in_each_others_way(database: Database, backup: Backup) -> None:
    alone = ("flock", str(backup.folder / ".lock"))
    ended = backup.run("dump", database.owner_dsn, wrapper=alone)
    assert ended.returncode == 1
    assert "another dump or restore uses the volume" in ended.stderr


def test_a_restore_of_what_is_not_there_says_what_is(database: Database, backup: Backup) -> None:
    ended = backup.run("restore", database.owner_dsn)
    assert "there is no dump to restore" in ended.stderr
    old = backup.older(1)
    ended = backup.run("restore", database.owner_dsn, RESTORE_FILE="other.dump")
    assert ended.returncode == 1
    assert "there is no dump other.dump" in ended.stderr
    assert old.name in ended.stdout


async def _rows(connection: Connection) -> dict[str, list[object]]:
    names = await connection.fetch(
        "select relname from pg_class"
        " where relnamespace = 'qcexec'::regnamespace and relkind in ('r', 'p')"
    )
    found: dict[str, list[object]] = {}
    for (name,) in names:
        table = f'qcexec."{name}"'
        sql = f"select each::text from {table} each order by 1"  # noqa: S608 - of tests alone
        found[name] = [row[0] for row in await connection.fetch(sql)]
    return found


async def _gone(database: Database) -> None:
    """Wait until no session of the app role is left."""
    async with plain(database.admin_dsn) as admin:

        async def gone() -> bool:
            await admin.execute("select pg_stat_clear_snapshot()")
            sql = (
                "select count(*) from pg_stat_activity"
                " where usename = $1 and datname = current_database()"
            )
            return bool(await admin.fetchval(sql, APP_ROLE) == 0)

        await wait_until(gone)
