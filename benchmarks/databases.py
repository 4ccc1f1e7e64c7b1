"""One PostgreSQL server for everything that is compared, and a fresh database for each run.

The server is durable (fsync and synchronous_commit on), with room for WAL so that no checkpoint
falls into a run. Each system's schema is installed once, into a template; every run gets a copy,
so that no run meets what another left. Dropping the copy makes PostgreSQL write a checkpoint, and
the copy's own pages are logged: that keeps full-page images out of the figures of WAL.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import asyncpg

SERVER_SETTINGS: Mapping[str, str] = {
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_buffers": "1GB",
    "max_connections": "200",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "1h",
    "autovacuum_naptime": "10s",
}
"""The same for all. Autovacuum looks more often than by default, for runs are short."""


class Databases:
    """Makes templates and copies of them on the server that `url_of` gives the URLs of."""

    def __init__(self, url_of: Callable[[str], str]) -> None:
        self._url_of = url_of

    async def create_template(self, system: str) -> str:
        """Make an empty database for a system's schema; give its URL."""
        await self._administer(
            f"drop database if exists {_template(system)}",
            f"create database {_template(system)} encoding 'UTF8' template template0",
        )
        return self._url_of(_template(system))

    @asynccontextmanager
    async def copy(self, system: str) -> AsyncIterator[str]:
        """Give the URL of a fresh copy of a system's template; drop it in the end."""
        name = f"{_template(system)}_run"
        await self._administer(
            f"drop database if exists {name} with (force)",
            f"create database {name} template {_template(system)}",
        )
        try:
            yield self._url_of(name)
        finally:
            await self._administer(f"drop database if exists {name} with (force)")

    async def wal_position(self) -> int:
        """Bytes of WAL that the server has ever written."""
        async with _connection(self._url_of("postgres")) as connection:
            position = await connection.fetchval(
                "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"
            )
        return int(position)

    async def analyze(self, url: str, *, vacuum: bool = False) -> None:
        """Refresh a database's statistics, where asked after a clean-up."""
        async with _connection(url) as connection:
            await connection.execute("vacuum analyze" if vacuum else "analyze")

    @asynccontextmanager
    async def held_snapshot(self, url: str) -> AsyncIterator[None]:
        """Keep a snapshot open, as a dump does: vacuum can remove nothing newer."""
        async with (
            _connection(url) as connection,
            connection.transaction(isolation="repeatable_read"),
        ):
            await connection.fetchval("select count(*) from pg_class")
            yield

    async def _administer(self, *statements: str) -> None:
        async with _connection(self._url_of("postgres")) as connection:
            for statement in statements:
                await connection.execute(statement)


@asynccontextmanager
async def _connection(url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(url, server_settings={"client_min_messages": "error"})
    try:
        yield connection
    finally:
        await connection.close()


def _template(system: str) -> str:
    return f"bench_{system}"
