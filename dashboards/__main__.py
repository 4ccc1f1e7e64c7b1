"""`python -m dashboards`: write the dashboards as JSON into the chart.

With `--check` nothing is written: what would change is printed, and the exit code says whether
anything would.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from charts.generated import difference

from dashboards.autoscaling import AUTOSCALING
from dashboards.grafana import document
from dashboards.overview import OVERVIEW
from dashboards.queue import QUEUE
from dashboards.workers import WORKERS

DASHBOARDS = (OVERVIEW, WORKERS, AUTOSCALING, QUEUE)
_FOLDER = Path(__file__).parent.parent / "charts/qcexec/files/monitoring/dashboards"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or compare. Gives the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m dashboards", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--check", action="store_true", help="write nothing, say what differs")
    parser.add_argument("--folder", type=Path, default=_FOLDER, help="where the files are")
    options = parser.parse_args(arguments)
    folder: Path = options.folder
    made = {folder / f"{each.uid}.json": document(each) for each in DASHBOARDS}
    left_over = sorted(set(folder.glob("*.json")) - set(made))
    if options.check:
        changes = difference(made, "dashboards/") + "".join(
            f"{each} is no dashboard's\n" for each in left_over
        )
        sys.stdout.write(changes)
        return 1 if changes else 0
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in made.items():
        path.write_text(content, encoding="utf-8")
    for path in left_over:
        path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
