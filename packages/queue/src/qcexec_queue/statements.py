"""Loads the package's SQL: one statement a file, named after what it does.

Statements are kept as files so that they can be read, explained and linted as
SQL. The driver prepares each once per connection and keeps the plan.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def statement(name: str) -> str:
    """The text of ``sql/<name>.sql``."""
    return (files("qcexec_queue") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
