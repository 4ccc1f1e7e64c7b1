"""A probe of the worker: ``python -m qcexec_worker.health [--ready]``.

Exit code 0 while the worker's loops go round (with --ready: and it claims
tasks), 1 otherwise. It reads QCEXEC_HEALTH_FILE.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from qcexec_worker.health_file import read_health


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m qcexec_worker.health", description=__doc__)
    parser.add_argument("--ready", action="store_true", help="ask whether it claims tasks")
    parser.add_argument(
        "--oldest", type=float, default=60.0, help="seconds after which it is taken for stuck"
    )
    options = parser.parse_args(arguments)
    file = environment.get("QCEXEC_HEALTH_FILE")
    if not file:
        parser.error("set QCEXEC_HEALTH_FILE, for the worker too")
    try:
        health = read_health(Path(file))
    except (OSError, ValueError) as error:
        sys.stdout.write(f"unknown: {error}\n")
        return 1
    sys.stdout.write(f"{health}\n")
    return 0 if health.age_seconds <= options.oldest and (health.ready or not options.ready) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
