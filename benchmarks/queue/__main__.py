# ruff: noqa: A005 -- the folder is only ever a part of `benchmarks.queue`
"""`python -m benchmarks.queue`: our queue beside its peers, on one PostgreSQL, as ratios.

Prints progress on standard error and the table on standard output, and writes every value to a
JSON file below the folder. A benchmark is no test: its exit code says whether it ran, not what it
found.
"""

import argparse
import asyncio
import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.databases import SERVER_SETTINGS, Databases
from benchmarks.processes import DriverFailed
from benchmarks.queue.measures import Bench, Figure
from benchmarks.queue.plan import Plan, full, quick
from benchmarks.queue.report import as_document, as_table, as_verdicts, medians
from benchmarks.queue.systems import EVERYTHING, Absent, System, prepare

from qcexec_standalone.errors import StandaloneError
from qcexec_standalone.postgres import PostgresServer


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark; 0 when it ran, 1 when it could not."""
    options = _parser().parse_args(arguments)
    plan = (
        quick()
        if options.quick
        else full(repetitions=options.repetitions, ten_million=options.ten_million)
    )
    folder: Path = options.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    systems, absent = prepare(folder, options.systems, _say)
    for each in absent:
        _say(f"left out: {each.name} ({each.reason})")
    place = folder / "postgres-queue"
    shutil.rmtree(place, ignore_errors=True)
    try:
        with PostgresServer(place, settings=SERVER_SETTINGS) as server:
            databases = Databases(lambda name: server.dsn("postgres", name))
            figures = asyncio.run(_measure(databases, systems, plan))
    except (StandaloneError, DriverFailed) as error:
        _say(f"cannot run: {error}")
        return 1
    finally:
        shutil.rmtree(place, ignore_errors=True)
    found = medians(figures)
    sys.stdout.write(as_table(found, [system.name for system in systems]) + "\n\n")
    sys.stdout.write(as_verdicts(found) + "\n")
    file = folder / f"queue-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    about = _about(plan, absent, time.monotonic() - began)
    file.write_text(json.dumps(as_document(figures, about), indent=1) + "\n")
    _say(f"took {time.monotonic() - began:.0f} s; every value is in {file}")
    return 0


async def _measure(databases: Databases, systems: Sequence[System], plan: Plan) -> list[Figure]:
    bench = Bench(databases, systems, plan, _say)
    await bench.install()
    return [figure async for figure in bench.figures()]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.queue", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke run of about two minutes")
    parser.add_argument("--repetitions", type=int, default=3, help="of the full run (default: 3)")
    parser.add_argument(
        "--ten-million", action="store_true", help="claims at 10 million pending, too"
    )
    parser.add_argument(
        "--folder", type=Path, default=Path(".data/bench"), help="for what is made and found"
    )
    parser.add_argument(
        "--systems",
        nargs="+",
        choices=EVERYTHING,
        default=EVERYTHING,
        help="which to compare (default: all)",
    )
    return parser


def _about(plan: Plan, absent: Sequence[Absent], seconds: float) -> Mapping[str, object]:
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds),
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "repetitions": plan.repetitions,
        "server_settings": SERVER_SETTINGS,
        "absent": {each.name: each.reason for each in absent},
    }


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
