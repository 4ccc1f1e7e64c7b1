"""The tables of a README: each value, what it is, and its default, by sections."""

import itertools
import json
from collections.abc import Sequence

from charts.values_reference.errors import MarkersMissing
from charts.values_reference.values import Value, descendants

BEGIN = "<!-- values: generated from values.yaml -->"
END = "<!-- end of values -->"


def tables(values: Sequence[Value]) -> str:
    """The tables in Markdown, one for each section, under its title.

    A mapping whose values have rows of their own has no default in its row, and no row where
    nothing is said of it.
    """
    rows = (value for value in descendants(values) if value.prose)
    sections = itertools.groupby(rows, key=lambda value: value.section)
    return "\n".join(_table(title, list(found)) for title, found in sections)


def with_tables(readme: str, content: str) -> str:
    """`readme` with `content` between its markers. Raises MarkersMissing."""
    if (
        readme.count(BEGIN) != 1
        or readme.count(END) != 1
        or readme.index(END) < readme.index(BEGIN)
    ):
        raise MarkersMissing(f"the README needs a line {BEGIN} and, after it, a line {END}")
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{content}\n{END}{after}"


def _table(title: str, values: Sequence[Value]) -> str:
    heading = [f"### {title}", ""] if title else []
    rows = [f"| `{value.name}` | {_cell(value.prose)} | {_default(value)} |" for value in values]
    return "\n".join([*heading, "| value | what it is | default |", "|---|---|---|", *rows, ""])


def _cell(prose: str) -> str:
    return prose.replace("|", "\\|").replace("\n\n", "<br><br>")


def _default(value: Value) -> str:
    if value.children:
        return ""
    return "`" + json.dumps(value.default, ensure_ascii=False).replace("|", "\\|") + "`"
