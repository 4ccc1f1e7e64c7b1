"""What the kernel's gates take here, for `qcexec_engine.dense.kernel_cost`.

    python -m benchmarks.engine.fit_kernel --circuits FOLDER

Runs circuits of many kinds, and finds the times of each kind of gate that explain best what they
took: relative errors, no time below zero. Prints them, and how well the estimates hold. All times
are those of one thread's processor time, the least of a few runs.
"""

import argparse
import os
import random
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

import numpy
from benchmarks.engine.plan import circuits, full
from benchmarks.kernel.families import FAMILIES
from scipy.optimize import nnls

from qcexec_engine.analysis.circuit import Circuit, analyse
from qcexec_engine.dense import kernel_cost
from qcexec_engine.elaboration import read
from qcexec_engine.limits import Limits
from qcexec_engine.methods.kernel import KERNEL
from qcexec_engine.program import Gate, Measure, Program, Register

_LIMITS = Limits(memory_bytes=1 << 32, precision="double")
_SHOTS = 1024
_SIZES = (4, 6, 8, 10, 12, 14, 16, 18, 20, 22)


class Figure(NamedTuple):
    """What one circuit took, what it consists of, in numbers of each part, and the estimate."""

    name: str
    parts: list[float]
    seconds: float
    estimated: float


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.engine.fit_kernel", description=__doc__
    )
    folder = os.environ.get("QCEXEC_TEST_CIRCUITS")
    parser.add_argument("--circuits", type=Path, default=folder)
    parser.add_argument("--longest", type=float, default=1.0, help="of estimates, in seconds")
    options = parser.parse_args(arguments)
    figures = [
        _figure(name, circuit)
        for name, circuit in (*_made(), *_public(options.circuits))
        if kernel_cost.seconds(circuit.gate_counts, circuit.num_qubits, "double") < options.longest
    ]
    parts = numpy.array([figure.parts for figure in figures])
    taken = numpy.array([figure.seconds for figure in figures])
    # Each row is divided by its time, so that relative errors count.
    found, _ = nnls(parts / taken[:, None], numpy.ones(len(figures)))
    names = (
        *("a circuit", "planning a gate", "reading an amplitude", "a turn", "a phase", "a link"),
        *("an exchange", "a table's entry"),
    )
    for name, seconds in zip(names, found.tolist(), strict=True):
        print(f"{name:24}{seconds * 1e9:14.3f} ns")
    _told("as it is", [figure.estimated / figure.seconds for figure in figures])
    _told("as found", ((parts @ found) / taken).tolist())
    for figure, ratio in zip(figures, ((parts @ found) / taken).tolist(), strict=True):
        if not 0.5 <= ratio <= 2:
            print(
                f"  {figure.name:30}{figure.seconds * 1e3:10.3f} ms, estimate / actual {ratio:.2f}"
            )
    return 0


def _made() -> Iterator[tuple[str, Circuit]]:
    for name, family in (*FAMILIES.items(), ("chain", _chain)):
        for num_qubits in _SIZES:
            gates = [Gate(*gate) for gate in family(num_qubits)]
            measures = [Measure(qubit, qubit) for qubit in range(num_qubits)]
            registers = (Register("c", num_qubits),)
            program = Program(num_qubits, registers, (*gates, *measures), num_qubits)
            yield f"{name}-{num_qubits}", analyse(program)


def _chain(num_qubits: int) -> list[Gate]:
    """Rotations, and each qubit flipped by the one before it, ten times."""
    angles = random.Random(1)
    gates = []
    for _ in range(10):
        gates += [Gate("ry", (angles.uniform(0.1, 3),), (qubit,)) for qubit in range(num_qubits)]
        gates += [Gate("x", (), (qubit, qubit + 1), 1) for qubit in range(num_qubits - 1)]
    return gates


def _public(folder: Path | None) -> Iterator[tuple[str, Circuit]]:
    for each in circuits(full(), folder):
        circuit = analyse(read(each.text, _LIMITS))
        if KERNEL.cost(circuit, _SHOTS, _LIMITS) is not None:
            yield each.name, circuit


def _figure(name: str, circuit: Circuit) -> Figure:
    gates, *rest = kernel_cost.work(circuit.gate_counts)
    size = float(1 << circuit.num_qubits)
    entries = kernel_cost.table_entries(rest[0], circuit.num_qubits)
    parts = [1.0, float(gates), size, *[count * size for count in rest], entries]
    cost = KERNEL.cost(circuit, _SHOTS, _LIMITS)
    assert cost is not None
    return Figure(name, parts, _least_seconds(circuit), cost.seconds)


def _least_seconds(circuit: Circuit, times: int = 3) -> float:
    seconds = []
    for _ in range(times):
        began = time.process_time()
        KERNEL.prepare(circuit, _LIMITS).sample(_SHOTS, 1)
        seconds.append(time.process_time() - began)
    return min(seconds)


def _told(what: str, ratios: Sequence[float]) -> None:
    ordered = sorted(ratios)
    low, high = (ordered[round(share * (len(ordered) - 1))] for share in (0.05, 0.95))
    within = sum(0.5 <= ratio <= 2 for ratio in ordered) / len(ordered)
    median = statistics.median(ordered)
    print(f"estimate / actual, {what}: p5 {low:.2f}, median {median:.2f}, p95 {high:.2f},")
    print(f"  {within:.0%} of {len(ordered)} circuits in [0.5, 2]")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
