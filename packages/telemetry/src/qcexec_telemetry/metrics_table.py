"""`python -m qcexec_telemetry.metrics_table MODULE...`: the table of metrics in a page, from code.

Each module is one that declares what is exported: `TITLE` and `METRICS`. With `--check` nothing
is written: what would change is printed, and the exit code says whether anything would.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qcexec_telemetry.errors import MarkersMissing
from qcexec_telemetry.metrics import HistogramMetric, Metric

BEGIN = "<!-- metrics: generated from the code -->"
END = "<!-- end of metrics -->"


@dataclass(frozen=True, slots=True)
class Section:
    """What one module declares."""

    title: str
    metrics: tuple[Metric, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the table, or compare it. Gives the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, say what differs")
    parser.add_argument("--page", type=Path, default=Path("docs/observability.md"))
    parser.add_argument("modules", nargs="+", help="modules that declare metrics, in this order")
    options = parser.parse_args(arguments)
    page: Path = options.page
    found = page.read_text(encoding="utf-8")
    try:
        made = with_table(found, table(catalogue(options.modules)))
    except MarkersMissing as error:
        sys.stderr.write(f"{page}: {error}\n")
        return 1
    if not options.check:
        page.write_text(made, encoding="utf-8")
        return 0
    difference = difflib.unified_diff(
        found.splitlines(keepends=True),
        made.splitlines(keepends=True),
        str(page),
        f"{page} as the code has it",
    )
    text = "".join(difference)
    sys.stdout.write(text)
    return 1 if text else 0


def catalogue(modules: Sequence[str]) -> tuple[Section, ...]:
    """What the modules declare. Raises ImportError for one that isn't there."""
    return tuple(
        Section(module.TITLE, tuple(module.METRICS))
        for module in map(importlib.import_module, modules)
    )


def table(sections: Sequence[Section]) -> str:
    """The tables in Markdown, one for each section, under its title."""
    return "\n".join(_section(each) for each in sections)


def with_table(page: str, content: str) -> str:
    """`page` with `content` between its markers. Raises MarkersMissing."""
    if page.count(BEGIN) != 1 or page.count(END) != 1 or page.index(END) < page.index(BEGIN):
        raise MarkersMissing(f"it needs a line {BEGIN} and, after it, a line {END}")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{content}\n{END}{after}"


def _section(section: Section) -> str:
    rows = [
        f"| `{each.name}` | {each.kind} | {_labels(each)} | {_cell(each)} |"
        for each in section.metrics
    ]
    head = [
        f"### {section.title}",
        "",
        "| metric | kind | labels | what it is |",
        "|---|---|---|---|",
    ]
    return "\n".join([*head, *rows, ""])


def _labels(metric: Metric) -> str:
    return ", ".join(f"`{label}`" for label in metric.labels)


def _cell(metric: Metric) -> str:
    text = metric.help.replace("|", "\\|")
    if isinstance(metric, HistogramMetric):
        text += f". Buckets: {', '.join(f'{bound:g}' for bound in metric.buckets)}"
    return text


if __name__ == "__main__":
    sys.exit(main())
