"""The engine on the command line: `python -m qcexec_engine explain circuit.qasm`.

This is the one part of the engine that opens a file: the one that is named here, and no other.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from qcexec_engine.errors import EngineError
from qcexec_engine.limits import Limits


def main(arguments: Sequence[str] | None = None) -> int:
    """Explains a circuit on standard output.

    Returns:
        0, 1 where the circuit is faulty or would not run, 2 where it cannot be read.
    """
    parser = argparse.ArgumentParser(prog="python -m qcexec_engine", description=main.__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("explain", help="say how a circuit would be run")
    command.add_argument("circuit", help="a file with OpenQASM; - is standard input")
    command.add_argument("--shots", type=_positive, default=1024, metavar="N")
    command.add_argument(
        "--memory", type=_positive, default=2 << 30, metavar="BYTES", help="that a run may take"
    )
    asked = parser.parse_args(arguments)
    try:
        text = _read(asked.circuit)
    except (OSError, UnicodeDecodeError) as error:
        return _complain(f"cannot read {asked.circuit}: {error}", 2)
    from qcexec_engine.explain import explain, fault

    try:
        explanation, runs = explain(text, asked.shots, Limits(memory_bytes=asked.memory))
    except EngineError as error:
        return _complain(fault(error, text), 1)
    sys.stdout.write(explanation + "\n")
    return 0 if runs else 1


def _read(circuit: str) -> str:
    if circuit == "-":
        return sys.stdin.buffer.read().decode()
    return Path(circuit).read_bytes().decode()


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not positive")
    return value


def _complain(message: str, status: int) -> int:
    sys.stderr.write(message + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
