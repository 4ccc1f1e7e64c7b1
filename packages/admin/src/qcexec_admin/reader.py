"""A session that reads and can do nothing else.

It could not write by mistake, gives up on a statement after seconds, and waits for
a lock no longer than one: behind a waiting migration it would hold up all others.
Where the way to the server is cut, the server notices and ends what it was asked.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from qcexec_queue.connections import Connection, Role, answered_within, connect, describe
from qcexec_queue.errors import DatabaseUnavailable

STATEMENT_SECONDS = 5.0
LOCK_SECONDS = 1.0
_ANSWER_SECONDS = STATEMENT_SECONDS + 1.0
"""The server gives up first, and says so."""

_READ_ONLY = f"""
set default_transaction_read_only = on;
set statement_timeout = {int(STATEMENT_SECONDS * 1000)};
set lock_timeout = {int(LOCK_SECONDS * 1000)};
set client_connection_check_interval = 1000;
"""


async def open_reader(dsn: str, application: str) -> Connection:
    """Such a session; ``application`` shows in pg_stat_activity. Raises DatabaseUnavailable."""
    try:
        connection = await connect(dsn, role=Role.SERVICE, application=application)
    except asyncpg.PostgresError as error:
        raise DatabaseUnavailable(describe(error)) from error
    try:
        async with answers(connection):
            await connection.execute(_READ_ONLY)
    except DatabaseUnavailable:
        connection.terminate()
        raise
    return connection


@asynccontextmanager
async def reading(dsn: str, application: str) -> AsyncIterator[Connection]:
    """Such a session, ended afterwards. Raises DatabaseUnavailable."""
    connection = await open_reader(dsn, application)
    try:
        yield connection
    finally:
        connection.terminate()


@asynccontextmanager
async def answers(connection: Connection, seconds: float = _ANSWER_SECONDS) -> AsyncIterator[None]:
    """Reads under a deadline. Raises DatabaseUnavailable for whatever PostgreSQL says instead."""
    try:
        async with answered_within(connection, seconds):
            yield
    except asyncpg.PostgresError as error:
        raise DatabaseUnavailable(describe(error)) from error
