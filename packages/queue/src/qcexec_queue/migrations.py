"""The numbered migrations that come with this release.

A migration is a file ``sql/migrations/NNNN_what_it_does.sql`` whose first line
says which releases the schema still serves after it:

    -- min_compatible: 3

A release starts when ``version`` of the database is at least its own and
``min_compatible`` at most its own. So a migration expands the schema in one
release, and a later release contracts it; see docs/operations.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files

_FILE = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_HEADER = re.compile(r"-- min_compatible: (\d+)\n")


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema, to ``version``."""

    version: int
    name: str
    min_compatible: int
    sql: str


@dataclass(frozen=True, slots=True)
class SchemaVersion:
    """What a database says of its schema."""

    version: int
    min_compatible: int

    def serves(self, release: int) -> bool:
        """Whether a release that was made for version ``release`` can work with it."""
        return self.version >= release and self.min_compatible <= release


def shipped() -> list[Migration]:
    """The migrations of this release, in order."""
    found = []
    for file in (files("qcexec_queue") / "sql" / "migrations").iterdir():
        named = _FILE.fullmatch(file.name)
        if named is None:
            continue
        sql = file.read_text(encoding="utf-8")
        header = _HEADER.match(sql)
        if header is None:
            raise ValueError(f"{file.name} does not begin with '-- min_compatible: N'")
        found.append(Migration(int(named[1]), named[2], int(header[1]), sql))
    return sorted(found, key=lambda migration: migration.version)


def release_version(migrations: list[Migration] | None = None) -> int:
    """The version of the schema that this release was made for."""
    return (migrations or shipped())[-1].version


def pending(
    found: SchemaVersion | None, migrations: list[Migration], *, offline: bool = False
) -> list[Migration] | str:
    """What to apply to a database at ``found`` (None: an empty one), or why not to.

    Nothing where the database is newer and still serves this release. A migration
    that ends the compatibility with the release that made the found schema is
    refused unless ``offline`` says that nothing runs: nobody skips the release
    between.
    """
    release = release_version(migrations)
    if found is None:
        return migrations
    if found.version > release:
        if found.serves(release):
            return []
        return (
            f"the schema (version {found.version}) serves releases from {found.min_compatible} on; "
            f"this one was made for {release}"
        )
    ahead = [migration for migration in migrations if migration.version > found.version]
    for migration in ahead:
        if migration.min_compatible > found.version and not offline:
            return (
                f"migration {migration.version} ({migration.name}) ends the compatibility with "
                f"version {found.version}, which the database has: install the release between, "
                f"or stop every service and migrate with --offline"
            )
    return ahead
