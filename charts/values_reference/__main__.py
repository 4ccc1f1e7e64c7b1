"""`python -m charts.values_reference`: write the schema and the tables of charts/qcexec.

With `--check` nothing is written: what would change is printed, and the exit code says whether
anything would.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from charts.generated import difference
from charts.values_reference.errors import ValuesReferenceError
from charts.values_reference.schema import schema
from charts.values_reference.table import tables, with_tables
from charts.values_reference.values import parse

_CHART = Path(__file__).parent.parent / "qcexec"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or compare the reference of a chart. Gives the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, say what differs")
    parser.add_argument("--chart", type=Path, default=_CHART, help="the chart's folder")
    options = parser.parse_args(arguments)
    try:
        made = reference(options.chart)
    except ValuesReferenceError as error:
        print(f"{options.chart / 'values.yaml'}: {error}", file=sys.stderr)
        return 1
    if options.check:
        changes = difference(made, "values.yaml")
        print(changes, end="")
        return 1 if changes else 0
    for path, content in made.items():
        path.write_text(content, encoding="utf-8")
    return 0


def reference(chart: Path) -> Mapping[Path, str]:
    """The files that the values of `chart` determine. Raises ValuesReferenceError, OSError."""
    values = parse((chart / "values.yaml").read_text(encoding="utf-8"))
    readme = chart / "README.md"
    return {
        chart / "values.schema.json": json.dumps(
            schema(values, f"Values of the chart {chart.name}"), indent=2, ensure_ascii=False
        )
        + "\n",
        readme: with_tables(readme.read_text(encoding="utf-8"), tables(values)),
    }


if __name__ == "__main__":
    sys.exit(main())
