"""`python -m benchmarks.autoscaling`: `decide` beside KEDA's and the HPA's rules, simulated.

Prints progress on standard error and the table on standard output, and writes every value to a
JSON file below the folder. A benchmark is no test: its exit code says whether it ran, not what it
found.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.autoscaling.measures import Outcome, run
from benchmarks.autoscaling.ours import Operator
from benchmarks.autoscaling.report import as_table, as_verdicts
from benchmarks.autoscaling.scalers import scalers
from benchmarks.autoscaling.traces import traces


def main(arguments: Sequence[str]) -> int:
    """Simulates, prints and writes; 0."""
    options = _parser().parse_args(arguments)
    pods, tasks, step = (1000, 10_000_000, 2.0) if options.full else (40, 400_000, 1.0)
    loads = [
        replace(each, target_wait=options.target_wait)
        for each in traces(pods, tasks, options.seed)
        if not options.traces or each.name in options.traces
    ]
    outcomes: list[Outcome] = []
    for trace in loads:
        for scaler in scalers(trace, options.keda):
            if options.ours and not isinstance(scaler, Operator):
                continue
            outcome = run(
                trace, scaler, cold_start=options.cold_start, step=step, seed=options.seed
            )
            outcomes.append(outcome)
            _say(
                f"{trace.name}, {len(trace.arrivals)} tasks: {scaler.name}, {outcome.seconds:.0f} s"
            )
    sys.stdout.write(as_table(outcomes) + "\n\n" + as_verdicts(outcomes, loads) + "\n")
    folder: Path = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"autoscaling-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    about = {"pods": pods, "tasks": tasks, "seed": options.seed, "cold_start": options.cold_start}
    file.write_text(json.dumps({**about, "outcomes": [asdict(e) for e in outcomes]}, indent=1))
    _say(f"every value is in {file}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.autoscaling", description=__doc__)
    parser.add_argument(
        "--full", action="store_true", help="1,000 pods and 10 million tasks: many minutes"
    )
    parser.add_argument("--seed", type=int, default=1, help="of traces and starts (default: 1)")
    parser.add_argument("--ours", action="store_true", help="without KEDA and HPA")
    parser.add_argument(
        "--keda",
        nargs="+",
        type=float,
        default=[1.0, 2.0, 4.0, 8.0],
        help="waiting and running tasks a slot that KEDA aims at (default: 1 2 4 8)",
    )
    parser.add_argument(
        "--target-wait", type=float, default=30.0, help="seconds that a task may wait (default: 30)"
    )
    parser.add_argument(
        "--cold-start",
        type=float,
        default=15.0,
        help="about what a pod's start takes (default: 15)",
    )
    parser.add_argument("--traces", nargs="+", default=[], help="names (default: all)")
    parser.add_argument(
        "--folder", type=Path, default=Path(".data/bench"), help="for what is found"
    )
    return parser


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
