"""`python -m benchmarks.engine`: circuits through this engine and through others, as ratios.

Prints progress on standard error and tables on standard output, and writes every value to a JSON
file below the folder. A benchmark is no test: its exit code says whether it ran, not what it found.
"""

import argparse
import asyncio
import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.engine.measures import SYSTEMS, Figure, figures
from benchmarks.engine.plan import Circuit, Plan, circuits, full, missing, quick
from benchmarks.engine.report import as_document, as_summary, as_table, as_verdicts, rows

_PACKAGES = ("qiskit", "qiskit-aer", "numpy")


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark; 0 when it ran."""
    options = _parser().parse_args(arguments)
    plan = full() if options.full else quick()
    folder: Path | None = options.circuits
    for suite in missing(folder):
        _say(f"left out: {suite} (no circuits of it; QCEXEC_TEST_CIRCUITS names their folder)")
    chosen = [each for each in circuits(plan, folder) if options.only in each.name]
    began = time.monotonic()
    found = asyncio.run(_measure(chosen, plan, options.systems))
    table = rows(found)
    sys.stdout.write(as_table(table, options.systems) + "\n\n")
    sys.stdout.write(as_summary(table) + "\n\n" + as_verdicts(table) + "\n")
    options.folder.mkdir(parents=True, exist_ok=True)
    file = options.folder / f"engine-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    about = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
    }
    file.write_text(json.dumps(as_document(found, about), indent=1) + "\n")
    _say(f"took {time.monotonic() - began:.0f} s; every value is in {file}")
    return 0


async def _measure(
    chosen: Sequence[Circuit], plan: Plan, systems: Sequence[str]
) -> Sequence[Figure]:
    return [figure async for figure in figures(chosen, plan, systems, _say)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description=__doc__)
    parser.add_argument("--full", action="store_true", help="all circuits, and more repetitions")
    parser.add_argument("--only", default="", help="circuits whose names contain this")
    parser.add_argument(
        "--circuits",
        type=Path,
        default=os.environ.get("QCEXEC_TEST_CIRCUITS"),
        help="folder of public circuits: qasmbench/*.qasm, mqt/*.qasm",
    )
    parser.add_argument(
        "--folder", type=Path, default=Path(".data/bench"), help="for what is found"
    )
    parser.add_argument(
        "--systems",
        nargs="+",
        choices=list(SYSTEMS),
        default=list(SYSTEMS),
        help="which to compare (default: all)",
    )
    return parser


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
