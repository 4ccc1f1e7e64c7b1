"""Loads the package's SQL: one statement a file, named after what it reads."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def statement(name: str) -> str:
    """The text of ``sql/<name>.sql``."""
    return (files("qcexec_admin") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
