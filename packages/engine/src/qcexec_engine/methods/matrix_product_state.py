"""Wide circuits of little entanglement, as a matrix product state that Aer computes.

Aer cuts off singular values whose squares sum to less than 1e-16, a rounding error; nothing else is
cut, so the counts are exact. A state that is measured at the end is taken over from Aer and drawn
from here, for Aer measures every qubit of every shot anew. Other programs Aer runs shot by shot.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy
from numpy.typing import NDArray

from qcexec_engine.aer.dialects import has_tensors, tensors
from qcexec_engine.aer.simulation import (
    LIBRARY_BYTES,
    THREAD_BYTES,
    PreparedForAer,
    final_tensors,
    missing,
)
from qcexec_engine.aer.support import runs
from qcexec_engine.analysis.circuit import Circuit
from qcexec_engine.limits import Limits
from qcexec_engine.methods.method import Cost, Prepared
from qcexec_engine.outcomes import Outcomes
from qcexec_engine.program import Program
from qcexec_engine.sampling import random_numbers
from qcexec_engine.tensors.entanglement import Bound, bound
from qcexec_engine.tensors.tensor_train import BLOCK_BYTES, TensorTrain


class MatrixProductState:
    """A `qcexec_engine.methods.method.Method`."""

    name: Final = "matrix_product_state"

    def missing(self) -> str | None:
        """Why Aer cannot be used here, if it cannot."""
        return missing()

    def floor_seconds(self, circuit: Circuit) -> float:
        """As the protocol has it."""
        return _SECONDS + sum(circuit.gate_counts.values()) * _GATE_SECONDS

    def cost(self, circuit: Circuit, shots: int, limits: Limits) -> Cost | None:
        """None for circuits that may entangle too much, and for gates on too many qubits.

        Looking for that takes a microsecond a gate, so it ends as soon as the work is past hope;
        few qubits are taken as entangled as they can be.
        """
        if circuit.terminal is None and not runs(circuit.program.operations):
            return None
        num_qubits = circuit.num_qubits
        gates = sum(circuit.gate_counts.values())
        if num_qubits < _FEWEST_QUBITS:
            return _cost(circuit, _most_entangled(num_qubits, gates), gates, shots)
        if not all(has_tensors(controls) for _, controls in circuit.gate_counts):
            return None
        passes = 1 if circuit.terminal is not None else shots
        most_seconds = _HOPELESS * limits.task_seconds
        if num_qubits <= limits.max_qubits:
            most_seconds = min(most_seconds, passes * gates * 2.0**num_qubits * _DENSE_SECONDS)
        most_work = most_seconds / _WORK_SECONDS / passes
        found = bound(circuit.program.operations, num_qubits, most_work)
        return None if found is None else _cost(circuit, found, gates, shots)

    def prepare(self, circuit: Circuit, limits: Limits) -> Prepared:
        """Computes the final state where there is one."""
        if circuit.terminal is None:
            return PreparedForAer(circuit, "matrix_product_state", tensors, limits)
        program = circuit.program
        gates = program.operations[: len(program.operations) - len(circuit.terminal)]
        num_qubits = program.num_qubits
        state = final_tensors(num_qubits, gates, limits) if num_qubits else []
        return FinalState(TensorTrain(state), circuit.terminal, program)


class FinalState:
    """A `qcexec_engine.methods.method.Prepared`: the state before the measurements at the end."""

    def __init__(
        self, state: TensorTrain, terminal: Sequence[tuple[int, int]], program: Program
    ) -> None:
        self._state = state
        self._qubits = [qubit for qubit, _ in terminal]
        self._bits = [bit for _, bit in terminal]
        self._num_bits = program.num_bits
        self._memory = program.initial_memory & ((1 << program.num_bits) - 1)

    @property
    def kept_bytes(self) -> int:
        """The tensors."""
        return self._state.kept_bytes

    def sample(self, shots: int, seed: int) -> Outcomes:
        """As the protocol has it."""
        last_qubit = max(self._qubits, default=-1)
        drawn = self._state.draw(shots, last_qubit, random_numbers(seed))
        rows = numpy.concatenate([self._rows(part.bits) for part in drawn])
        return Outcomes.of_rows(rows, numpy.concatenate([part.counts for part in drawn]))

    def _rows(self, bits: NDArray[numpy.uint8]) -> NDArray[numpy.uint8]:
        """Packed rows, of the qubits' bits for each outcome."""
        width = -(-self._num_bits // 8)
        memory = numpy.frombuffer(self._memory.to_bytes(width, "little"), dtype=numpy.uint8)
        shown = numpy.empty((self._num_bits, bits.shape[1]), dtype=numpy.uint8)
        shown[:] = numpy.unpackbits(memory, count=self._num_bits, bitorder="little")[:, None]
        shown[self._bits] = bits[self._qubits]
        return numpy.packbits(shown.T, axis=1, bitorder="little")


MATRIX_PRODUCT_STATE: Final = MatrixProductState()

# Tasks that take so many times their limit are refused in any case.
_HOPELESS: Final = 10
# Fewer qubits are quicker as a state vector, whatever the circuit.
_FEWEST_QUBITS: Final = 14
# Of a gate and an amplitude in the slowest state vector.
_DENSE_SECONDS: Final = 2e-9

# Fitted on the reference machine, on bricks of gates and chains of 16 to 300 qubits.
_SECONDS: Final = 1.7e-3
_QUBIT_SECONDS: Final = 160e-6
_GATE_SECONDS: Final = 50e-6
_SPLIT_SECONDS: Final = 60e-6
_WORK_SECONDS: Final = 7e-9
_DRAW_SECONDS_A_QUBIT: Final = 0.1e-6
_DRAW_SECONDS_A_NUMBER: Final = 0.8e-9
# Of Aer's own measurement of a qubit, shot by shot.
_MEASURE_SECONDS: Final = 6e-6


def _most_entangled(num_qubits: int, gates: int) -> Bound:
    """The bound for any circuit of so few qubits that a state vector is quicker in any case."""
    exponents = tuple(min(left, num_qubits - left) for left in range(1, num_qubits))
    widest = num_qubits // 2
    splits = gates * num_qubits
    return Bound(exponents, widest, splits, splits * 8.0 ** (1 + widest))


def _cost(circuit: Circuit, found: Bound, gates: int, shots: int) -> Cost:
    num_qubits = circuit.num_qubits
    widest = 1 << found.widest
    numbers = sum(
        2 << left + right
        for left, right in zip((0, *found.exponents), (*found.exponents, 0), strict=True)
    )
    evolution = found.splits * _SPLIT_SECONDS + found.work * _WORK_SECONDS
    seconds = _SECONDS + num_qubits * _QUBIT_SECONDS + gates * _GATE_SECONDS
    if circuit.terminal is not None:
        draws = num_qubits * _DRAW_SECONDS_A_QUBIT + numbers * _DRAW_SECONDS_A_NUMBER
        seconds += evolution + shots * draws
    else:
        # Most of a gate's time is that of writing it down.
        measuring = num_qubits * _MEASURE_SECONDS
        seconds += shots * (evolution + measuring + gates * _GATE_SECONDS / 4)
    memory_bytes = (
        THREAD_BYTES
        + LIBRARY_BYTES
        + BLOCK_BYTES
        + gates * _BYTES_A_GATE
        + num_qubits * _COPIES * 32 * widest**2
        + _WORKSPACE * 16 * (2 * widest) ** 2
        + shots * (12 * num_qubits + 4 * circuit.program.num_bits + _BYTES_A_SHOT)
    )
    return Cost(seconds, memory_bytes, f"little entanglement: bonds of {widest} at most")


# Measured in little memory, by the address space that was mapped at most.
_BYTES_A_GATE: Final = 2000
_COPIES: Final = 3
_WORKSPACE: Final = 8
_BYTES_A_SHOT: Final = 200
