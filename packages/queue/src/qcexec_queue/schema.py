"""Does the database's schema fit this release?"""

from __future__ import annotations

import asyncpg

from qcexec_queue.connections import TRANSIENT_ERRORS, Connection, Pool, describe
from qcexec_queue.errors import DatabaseUnavailable, SchemaMismatch
from qcexec_queue.migrations import SchemaVersion, release_version
from qcexec_queue.statements import statement


async def check_schema(source: Pool | Connection, *, release: int | None = None) -> None:
    """Returns when it fits. Raises SchemaMismatch or DatabaseUnavailable."""
    wanted = release_version() if release is None else release
    try:
        row = await source.fetchrow(statement("schema_version"))
    except (
        asyncpg.UndefinedTableError,
        asyncpg.InvalidSchemaNameError,
        asyncpg.InsufficientPrivilegeError,
    ) as error:
        raise SchemaMismatch(f"there is no schema; has migrate run? ({describe(error)})") from error
    except (*TRANSIENT_ERRORS, asyncpg.PostgresError) as error:
        raise DatabaseUnavailable(describe(error)) from error
    if row is None:
        raise SchemaMismatch("the schema is not complete; has migrate run?")
    found = SchemaVersion(row["version"], row["min_compatible"])
    if not found.serves(wanted):
        raise SchemaMismatch(
            f"the schema has version {found.version} and serves releases from "
            f"{found.min_compatible} on; this one needs {wanted}"
        )
