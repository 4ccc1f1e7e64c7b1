"""The standalone mode's database and its two roles, neither of which is a superuser.

Passwords are made anew at each start and kept nowhere: only the services are told them.
"""

import secrets
from dataclasses import dataclass, field

import asyncpg

from qcexec_standalone.postgres import PostgresServer

DATABASE = "qcexec"

_OWNER = "qcexec_owner"
_APP = "qcexec_app"


@dataclass(frozen=True, slots=True)
class DatabaseAccess:
    """The URLs of the database: for migrations, and for services."""

    owner_dsn: str = field(repr=False)
    app_dsn: str = field(repr=False)


async def ensure_database(server: PostgresServer) -> DatabaseAccess:
    """Make what is missing of database and roles, and give both roles new passwords."""
    passwords = {role: secrets.token_hex(16) for role in (_OWNER, _APP)}
    connection = await asyncpg.connect(server.admin_dsn())
    try:
        for role, password in passwords.items():
            known = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
            verb = "ALTER" if known else "CREATE"
            # Hexadecimal digits and names from above: nothing here needs quoting.
            await connection.execute(f"{verb} ROLE {role} LOGIN PASSWORD '{password}'")
        known = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE)
        if not known:
            await connection.execute(f"CREATE DATABASE {DATABASE} OWNER {_OWNER}")
    finally:
        await connection.close()
    return DatabaseAccess(
        owner_dsn=server.dsn(_OWNER, DATABASE, passwords[_OWNER]),
        app_dsn=server.dsn(_APP, DATABASE, passwords[_APP]),
    )
