"""Dense states for the shot tree, kept by the kernel.

All states of a tree share the room that a run of a plan needs, for they run in turn, and one
control, so that all end when one is told to.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, Self, TypeAlias

import numpy
from numpy.random import Generator

from qcexec_engine.dense import kernel_run
from qcexec_engine.dense.kernel_cost import Precision
from qcexec_engine.program import Gate, Unitary
from qcexec_engine.sampling import Distribution, draw_bit
from qcexec_kernel import Control, Gates, Plan, SpareMemory, SpareThreads, State

Segment: TypeAlias = tuple[Plan, ...] | tuple[Gates, ...]
"""Gates in a row, planned or not, in pieces."""


class Making(NamedTuple):
    """What the states of a tree have in common.

    Attributes:
        num_qubits: at least one.
        precision: of the amplitudes.
        spare_threads: that their runs may take.
        memory: where they lie.
        control: says whether what is done with any of them is to end.
    """

    num_qubits: int
    precision: Precision
    spare_threads: SpareThreads | None
    memory: SpareMemory
    control: Control

    def state(self) -> State:
        """All qubits in |0>. Raises MemoryError."""
        return kernel_run.new_state(*self)


class KernelSimulator:
    """Makes states of some number of qubits.

    Another thread may set `control.stop` to 1: then all that is being done with its states, and
    planning for them, raises `qcexec_kernel.Stopped`.
    """

    def __init__(
        self,
        num_qubits: int,
        precision: Precision = "double",
        spare_threads: SpareThreads | None = None,
        spare_memory: SpareMemory | None = None,
    ) -> None:
        memory = SpareMemory() if spare_memory is None else spare_memory
        self.control: Final = Control()
        self._making = Making(max(1, num_qubits), precision, spare_threads, memory, self.control)

    def segment(self, gates: Sequence[Gate | Unitary], *, begins_in_zero: bool) -> Segment:
        """The plans that together are the gates, or the gates themselves.

        Raises:
            MemoryError: the process could not get the memory.
        """
        num_qubits, precision = self._making[:2]
        if not is_planned(len(gates), num_qubits):
            return tuple(kernel_run.segment_gates(gates, num_qubits))
        return tuple(
            kernel_run.segment_plans(
                *(gates, num_qubits, precision, self.control), begins_in_zero=begins_in_zero
            )
        )

    def start(self, spare: KernelState | None) -> KernelState:
        """All qubits in |0>.

        Raises:
            MemoryError: the process could not get the memory.
        """
        if spare is None:
            return KernelState(self._making)
        spare.amplitudes.clear()
        return spare


class KernelState:
    """A `qcexec_kernel.State` as `qcexec_engine.shot_tree.path.State`."""

    def __init__(self, making: Making) -> None:
        """All qubits in |0>. Raises MemoryError."""
        self._making: Final = making
        self.amplitudes: Final = making.state()

    def apply(self, segment: Segment) -> None:
        """Does gates.

        Raises:
            MemoryError: the process could not get the memory for the plans' tables.
        """
        for piece in segment:
            if isinstance(piece, Gates):
                self.amplitudes.apply(piece)
            else:
                self.amplitudes.run(piece)

    def probability_of_one(self, qubit: int) -> float:
        """How likely a measurement gives one, but for rounding."""
        return self.amplitudes.probability(qubit)

    def collapse(self, qubit: int, outcome: int) -> None:
        """Projects on an outcome, and normalises."""
        self.amplitudes.collapse(qubit, outcome)

    def parted(self, qubit: int, outcome: int, spare: Self | None) -> Self:
        """Projects on an outcome, and another state on the other one.

        Raises:
            MemoryError: no state is given, and the process could not get the memory for one.
        """
        others = type(self)(self._making) if spare is None else spare
        self.amplitudes.split(qubit, outcome, others.amplitudes)
        return others

    def flip(self, qubit: int) -> None:
        """Applies X."""
        self.amplitudes.flip(qubit)

    def copied(self, spare: Self | None) -> Self:
        """A copy.

        Raises:
            MemoryError: no state is given, and the process could not get the memory for one.
        """
        copy = type(self)(self._making) if spare is None else spare
        copy.amplitudes.copy_from(self.amplitudes)
        return copy

    def sample(
        self, pairs: tuple[tuple[int, int], ...], shots: int, random: Generator
    ) -> Iterable[tuple[int, int]]:
        """Draws from all amplitudes, and shows the qubits that are asked for."""
        if len(pairs) == 1:
            ((qubit, bit),) = pairs
            return draw_bit(bit, self.probability_of_one(qubit), shots, random)
        qubits = [qubit for qubit, _ in pairs]
        if len(qubits) <= _FEW_QUBITS:
            return _drawn_from_few(self.amplitudes.weights(qubits), _shown(pairs), shots, random)
        if shots >> len(qubits):
            distribution = Distribution(self.amplitudes.probabilities(qubits))
            outcomes, counts = distribution.draw(shots, random)
        else:
            uniforms = random.random(shots)
            uniforms.sort()
            drawn = self.amplitudes.sample(qubits, uniforms).view(numpy.int64)
            outcomes, counts = numpy.unique(drawn, return_counts=True)
        values = [_value(outcome, pairs) for outcome in outcomes.tolist()]
        return zip(values, counts.tolist(), strict=True)


def is_planned(num_gates: int, num_qubits: int) -> bool:
    """Whether so many gates in a row are quicker with a plan, which takes qubits in order."""
    if num_qubits < _PLANNED_QUBITS:
        return False
    return num_gates >= (_PLANNED_GATES if num_qubits < _UNCACHED_QUBITS else _UNCACHED_GATES)


# Measured for 2 to 22 qubits and 3 to 300 gates of all kinds.
_PLANNED_QUBITS: Final = 15
_PLANNED_GATES: Final = 64
_UNCACHED_QUBITS: Final = 19
"""A state of so many does not fit into the last cache."""
_UNCACHED_GATES: Final = 15


def _value(outcome: int, pairs: Sequence[tuple[int, int]]) -> int:
    """What the bits show of an outcome of the qubits."""
    value = 0
    for place, (_, bit) in enumerate(pairs):
        value |= (outcome >> place & 1) << bit
    return value


@functools.lru_cache(maxsize=256)
def _shown(pairs: tuple[tuple[int, int], ...]) -> tuple[int, ...]:
    """What the bits show of each outcome."""
    return tuple(_value(outcome, pairs) for outcome in range(1 << len(pairs)))


def _drawn_from_few(
    weights: Sequence[float], shown: Sequence[int], shots: int, random: Generator
) -> Iterable[tuple[int, int]]:
    """Draws in plain Python, which is quicker than numpy for few outcomes."""
    least = _ROUNDING * sum(weights)
    possible = [place for place, weight in enumerate(weights) if weight > least]
    if len(possible) == 1:
        return ((shown[possible[0]], shots),)
    total = sum([weights[place] for place in possible])
    if shots == 1:
        point = random.random() * total
        for place in possible:
            point -= weights[place]
            if point < 0:
                break
        return ((shown[place], 1),)
    drawn = random.multinomial(shots, [weights[place] / total for place in possible]).tolist()
    return ((shown[place], count) for place, count in zip(possible, drawn, strict=True) if count)


_FEW_QUBITS: Final = 7
_ROUNDING: Final = 1e-24
"""What is less probable is what rounding left of zero."""
