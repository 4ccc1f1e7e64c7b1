"""Fresh databases on a real server: migrated once into a template, then copied for each test.

Two roles, neither a superuser: `qcexec_owner` owns the database and migrates it, `qcexec_app` is
what services connect as. A copy keeps what the template holds, rights on its tables included, but
not rights on the database as such.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import asyncpg

from qcexec_queue.migrate import migrate
from qcexec_standalone.postgres import SUPERUSER, PostgresServer

OWNER_ROLE = "qcexec_owner"
APP_ROLE = "qcexec_app"

TEST_SERVER_SETTINGS = {
    # Nothing here outlives the test run: a lost power supply may take it.
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_wal_size": "2GB",
    "log_min_messages": "warning",
}

_TEMPLATE = "qcexec_template"


@dataclass(frozen=True, slots=True)
class Database:
    """A database and the URLs to it: as its owner, as a service, and as the superuser."""

    name: str
    owner_dsn: str
    app_dsn: str
    admin_dsn: str


class Databases:
    """Makes and drops databases on one running server."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._numbers = itertools.count(1)
        self._has_roles = False
        self._has_template = False

    def create(self, *, migrated: bool = True) -> Database:
        """A database that nobody has used: with the schema, or empty."""
        self._ensure_roles()
        name = f"qcexec_{next(self._numbers)}"
        if migrated:
            self._ensure_template()
            self._execute(f"CREATE DATABASE {name} OWNER {OWNER_ROLE} TEMPLATE {_TEMPLATE}")
        else:
            self._execute(f"CREATE DATABASE {name} OWNER {OWNER_ROLE}")
        return self._describe(name)

    def drop(self, database: Database) -> None:
        """Drop it, ending the sessions that are still on it."""
        self._execute(f"DROP DATABASE {database.name} WITH (FORCE)")

    def _describe(self, name: str) -> Database:
        return Database(
            name=name,
            owner_dsn=self._server.dsn(OWNER_ROLE, name),
            app_dsn=self._server.dsn(APP_ROLE, name),
            admin_dsn=self._server.dsn(SUPERUSER, name),
        )

    def _ensure_roles(self) -> None:
        if not self._has_roles:
            self._execute(f"CREATE ROLE {OWNER_ROLE} LOGIN", f"CREATE ROLE {APP_ROLE} LOGIN")
            self._has_roles = True

    def _ensure_template(self) -> None:
        if not self._has_template:
            self._execute(f"CREATE DATABASE {_TEMPLATE} OWNER {OWNER_ROLE}")
            owner_dsn = self._describe(_TEMPLATE).owner_dsn
            _run(lambda: migrate(owner_dsn, app_role=APP_ROLE, retention_days=30))
            self._has_template = True

    def _execute(self, *statements: str) -> None:
        async def execute() -> None:
            connection = await asyncpg.connect(self._server.admin_dsn())
            try:
                for statement in statements:
                    await connection.execute(statement)
            finally:
                await connection.close()

        _run(execute)


def _run(work: Callable[[], Awaitable[object]]) -> None:
    """Run `work` on a loop of its own, leaving the test's current event loop as it is."""

    async def run() -> None:
        await work()

    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(run())
