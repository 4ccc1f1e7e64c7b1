"""A dense state for the shot tree, kept by qulacs.

qulacs ends the process when an allocation fails, so the memory of each new state is asked of the
system first.
"""

from __future__ import annotations

import functools
import mmap
from collections.abc import Iterable, Sequence
from typing import Any, Final, Self

import numpy
from numpy.random import Generator

from qcexec_engine.dense import qulacs_gates
from qcexec_engine.program import Gate, Unitary
from qcexec_engine.sampling import Distribution, draw_bit


class DenseSimulator:
    """Makes states of some number of qubits, at least one."""

    def __init__(self, num_qubits: int) -> None:
        self._num_qubits = max(1, num_qubits)

    def segment(self, gates: Sequence[Gate | Unitary]) -> Any:
        """A `qulacs.QuantumCircuit`."""
        return qulacs_gates.circuit(self._num_qubits, gates)

    def start(self, spare: DenseState | None) -> DenseState:
        """All qubits in |0>.

        Raises:
            MemoryError: the system does not give the memory for it.
        """
        if spare is None:
            return DenseState(self._num_qubits)
        spare.vector.set_zero_state()
        return spare


class DenseState:
    """A `qulacs.QuantumState` as `qcexec_engine.shot_tree.tree.State`."""

    def __init__(self, num_qubits: int) -> None:
        """Starts in |0...0>.

        Raises:
            MemoryError: the system does not give the memory for it.
        """
        from qulacs import QuantumState

        _ask_for(state_bytes(num_qubits))
        self.vector = QuantumState(num_qubits)
        self._num_qubits = num_qubits

    def apply(self, segment: Any) -> None:
        """Runs a circuit of qulacs."""
        segment.update_quantum_state(self.vector)

    def probability_of_one(self, qubit: int) -> float:
        """How likely a measurement gives one, but for rounding."""
        if self._num_qubits < _SUMMED_BY_NUMPY:
            return 1.0 - float(self.vector.get_zero_probability(qubit))
        parts = self.vector.get_vector().view(numpy.float64).reshape(-1, 2, 2 << qubit)
        return float(numpy.einsum("ij,ij->", parts[:, 1], parts[:, 1]))

    def collapse(self, qubit: int, outcome: int, probability_of_one: float) -> None:
        """Projects on an outcome, and normalises."""
        projector = qulacs_gates.projector(qubit, outcome)
        projector.update_quantum_state(self.vector)
        probability = probability_of_one if outcome else 1.0 - probability_of_one
        if probability < _RARE:
            # One minus nearly one has lost its digits.
            probability = self.vector.get_squared_norm()
        self.vector.normalize(probability)

    def flip(self, qubit: int) -> None:
        """Applies X."""
        qulacs_gates.flip(qubit).update_quantum_state(self.vector)

    def copied(self, spare: Self | None) -> Self:
        """A copy.

        Raises:
            MemoryError: no state is given, and the system does not give the memory for one.
        """
        if spare is None:
            spare = type(self)(self._num_qubits)
        spare.vector.load(self.vector)
        return spare

    def sample(
        self, pairs: tuple[tuple[int, int], ...], shots: int, random: Generator
    ) -> Iterable[tuple[int, int]]:
        """Draws from all amplitudes, and shows the qubits that are asked for."""
        if len(pairs) == 1:
            ((qubit, bit),) = pairs
            return draw_bit(bit, self.probability_of_one(qubit), shots, random)
        amplitudes = self.vector.get_vector()
        if self._num_qubits <= _TINY:
            return _drawn_from_few(
                amplitudes.tolist(), _shown(amplitudes.size, pairs), shots, random
            )
        probabilities = numpy.square(amplitudes.real)
        probabilities += numpy.square(amplitudes.imag)
        del amplitudes
        if shots == 1:
            sums = probabilities.cumsum(out=probabilities)
            index = sums.searchsorted(random.random() * sums[-1], "right")
            # Rounding can lift the number to the sum itself, behind the last possible outcome.
            return ((_value(min(int(index), int(sums.searchsorted(sums[-1]))), pairs), 1),)
        indices, counts = Distribution(probabilities).draw(shots, random)
        if pairs[-1][1] > _WIDEST_INTEGER:
            values = [_value(index, pairs) for index in indices.tolist()]
        else:
            shown = numpy.zeros_like(indices)
            for qubit, bit in pairs:
                shown |= (indices >> qubit & 1) << bit
            values = shown.tolist()
        return zip(values, counts.tolist(), strict=True)


def state_bytes(num_qubits: int) -> int:
    """What a state takes: two doubles for each amplitude."""
    return 16 << max(1, num_qubits)


def sampling_bytes(num_qubits: int) -> int:
    """What `DenseState.sample` takes beside the state, but for the shots."""
    return 32 << max(1, num_qubits)


_RARE: Final = 1e-4
_SMALL: Final = 1 << 16
_TINY: Final = 7
"""Up to so many qubits, plain Python is quicker than numpy."""
_WIDEST_INTEGER: Final = 62
_SUMMED_BY_NUMPY: Final = 10
"""From so many qubits on, numpy sums squares quicker than qulacs, copy included."""


def _value(index: int, pairs: Sequence[tuple[int, int]]) -> int:
    """What the bits show of a basis state."""
    value = 0
    for qubit, bit in pairs:
        value |= (index >> qubit & 1) << bit
    return value


@functools.lru_cache(maxsize=256)
def _shown(size: int, pairs: tuple[tuple[int, int], ...]) -> tuple[int, ...]:
    """What the bits show of each basis state."""
    return tuple(_value(index, pairs) for index in range(size))


def _drawn_from_few(
    amplitudes: Sequence[complex], shown: Sequence[int], shots: int, random: Generator
) -> Iterable[tuple[int, int]]:
    weights: dict[int, float] = {}
    for amplitude, value in zip(amplitudes, shown, strict=True):
        weight = amplitude.real * amplitude.real + amplitude.imag * amplitude.imag
        if weight > _ROUNDING:
            weights[value] = weights.get(value, 0.0) + weight
    if len(weights) == 1:
        return ((value, shots) for value in weights)
    total = sum(weights.values())
    counts = random.multinomial(shots, [weight / total for weight in weights.values()]).tolist()
    return ((value, count) for value, count in zip(weights, counts, strict=True) if count)


_ROUNDING: Final = 1e-24
"""An amplitude's square below this is what rounding left of zero."""


def _ask_for(num_bytes: int) -> None:
    """Raises MemoryError where the system would not give so much."""
    if num_bytes < _SMALL:
        return
    try:
        mmap.mmap(-1, num_bytes).close()
    except OSError as error:
        raise MemoryError(f"no {num_bytes} bytes for a state vector") from error
