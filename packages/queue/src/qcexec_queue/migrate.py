"""Brings a database's schema to this release: ``python -m qcexec_queue.migrate``.

Runs under an advisory lock, so that any number of processes may call it at
once; each migration is a transaction of its own that also writes the version. On
a newer schema that still serves this release it does nothing: that is what a
rolled-back release meets.

It connects as the owner of the schema (QCEXEC_MIGRATION_DATABASE_URL, else
QCEXEC_DATABASE_URL). Where the two name different users, the latter's user is
the app role, and is granted what it needs and no more.

With ``--wait`` it tries again while PostgreSQL is not there, as where both are
started at once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg

from qcexec_queue.connections import TRANSIENT_ERRORS, Connection, Role, connect, describe
from qcexec_queue.errors import DatabaseUnavailable, MigrationRefused, QueueError
from qcexec_queue.migrations import Migration, SchemaVersion, pending, release_version, shipped
from qcexec_queue.statements import statement

LOCK_NAME = "qcexec.migrate"
DEFAULT_RETENTION_DAYS = 30.0
_SECONDS_A_DAY = 86400.0
_LOCK_TIMEOUT_MILLISECONDS = 300
_PAUSE_SECONDS = 1.0
_TRIES = 100
_WIDTHS_A_RETENTION = 30 / 7
"""A partition is a week wide where results are kept for 30 days: about eight exist."""


async def migrate(
    owner_dsn: str,
    *,
    app_role: str | None = None,
    retention_days: float = DEFAULT_RETENTION_DAYS,
    offline: bool = False,
    migrations: list[Migration] | None = None,
) -> list[str]:
    """Applies what is pending; gives the names of what was applied.

    Raises MigrationRefused or DatabaseUnavailable.
    """
    known = shipped() if migrations is None else migrations
    connection = await connect(owner_dsn, role=Role.OWNER, application="qcexec migrate")
    try:
        await connection.execute("select pg_advisory_lock(hashtextextended($1, 0))", LOCK_NAME)
        return await _migrate(connection, known, app_role, retention_days, offline=offline)
    except TRANSIENT_ERRORS as error:
        raise DatabaseUnavailable(describe(error)) from error
    finally:
        await connection.close()


async def _migrate(
    connection: Connection,
    migrations: list[Migration],
    app_role: str | None,
    retention_days: float,
    *,
    offline: bool,
) -> list[str]:
    found = await _found(connection)
    plan = pending(found, migrations, offline=offline)
    if isinstance(plan, str):
        raise MigrationRefused(plan)
    if found is not None and found.version > release_version(migrations):
        return []
    if found is None:
        await connection.execute(statement("bootstrap"))
    for migration in plan:
        await _apply(connection, migration)
    async with connection.transaction():
        if app_role is not None:
            await connection.execute("select set_config('qcexec.app_role', $1, true)", app_role)
            await connection.execute(statement("grants"))
        retention = retention_days * _SECONDS_A_DAY
        await connection.execute(
            statement("write_setting"), retention, retention / _WIDTHS_A_RETENTION
        )
        await connection.execute("select qcexec.make_partitions()")
    return [f"{migration.version:04d}_{migration.name}" for migration in plan]


async def _apply(connection: Connection, migration: Migration) -> None:
    """One migration in one transaction, giving way to those who use the tables.

    Services wait behind the locks that it waits for. It gives up well before
    PostgreSQL looks for deadlocks, so that it is never a service that loses one.
    """
    for tries_left in reversed(range(_TRIES)):
        try:
            async with connection.transaction():
                await connection.execute(f"set local lock_timeout = {_LOCK_TIMEOUT_MILLISECONDS}")
                await connection.execute(migration.sql)
                await connection.execute(
                    statement("write_version"), migration.version, migration.min_compatible
                )
        except asyncpg.LockNotAvailableError:
            if not tries_left:
                raise
            await asyncio.sleep(_PAUSE_SECONDS * random.random())  # noqa: S311 - spreads the tries
        else:
            return


async def _found(connection: Connection) -> SchemaVersion | None:
    if await connection.fetchval("select to_regclass('qcexec.schema_version')") is None:
        return None
    row = await connection.fetchrow(statement("schema_version"))
    return None if row is None else SchemaVersion(row["version"], row["min_compatible"])


async def _once_there(
    attempt: Callable[[], Awaitable[list[str]]], wait_seconds: float
) -> list[str]:
    """What ``attempt`` gives, tried again for ``wait_seconds`` while PostgreSQL is not there."""
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            return await attempt()
        except DatabaseUnavailable as error:
            if time.monotonic() >= deadline:
                raise
            _say(event="waiting_for_database", code=error.code, message=str(error))
            await asyncio.sleep(_PAUSE_SECONDS)


def app_role(owner_url: str, app_url: str) -> str | None:
    """The user of ``app_url`` where it is another than that of ``owner_url``.

    >>> app_role("postgresql://owner@db/qcexec", "postgresql://app@db/qcexec")
    'app'
    """
    app = _user(app_url)
    return app if app != _user(owner_url) else None


def _user(url: str) -> str | None:
    """Whom the driver connects as: the user before the host, else among the parameters."""
    parts = urlsplit(url)
    if parts.username:
        return unquote(parts.username)
    named = parse_qs(parts.query).get("user")
    return named[-1] if named else None


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """The command. Prints one JSON line; exit code 0, 1 (refused or failed) or 2 (usage)."""
    parser = argparse.ArgumentParser(prog="python -m qcexec_queue.migrate", description=__doc__)
    parser.add_argument(
        "--offline",
        action="store_true",
        help="nothing runs: a migration may end the compatibility with the release before",
    )
    parser.add_argument(
        "--wait",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="how long to try again while PostgreSQL is not there",
    )
    options = parser.parse_args(arguments)
    app_url = environment.get("QCEXEC_DATABASE_URL", "")
    owner_url = environment.get("QCEXEC_MIGRATION_DATABASE_URL") or app_url
    if not owner_url:
        parser.error("set QCEXEC_MIGRATION_DATABASE_URL or QCEXEC_DATABASE_URL")
    try:
        retention_days = float(environment.get("QCEXEC_RETENTION_DAYS") or DEFAULT_RETENTION_DAYS)
    except ValueError:
        parser.error("QCEXEC_RETENTION_DAYS is not a number")
    if not 0 < retention_days <= 36500:
        parser.error("QCEXEC_RETENTION_DAYS is to be between 0 and 36500")
    try:
        applied = asyncio.run(
            _once_there(
                partial(
                    migrate,
                    owner_url,
                    app_role=app_role(owner_url, app_url) if app_url else None,
                    retention_days=retention_days,
                    offline=options.offline,
                ),
                options.wait,
            )
        )
    except QueueError as error:
        _say(event="migration_failed", code=error.code, message=str(error))
        return 1
    except (asyncpg.PostgresError, ValueError) as error:
        _say(event="migration_failed", code="migration_error", message=describe(error))
        return 1
    _say(event="migrated", applied=applied, version=release_version())
    return 0


def _say(**fields: object) -> None:
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
