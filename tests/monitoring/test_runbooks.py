"""What a runbook tells one to type works: here, its SQL."""

import re
from pathlib import Path

import asyncpg
import pytest

from monitoring.rules import ROOT
from support.databases import Database

_PAGES = sorted((ROOT / "docs/runbooks").glob("*.md"))
_IN_PSQL = re.compile(r"psql [^\n]*--command=(?:\"([^\"]+)\"|'([^']+)')")
_IN_PROSE = re.compile(r"`(select [^`]+)`")
_NOBODY = "00000000-0000-7000-8000-000000000000"


def _statements(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    found = [match[1] or match[2] for match in _IN_PSQL.finditer(text)]
    return found + _IN_PROSE.findall(text)


def test_statements_are_found() -> None:
    assert sum(len(_statements(page)) for page in _PAGES) > 15


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.stem)
async def test_statements_are_what_this_schema_takes(page: Path, database: Database) -> None:
    connection = await asyncpg.connect(database.admin_dsn)
    try:
        for statement in _statements(page):
            filled = re.sub(r"'(?:TASK|EXAMPLE)'", f"'{_NOBODY}'", statement)
            filled = filled.replace("(PID)", "(0)")
            # Read by the server, with all names looked up, and not carried out.
            await connection.prepare(filled)
    finally:
        await connection.close()
