"""`python -m benchmarks.kernel`: the kernel beside other simulators, as ratios.

Each repetition goes through all systems before the next one begins. Prints progress on standard
error and the tables on standard output, and writes every value to a JSON file below the folder. A
benchmark is no test: its exit code says whether it ran, not what it found.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.kernel.families import FAMILIES
from benchmarks.kernel.ours import Ours
from benchmarks.kernel.report import Row, as_means, as_table
from benchmarks.kernel.setting import Seconds, Setting
from benchmarks.kernel.systems import SYSTEMS, installed

_QUBITS = (12, 16, 20)
_LONG = 6.0


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark; 0 when it ran."""
    options = _parser().parse_args(arguments)
    # Read by the libraries of OpenMP when they are loaded, which is later.
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    rows = []
    for num_qubits in options.qubits:
        for family in options.families:
            rows.append(_measure(family, num_qubits, options))
            sys.stderr.write(as_table(rows[-1:], options.systems, "aer").splitlines()[-1] + "\n")
    sys.stdout.write(as_table(rows, options.systems, "aer") + "\n\n")
    sys.stdout.write(as_means(rows, options.systems, "aer") + "\n")
    options.folder.mkdir(parents=True, exist_ok=True)
    file = options.folder / f"kernel-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    file.write_text(json.dumps(_document(rows, options), indent=1) + "\n")
    sys.stderr.write(f"every value is in {file}\n")
    return 0


def _measure(family: str, num_qubits: int, options: argparse.Namespace) -> Row:
    gates = FAMILIES[family](num_qubits)
    clock = time.process_time if options.processor_time else time.perf_counter
    setting = Setting(options.threads, clock)
    systems = {name: SYSTEMS[name](num_qubits, gates, setting) for name in options.systems}
    seconds: dict[str, list[Seconds]] = {name: [] for name in systems}
    for repetition in range(options.repetitions):
        for name, system in systems.items():
            # What takes long varies little, and is repeated less.
            if sum(map(sum, seconds[name])) < _LONG:
                seconds[name].append(system.run(repetition + 1))
    passes = multiply_adds = share = 0.0
    ours = systems.get("double")
    if isinstance(ours, Ours):
        plan = ours.plan()
        passes, multiply_adds = plan.passes, plan.multiply_adds
        one_pass = median(ours.one_pass() for _ in range(5))
        share = passes * one_pass / median(each.running for each in seconds["double"])
    return Row(family, num_qubits, seconds, passes, multiply_adds, share)


def _document(rows: Sequence[Row], options: argparse.Namespace) -> Mapping[str, object]:
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "threads": options.threads,
        "processor_time": options.processor_time,
        "rows": [
            {
                "family": row.family,
                "num_qubits": row.num_qubits,
                "passes": row.passes,
                "multiply_adds": row.multiply_adds,
                "memory_share": row.memory_share,
                "seconds": {
                    name: [list(each) for each in runs] for name, runs in row.seconds.items()
                },
            }
            for row in rows
        ],
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kernel", description=__doc__)
    parser.add_argument(
        "--qubits", nargs="+", type=int, default=_QUBITS, help="sizes (default: 12 16 20)"
    )
    parser.add_argument(
        "--families", nargs="+", choices=list(FAMILIES), default=list(FAMILIES), help="default: all"
    )
    parser.add_argument(
        "--systems",
        nargs="+",
        choices=list(SYSTEMS),
        default=installed(),
        help="default: all that are installed",
    )
    parser.add_argument("--threads", type=int, default=1, help="for all systems (default: 1)")
    parser.add_argument(
        "--processor-time",
        action="store_true",
        help="count the seconds in which a processor worked, for a machine with other work",
    )
    parser.add_argument("--repetitions", type=int, default=7, help="at most (default: 7)")
    parser.add_argument(
        "--folder", type=Path, default=Path(".data/bench"), help="for what is found"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
