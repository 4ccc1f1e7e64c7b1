"""Clifford circuits without feedback, on any number of qubits, by stim.

Where everything is measured at the end, one tableau tells all that the measurements can give
(`qcexec_engine.stabilizers.affine_outcomes`). Circuits that measure or reset on the way go to
stim's sampler, which draws all shots together.

stim's random numbers follow from the seed, its version and the width of the vector instructions
that it was built for. Its wheels use one width on all x86-64 processors, so the same version draws
the same wherever this method runs.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Sequence
from typing import Final

import numpy
from numpy.typing import NDArray

from qcexec_engine.analysis.circuit import Circuit
from qcexec_engine.limits import Limits
from qcexec_engine.methods.method import Cost, Prepared
from qcexec_engine.outcomes import Outcomes
from qcexec_engine.program import Gate, Measure, Operation, Program, Reset
from qcexec_engine.sampling import random_numbers
from qcexec_engine.stabilizers.affine_outcomes import AffineOutcomes, peak_bytes
from qcexec_engine.stabilizers.tableau_state import state_bytes
from qcexec_engine.stabilizers.text import gates_as_text


class Stabilizer:
    """A `qcexec_engine.methods.method.Method`."""

    name: Final = "stabilizer"

    def missing(self) -> str | None:
        """Why stim cannot be used here, if it cannot."""
        return missing()

    def floor_seconds(self, circuit: Circuit) -> float:  # noqa: ARG002
        """As the protocol has it."""
        return _SECONDS

    def cost(self, circuit: Circuit, shots: int, limits: Limits) -> Cost | None:  # noqa: ARG002
        """None for circuits with feedback or other gates."""
        if not circuit.clifford:
            return None
        if circuit.terminal is not None:
            return _cost_of_coins(circuit, len(circuit.terminal), shots)
        records = _records(circuit.program.operations)
        return None if records is None else _cost_of_records(circuit, records, shots)

    def prepare(self, circuit: Circuit, limits: Limits) -> Prepared:  # noqa: ARG002
        """Runs the circuit once."""
        if circuit.terminal is not None:
            return _PreparedOutcomes(circuit, circuit.terminal)
        return _PreparedSampler(circuit.program)


STABILIZER: Final = Stabilizer()


@functools.cache
def missing() -> str | None:
    """Why stim cannot be used here, if it cannot."""
    return None if importlib.util.find_spec("stim") else "stim is not installed"


class _PreparedOutcomes:
    """What a circuit can give that measures at its end."""

    def __init__(self, circuit: Circuit, terminal: Sequence[tuple[int, int]]) -> None:
        from stim import Circuit as Written
        from stim import TableauSimulator

        program = circuit.program
        gates = program.operations[: len(program.operations) - len(terminal)]
        simulator = TableauSimulator(seed=0)
        simulator.set_num_qubits(max(1, program.num_qubits))
        simulator.do_circuit(Written(gates_as_text(gates)))
        self._outcomes = AffineOutcomes(
            simulator, terminal, program.num_bits, program.initial_memory
        )

    @property
    def kept_bytes(self) -> int | None:
        return self._outcomes.num_bytes

    def sample(self, shots: int, seed: int) -> Outcomes:
        return self._outcomes.draw(shots, random_numbers(seed))


class _PreparedSampler:
    """A circuit that measures or resets on the way, with one possible record of it."""

    def __init__(self, program: Program) -> None:
        from stim import Circuit as Written

        text, shown = _written(program)
        self._circuit = Written(text)
        self._reference = self._circuit.reference_sample()
        self._shown = shown
        self._kept_bytes = 64 * len(program.operations) + int(self._reference.nbytes)

    @property
    def kept_bytes(self) -> int | None:
        return self._kept_bytes

    def sample(self, shots: int, seed: int) -> Outcomes:
        sampler = self._circuit.compile_sampler(
            seed=seed % (1 << 64), reference_sample=self._reference
        )
        block = _block(len(self._reference))
        rows = [
            self._rows(sampler.sample_bit_packed(min(block, shots - begun)))
            for begun in range(0, shots, block)
        ]
        return Outcomes.of_rows(numpy.concatenate(rows) if len(rows) > 1 else rows[0])

    def _rows(self, records: NDArray[numpy.uint8]) -> NDArray[numpy.uint8]:
        bits = numpy.unpackbits(records, axis=1, bitorder="little").take(self._shown, axis=1)
        return numpy.packbits(bits, axis=1, bitorder="little")


_BLOCK_BYTES: Final = 1 << 25


def _block(records: int) -> int:
    """How many shots are drawn at a time, so that unpacked records stay small."""
    return max(256, _BLOCK_BYTES // (records + 1) // 256 * 256)


def _records(operations: Sequence[Operation]) -> int | None:
    """How many measurements and resets there are; None if there is anything but those and gates."""
    records = 0
    for operation in operations:
        kind = type(operation)
        if kind is Measure or kind is Reset:
            records += 1
        elif kind is not Gate:
            return None
    return records


def _written(program: Program) -> tuple[str, NDArray[numpy.intp]]:
    """The program in stim's language, and which place of the record each bit shows."""
    memory = program.initial_memory
    # The record begins with a zero and a one, for bits that nothing is measured into.
    parts = ["MPAD 0 1\n"]
    shown = numpy.array([memory >> bit & 1 for bit in range(program.num_bits)], dtype=numpy.intp)
    length = 2
    row: list[Gate] = []
    for operation in program.operations:
        if type(operation) is Gate:
            row.append(operation)
            continue
        if row:
            parts.append(gates_as_text(row))
            row = []
        if type(operation) is Measure:
            parts.append(f"M {operation.qubit}\n")
            if operation.bit is not None and operation.bit < program.num_bits:
                shown[operation.bit] = length
            length += 1
        elif type(operation) is Reset:
            parts.append(f"R {operation.qubit}\n")
    return "".join(parts), shown


def _cost_of_coins(circuit: Circuit, measured: int, shots: int) -> Cost:
    """Of drawing from what one tableau tells."""
    num_qubits = circuit.num_qubits
    row_bytes = -(-circuit.program.num_bits // 8)
    coins = min(
        num_qubits,
        measured,
        sum(count for kind, count in circuit.gate_counts.items() if kind not in _TOSSES_NOTHING),
    )
    per_shot = _COUNTED_SHOT_SECONDS
    if coins > _COINS_COUNTED_AT_ONCE:
        per_shot = _SHOT_SECONDS + coins * row_bytes * _SHOT_SECONDS_A_COIN_AND_BYTE
    seconds = (
        _SECONDS
        + _gate_seconds(circuit)
        + _TABLEAU_SECONDS_A_SQUARE * num_qubits**2
        + (_COIN_SECONDS_A_SQUARE * coins * num_qubits**2 if coins > 1 else 0)
        + shots * per_shot
    )
    memory_bytes = 4 * state_bytes(num_qubits) + peak_bytes(coins, circuit.program.num_bits, shots)
    return Cost(seconds, memory_bytes, "Clifford gates alone")


def _cost_of_records(circuit: Circuit, records: int, shots: int) -> Cost:
    """Of stim's sampler."""
    num_qubits = circuit.num_qubits
    row_bytes = -(-circuit.program.num_bits // 8)
    gates = sum(circuit.gate_counts.values())
    seconds = (
        _SECONDS
        + _gate_seconds(circuit)
        + records * (_BUILD_SECONDS + _COIN_SECONDS_A_SQUARE * num_qubits**2)
        + shots * (_SHOT_SECONDS + records * _SHOT_SECONDS_A_RECORD)
        + shots * gates * _SHOT_SECONDS_A_GATE
    )
    block = min(shots, _block(records))
    memory_bytes = (
        4 * state_bytes(num_qubits)
        + block * (num_qubits + records + 16 * row_bytes)
        + shots * (4 * row_bytes + 48)
    )
    return Cost(seconds, memory_bytes, "Clifford gates alone, no feedback")


def _gate_seconds(circuit: Circuit) -> float:
    gates = sum(circuit.gate_counts.values())
    return gates * (_BUILD_SECONDS + _GATE_SECONDS_A_QUBIT * circuit.num_qubits)


_TOSSES_NOTHING: Final = frozenset(
    {("x", 0), ("y", 0), ("z", 0), ("s", 0), ("sdg", 0), ("p", 0), ("rz", 0), ("rzz", 0)}
    | {("swap", 0), ("iswap", 0), ("dcx", 0), ("x", 1), ("y", 1), ("z", 1), ("p", 1)}
)
"""Gates that make no superposition, and so no outcome uncertain."""

# Fitted on the reference machine, for 2 to 1000 qubits.
_SECONDS: Final = 320e-6
_BUILD_SECONDS: Final = 2e-6
_GATE_SECONDS_A_QUBIT: Final = 0.3e-9
_TABLEAU_SECONDS_A_SQUARE: Final = 1.5e-9
_COIN_SECONDS_A_SQUARE: Final = 0.05e-9
_COINS_COUNTED_AT_ONCE: Final = 8
_COUNTED_SHOT_SECONDS: Final = 0.01e-6
_SHOT_SECONDS: Final = 0.25e-6
_SHOT_SECONDS_A_COIN_AND_BYTE: Final = 0.05e-9
_SHOT_SECONDS_A_RECORD: Final = 8e-9
_SHOT_SECONDS_A_GATE: Final = 0.3e-9
