"""Files of the chart that are made from something else, beside what their source would make."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path


def difference(made: Mapping[Path, str], source: str) -> str:
    """What writing `made` would change, as a unified diff; a file that is not there is empty.

    `source` names what the files are made from.
    """
    changes: list[str] = []
    for path, content in made.items():
        found = path.read_text(encoding="utf-8") if path.exists() else ""
        changes += difflib.unified_diff(
            found.splitlines(keepends=True),
            content.splitlines(keepends=True),
            str(path),
            f"{path} as {source} has it",
        )
    return "".join(changes)
