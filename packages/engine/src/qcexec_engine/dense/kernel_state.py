"""A dense state for the shot tree, kept by the kernel, in double precision."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Self

import numpy
from numpy.random import Generator

from qcexec_engine.dense import kernel_run
from qcexec_engine.program import Gate, Unitary
from qcexec_engine.sampling import Distribution, draw_bit
from qcexec_kernel import Plan, State


class KernelSimulator:
    """Makes states of some number of qubits, at least one."""

    def __init__(self, num_qubits: int) -> None:
        self._num_qubits = num_qubits

    def segment(self, gates: Sequence[Gate | Unitary]) -> tuple[Plan, ...]:
        """The plans that together are the gates.

        Raises:
            MemoryError: the process could not get the memory.
        """
        return tuple(kernel_run.segment_plans(gates, self._num_qubits))

    def start(self, spare: KernelState | None) -> KernelState:
        """All qubits in |0>.

        Raises:
            MemoryError: the process could not get the memory.
        """
        if spare is None:
            return KernelState(kernel_run.zero_state(self._num_qubits))
        spare.amplitudes.clear()
        return spare


class KernelState:
    """A `qcexec_kernel.State` as `qcexec_engine.shot_tree.path.State`."""

    def __init__(self, amplitudes: State) -> None:
        self.amplitudes: Final = amplitudes

    def apply(self, segment: tuple[Plan, ...]) -> None:
        """Runs plans.

        Raises:
            MemoryError: the process could not get the memory for the plans' tables.
        """
        for plan in segment:
            self.amplitudes.run(plan)

    def probability_of_one(self, qubit: int) -> float:
        """How likely a measurement gives one, but for rounding."""
        return self.amplitudes.probability(qubit)

    def collapse(self, qubit: int, outcome: int, probability_of_one: float) -> None:  # noqa: ARG002
        """Projects on an outcome, and normalises; the kernel weighs the outcome itself."""
        self.amplitudes.collapse(qubit, outcome)

    def flip(self, qubit: int) -> None:
        """Applies X."""
        self.amplitudes.flip(qubit)

    def copied(self, spare: Self | None) -> Self:
        """A copy.

        Raises:
            MemoryError: no state is given, and the process could not get the memory for one.
        """
        if spare is None:
            spare = type(self)(kernel_run.zero_state(self.amplitudes.num_qubits))
        spare.amplitudes.copy_from(self.amplitudes)
        return spare

    def sample(
        self, pairs: tuple[tuple[int, int], ...], shots: int, random: Generator
    ) -> Iterable[tuple[int, int]]:
        """Draws from all amplitudes, and shows the qubits that are asked for."""
        if len(pairs) == 1:
            ((qubit, bit),) = pairs
            return draw_bit(bit, self.probability_of_one(qubit), shots, random)
        qubits = [qubit for qubit, _ in pairs]
        if shots >> len(qubits):
            distribution = Distribution(self.amplitudes.probabilities(qubits))
            outcomes, counts = distribution.draw(shots, random)
        else:
            uniforms = random.random(shots)
            uniforms.sort()
            drawn = self.amplitudes.sample(qubits, uniforms).view(numpy.int64)
            outcomes, counts = numpy.unique(drawn, return_counts=True)
        bits = [bit for _, bit in pairs]
        values = [_value(outcome, bits) for outcome in outcomes.tolist()]
        return zip(values, counts.tolist(), strict=True)


def _value(outcome: int, bits: Sequence[int]) -> int:
    """What the bits show of an outcome."""
    value = 0
    for place, bit in enumerate(bits):
        value |= (outcome >> place & 1) << bit
    return value
