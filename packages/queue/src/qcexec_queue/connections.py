"""Connections to PostgreSQL and the settings that each purpose needs.

Small tables and stale statistics lead the planner to sequential scans and hash
joins, which are slow the moment the queue grows. So the services' connections
forbid them, and plan each statement once, for any parameters: planning a look-up
for its very id would lock fewer partitions, and takes longer than it saves. They
forbid bitmap scans, too: those leave dead entries in an index, which a plain scan
marks as it passes, and the leases of a busy worker leave many.

TCP keepalive is asked of the server, so that it notices clients that are gone;
that a server is gone is noticed by the deadline that every statement here has.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import Enum
from typing import TYPE_CHECKING

import asyncpg

from qcexec_queue.errors import DatabaseUnavailable

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
else:
    Pool = asyncpg.Pool
    Connection = asyncpg.Connection

CONNECT_TIMEOUT_SECONDS = 10.0
ACQUIRE_TIMEOUT_SECONDS = 5.0
STATEMENT_TIMEOUT_SECONDS = 10.0


class Role(Enum):
    """What a connection is for."""

    SERVICE = "service"
    """The hot path: submissions, look-ups, claims, completions, heartbeats, maintenance."""

    OWNER = "owner"
    """Migrations."""


TRANSIENT_ERRORS = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.ObjectNotInPrerequisiteStateError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
"""What a statement raises when PostgreSQL is away, restarting, failing over or full."""

DATA_ERRORS = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
)
"""What a statement raises for the data that it was given."""


def session_settings(role: Role, application: str) -> dict[str, str]:
    """The server settings of a connection; ``application`` shows in pg_stat_activity."""
    settings = {
        "application_name": application,
        "search_path": "pg_catalog",
        "jit": "off",
        "tcp_keepalives_idle": "30",
        "tcp_keepalives_interval": "10",
        "tcp_keepalives_count": "3",
    }
    if role is Role.OWNER:
        return settings
    settings |= {
        "statement_timeout": str(int(STATEMENT_TIMEOUT_SECONDS * 1000)),
        "idle_in_transaction_session_timeout": str(int(STATEMENT_TIMEOUT_SECONDS * 1000)),
        "enable_seqscan": "off",
        "enable_bitmapscan": "off",
        "enable_hashjoin": "off",
        "enable_mergejoin": "off",
        "plan_cache_mode": "force_generic_plan",
    }
    return settings


async def connect(dsn: str, *, role: Role, application: str) -> Connection:
    """A connection of its own. Raises DatabaseUnavailable."""
    try:
        return await asyncpg.connect(
            dsn,
            timeout=CONNECT_TIMEOUT_SECONDS,
            command_timeout=None if role is Role.OWNER else STATEMENT_TIMEOUT_SECONDS,
            server_settings=session_settings(role, application),
        )
    except TRANSIENT_ERRORS as error:
        raise DatabaseUnavailable(describe(error)) from error
    except asyncpg.InvalidAuthorizationSpecificationError as error:
        raise DatabaseUnavailable(describe(error)) from error
    except asyncpg.InvalidCatalogNameError as error:
        raise DatabaseUnavailable(describe(error)) from error


async def open_pool(dsn: str, *, role: Role, minimum: int, maximum: int, application: str) -> Pool:
    """A pool. With ``minimum`` 0 it opens even while PostgreSQL is away."""
    return await asyncpg.create_pool(
        dsn,
        min_size=minimum,
        max_size=maximum,
        timeout=CONNECT_TIMEOUT_SECONDS,
        command_timeout=STATEMENT_TIMEOUT_SECONDS,
        max_inactive_connection_lifetime=300.0,
        # Nothing here leaves state behind in a session; asking for a reset is a round trip.
        reset=_keep_session,
        server_settings=session_settings(role, application),
    )


@asynccontextmanager
async def acquired(pool: Pool) -> AsyncIterator[Connection]:
    """A connection of the pool. Raises DatabaseUnavailable where none is to be had in time."""
    try:
        connection = await pool.acquire(timeout=ACQUIRE_TIMEOUT_SECONDS)
    except (*TRANSIENT_ERRORS, asyncpg.PostgresError) as error:
        raise DatabaseUnavailable(describe(error)) from error
    try:
        yield connection
    finally:
        try:
            await pool.release(connection)
        except TRANSIENT_ERRORS:
            # What was asked of the connection has its answer; the pool opens another one.
            cut_off(connection)


@asynccontextmanager
async def answered_within(connection: Connection, seconds: float) -> AsyncIterator[None]:
    """Runs statements on ``connection`` under a deadline.

    Past the deadline, or when the caller is cancelled, the connection is closed and
    a late answer is not taken, even if it was there before the deadline was noticed
    (this process may have been stopped meanwhile). Raises DatabaseUnavailable for
    whatever means that PostgreSQL is not there.
    """
    begun = time.monotonic()
    cut: asyncio.TimerHandle | None = None
    try:
        async with asyncio.timeout(seconds):
            # What is cancelled may have statements of its own to run, a rollback above all,
            # and on a silent connection those never end: its end is theirs.
            cut = asyncio.get_running_loop().call_later(seconds, cut_off, connection)
            yield
        if time.monotonic() - begun > seconds:
            raise TimeoutError
    except asyncio.CancelledError:
        cut_off(connection)
        raise
    except TimeoutError as error:
        cut_off(connection)
        raise DatabaseUnavailable(f"no answer within {seconds:g} s") from error
    except TRANSIENT_ERRORS as error:
        raise DatabaseUnavailable(describe(error)) from error
    finally:
        if cut is not None:
            cut.cancel()


def cut_off(connection: Connection) -> None:
    """Closes it at once. One that the server had ended may be back in its pool already."""
    with suppress(asyncpg.InterfaceError):
        connection.terminate()


async def _keep_session(connection: Connection) -> None:
    del connection


def describe(error: BaseException) -> str:
    """An error in one line, with its class, for logs; it holds no secret."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
