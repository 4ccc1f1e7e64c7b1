"""What the kernel's gates take here, for `qcexec_engine.dense.kernel_cost` and `direct_cost`.

    python -m benchmarks.engine.fit_kernel --circuits FOLDER
    python -m benchmarks.engine.fit_kernel --circuits FOLDER --gate-by-gate

Runs circuits of many kinds, by a plan or without one, and finds the times of each kind of gate that
explain best what they took: relative errors, no time below zero. Prints them, and how well the
estimates hold. All times are those of one thread's processor time, the least of a few runs.
"""

import argparse
import os
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

import numpy
from benchmarks.engine.plan import circuits, full
from benchmarks.kernel.families import FAMILIES
from scipy.optimize import nnls

from qcexec_engine.analysis.circuit import Circuit, analyse
from qcexec_engine.dense import direct_cost, kernel_cost, kernel_run
from qcexec_engine.elaboration import read
from qcexec_engine.limits import Limits
from qcexec_engine.methods.final_state import HeldState, SummedState
from qcexec_engine.methods.method import Prepared
from qcexec_engine.program import Block, Gate, Measure, Program, Register
from qcexec_engine.readout import Readout
from qcexec_engine.sampling import Distribution, sampling_seconds

_LIMITS = Limits(memory_bytes=1 << 32, precision="double")
_SHOTS = 1024
_SIZES = (4, 6, 8, 10, 12, 14, 16, 18, 20, 22)
_SUMMED_QUBITS = 16


class Figure(NamedTuple):
    """What one circuit took, what it consists of, in numbers of each part, and the estimate."""

    name: str
    parts: list[float]
    seconds: float
    estimated: float


class Way(NamedTuple):
    """A way to run circuits.

    Attributes:
        names: of the parts that a circuit's time consists of.
        parts: their numbers.
        estimate: seconds until the outcomes' probabilities are known.
        prepare: runs a circuit.
    """

    names: Sequence[str]
    parts: Callable[[Circuit], list[float]]
    estimate: Callable[[Circuit], float]
    prepare: Callable[[Circuit], Prepared]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.engine.fit_kernel", description=__doc__
    )
    folder = os.environ.get("QCEXEC_TEST_CIRCUITS")
    parser.add_argument("--circuits", type=Path, default=folder)
    parser.add_argument("--longest", type=float, default=1.0, help="of estimates, in seconds")
    parser.add_argument("--gate-by-gate", action="store_true", help="without a plan")
    options = parser.parse_args(arguments)
    way = GATE_BY_GATE if options.gate_by_gate else PLANNED
    figures = [
        _figure(name, circuit, way)
        for name, circuit in (*_made(), *_public(options.circuits))
        if way.estimate(circuit) < options.longest
        and not (options.gate_by_gate and len(circuit.terminal or ()) > _SUMMED_QUBITS)
    ]
    parts = numpy.array([figure.parts for figure in figures])
    taken = numpy.array([figure.seconds for figure in figures])
    # Each row is divided by its time, so that relative errors count.
    found, _ = nnls(parts / taken[:, None], numpy.ones(len(figures)))
    for name, seconds in zip(way.names, found.tolist(), strict=True):
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
        if circuit.terminal is not None and 0 < circuit.num_qubits <= _LIMITS.max_qubits:
            yield each.name, circuit


def _figure(name: str, circuit: Circuit, way: Way) -> Figure:
    estimated = way.estimate(circuit) + sampling_seconds(len(circuit.terminal or ()), _SHOTS)
    return Figure(name, way.parts(circuit), _least_seconds(circuit, way), estimated)


def _least_seconds(circuit: Circuit, way: Way, times: int = 3) -> float:
    seconds = []
    for _ in range(times):
        began = time.process_time()
        way.prepare(circuit).sample(_SHOTS, 1)
        seconds.append(time.process_time() - began)
    return min(seconds)


def _planned_parts(circuit: Circuit) -> list[float]:
    gates, *rest = kernel_cost.work(circuit.gate_counts)
    size = float(1 << circuit.num_qubits)
    entries = kernel_cost.table_entries(rest[0], circuit.num_qubits)
    return [1.0, float(gates), size, *[count * size for count in rest], entries]


def _parts_gate_by_gate(circuit: Circuit) -> list[float]:
    counts: Counter[str] = Counter()
    for (name, controls), count in circuit.gate_counts.items():
        counts[direct_cost.kind(name, controls)] += count
    size = float(1 << circuit.num_qubits)
    num_gates = float(counts.total())
    return [1.0, num_gates, size, *[counts[kind] * size for kind in direct_cost.NANOSECONDS]]


def _prepared(circuit: Circuit) -> Prepared:
    gates, readout = _taken_apart(circuit)
    state = kernel_run.final_state(gates, circuit.num_qubits, "double")
    if len(readout.qubits) > _SUMMED_QUBITS:
        return HeldState(state, readout)
    with state:
        return SummedState(Distribution(state.probabilities(readout.qubits)), readout)


def _prepared_gate_by_gate(circuit: Circuit) -> Prepared:
    gates, readout = _taken_apart(circuit)
    likely = kernel_run.outcome_probabilities(gates, circuit.num_qubits, readout.qubits, "double")
    return SummedState(Distribution(likely), readout)


def _taken_apart(circuit: Circuit) -> tuple[Block, Readout]:
    program = circuit.program
    terminal = circuit.terminal or ()
    gates = program.operations[: len(program.operations) - len(terminal)]
    return gates, Readout(terminal, program.num_bits, program.initial_memory)


PLANNED: Final = Way(
    (
        *("a circuit", "planning a gate", "reading an amplitude", "a turn", "a phase", "a link"),
        *("an exchange", "a table's entry"),
    ),
    _planned_parts,
    lambda circuit: kernel_cost.seconds(circuit.gate_counts, circuit.num_qubits, "double"),
    _prepared,
)
GATE_BY_GATE: Final = Way(
    ("a circuit", "a gate", "reading an amplitude", *direct_cost.NANOSECONDS),
    _parts_gate_by_gate,
    lambda circuit: direct_cost.seconds(circuit.gate_counts, circuit.num_qubits),
    _prepared_gate_by_gate,
)


def _told(what: str, ratios: Sequence[float]) -> None:
    ordered = sorted(ratios)
    low, high = (ordered[round(share * (len(ordered) - 1))] for share in (0.05, 0.95))
    within = sum(0.5 <= ratio <= 2 for ratio in ordered) / len(ordered)
    median = statistics.median(ordered)
    print(f"estimate / actual, {what}: p5 {low:.2f}, median {median:.2f}, p95 {high:.2f},")
    print(f"  {within:.0%} of {len(ordered)} circuits in [0.5, 2]")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
