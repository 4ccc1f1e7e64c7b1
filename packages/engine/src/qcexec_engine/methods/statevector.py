"""All amplitudes at once, in double precision, by qulacs.

The final state is turned into the distribution of the measured qubits, and that alone is kept: to
draw again takes no simulation. qulacs ends the process when it gets no memory, so the memory is
asked for beforehand.
"""

from __future__ import annotations

import functools
import importlib.util
import mmap
from collections.abc import Sequence
from typing import Any, Final

import numpy
from numpy.typing import NDArray

from qcexec_engine.analysis.circuit import Circuit
from qcexec_engine.analysis.numbering import renumbered
from qcexec_engine.dense import dense_cost, qulacs_gates, small_state
from qcexec_engine.limits import Limits
from qcexec_engine.methods.method import Cost
from qcexec_engine.outcomes import Outcomes
from qcexec_engine.program import Operation
from qcexec_engine.readout import Readout
from qcexec_engine.sampling import Distribution, random_numbers

# Gates are handed over in pieces, so that a long circuit is not held twice.
_PIECE: Final = 1000
# Final states are read in blocks of so many qubits: 1 MiB each.
_BLOCK_QUBITS: Final = 16
_FIXED_BYTES: Final = 4 << 20
_BYTES_PER_SHOT: Final = 48
_PROBED_QUBITS: Final = 14


class Statevector:
    """The method for circuits that measure at the end."""

    name: Final = "statevector"

    def missing(self) -> str | None:
        """Why qulacs cannot be used here, if it cannot."""
        return _missing()

    def floor_seconds(self, circuit: Circuit) -> float:  # noqa: ARG002
        """As the protocol has it."""
        return small_state.FIXED_SECONDS

    def cost(self, circuit: Circuit, shots: int, limits: Limits) -> Cost | None:
        """None for circuits that measure in the middle, or have more qubits than allowed."""
        num_qubits = circuit.num_qubits
        terminal = circuit.terminal
        if terminal is None or num_qubits > limits.max_qubits:
            return None
        if small_state.is_small(circuit.gate_counts, num_qubits):
            seconds = small_state.seconds(sum(circuit.gate_counts.values()), num_qubits)
        else:
            seconds = dense_cost.cost(circuit.gate_counts, num_qubits).seconds
        seconds += dense_cost.sampling_seconds(len(terminal), shots)
        return Cost(seconds, _memory_bytes(circuit, shots), "few qubits, measured at the end")

    def prepare(self, circuit: Circuit, limits: Limits) -> FinalState:  # noqa: ARG002
        """Computes the final state, and what the measured qubits show of it."""
        terminal = circuit.terminal
        if terminal is None:
            raise ValueError("the circuit measures in the middle")
        program = circuit.program
        readout = Readout(terminal, program.num_bits, program.initial_memory)
        gates = program.operations[: len(program.operations) - len(terminal)]
        return FinalState(_distribution(circuit, gates, readout), readout)


class FinalState:
    """What the measurements at the end show, ready to be drawn from."""

    def __init__(self, distribution: Distribution, readout: Readout) -> None:
        self._distribution = distribution
        self._readout = readout
        self._rows = None if distribution.possible is None else readout.rows(distribution.possible)

    @property
    def kept_bytes(self) -> int:
        """The distribution, and the rows where they are few."""
        return self._distribution.kept_bytes + (0 if self._rows is None else self._rows.nbytes)

    def sample(self, shots: int, seed: int) -> Outcomes:
        """So many shots, counted."""
        places, counts = self._distribution.draw_places(shots, random_numbers(seed))
        rows = self._rows
        if rows is None:
            rows = self._readout.rows(places)
        elif len(places) < len(rows):
            rows = rows[places]
        return Outcomes(rows, counts)


STATEVECTOR: Final = Statevector()


def probabilities(
    gates: Sequence[Operation], num_qubits: int, measured: Sequence[int], merges: bool = False
) -> NDArray[numpy.float64]:
    """How likely each outcome of the measured qubits is after gates on |0...0>.

    Shape (2^measured,); bit j of an outcome's number is the j-th measured qubit. The sum is one
    but for rounding. `merges` has gates on one qubit merged into their neighbours.

    Raises:
        MemoryError: the process could not get the memory.
    """
    if num_qubits == 0:
        return numpy.ones(1)
    from qulacs import QuantumState
    from qulacs.circuit import QuantumCircuitOptimizer

    if num_qubits >= _PROBED_QUBITS:
        _probe((16 << num_qubits) + (8 << len(measured)) + (64 << _BLOCK_QUBITS))
    state = QuantumState(num_qubits)
    numbers = _numbers(num_qubits, measured)
    for start in range(0, len(gates), _PIECE):
        piece = gates[start : start + _PIECE]
        if numbers is not None:
            piece = renumbered(piece, numbers)
        written = qulacs_gates.circuit(num_qubits, piece)
        if merges:
            QuantumCircuitOptimizer().optimize_light(written)
        written.update_quantum_state(state)
    return _marginal(state, num_qubits, len(measured))


@functools.cache
def _missing() -> str | None:
    return None if importlib.util.find_spec("qulacs") else "qulacs is not installed"


def _distribution(circuit: Circuit, gates: Sequence[Operation], readout: Readout) -> Distribution:
    num_qubits = circuit.num_qubits
    measured = readout.qubits
    if small_state.is_small(circuit.gate_counts, num_qubits):
        numbers = _numbers(num_qubits, measured)
        if numbers is not None:
            gates = renumbered(gates, numbers)
        few = small_state.probabilities(gates, num_qubits)
        if len(measured) < num_qubits:
            shown = 1 << len(measured)
            few = [sum(few[outcome::shown]) for outcome in range(shown)]
        return Distribution(few)
    _, merges = dense_cost.cost(circuit.gate_counts, num_qubits)
    return Distribution(probabilities(gates, num_qubits, measured, merges))


def _numbers(num_qubits: int, measured: Sequence[int]) -> list[int] | None:
    """New numbers that put the measured qubits first, in this order; None where they are."""
    if tuple(measured) == tuple(range(len(measured))):
        return None
    others = set(range(num_qubits)).difference(measured)
    numbers = [0] * num_qubits
    for number, qubit in enumerate((*measured, *sorted(others))):
        numbers[qubit] = number
    return numbers


def _memory_bytes(circuit: Circuit, shots: int) -> int:
    num_qubits = circuit.num_qubits
    row_bytes = -(-circuit.program.num_bits // 8)
    blocks = 64 << min(num_qubits, _BLOCK_QUBITS)
    measured = min(num_qubits, len(circuit.terminal or ()))
    distinct = min(shots, 1 << measured)
    return (
        (16 << num_qubits)
        + (8 << measured)
        + blocks
        + shots * _BYTES_PER_SHOT
        + 2 * distinct * row_bytes
        + _FIXED_BYTES
    )


def _marginal(state: Any, num_qubits: int, num_measured: int) -> NDArray[numpy.float64]:
    if num_qubits <= _BLOCK_QUBITS:
        return _summed(_squares(state.get_vector()), num_measured)
    from qulacs.state import drop_qubit

    high_qubits = list(range(_BLOCK_QUBITS, num_qubits))
    block_measured = min(num_measured, _BLOCK_QUBITS)
    marginal = numpy.zeros((1 << (num_measured - block_measured), 1 << block_measured))
    for value in range(1 << len(high_qubits)):
        bits = [value >> place & 1 for place in range(len(high_qubits))]
        block = drop_qubit(state, high_qubits, bits).get_vector()
        marginal[value & (len(marginal) - 1)] += _summed(_squares(block), block_measured)
    return marginal.ravel()


def _squares(amplitudes: NDArray[numpy.complex128]) -> NDArray[numpy.float64]:
    real = amplitudes.real
    imaginary = amplitudes.imag
    squares: NDArray[numpy.float64] = real * real
    squares += imaginary * imaginary
    return squares


def _summed(squares: NDArray[numpy.float64], num_qubits: int) -> NDArray[numpy.float64]:
    """The sum over all qubits but the first ones."""
    if len(squares) == 1 << num_qubits:
        return squares
    summed: NDArray[numpy.float64] = squares.reshape(-1, 1 << num_qubits).sum(axis=0)
    return summed


def _probe(num_bytes: int) -> None:
    """Raises MemoryError where so much cannot be had."""
    try:
        mmap.mmap(-1, num_bytes, flags=mmap.MAP_PRIVATE).close()
    except OSError as error:
        raise MemoryError(f"no {num_bytes} bytes for a state vector") from error
