"""A stabilizer state for the shot tree, kept by stim as a tableau."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Self

from numpy.random import Generator

from qcexec_engine.program import Gate, Unitary
from qcexec_engine.stabilizers.affine_outcomes import AffineOutcomes
from qcexec_engine.stabilizers.text import gates_as_text


class TableauSimulator:
    """Makes states of some number of qubits."""

    def __init__(self, num_qubits: int) -> None:
        self._num_qubits = num_qubits

    def segment(self, gates: Sequence[Gate | Unitary], *, begins_in_zero: bool) -> Any:  # noqa: ARG002
        """A `stim.Circuit`."""
        from stim import Circuit

        return Circuit(gates_as_text(gates))

    def start(self, spare: TableauState | None) -> TableauState:  # noqa: ARG002
        """All qubits in |0>; a spare state is of no use."""
        from stim import TableauSimulator

        # What stim draws itself is never used: outcomes are chosen by the tree.
        simulator = TableauSimulator(seed=0)
        simulator.set_num_qubits(self._num_qubits)
        return TableauState(simulator)


class TableauState:
    """A `stim.TableauSimulator` as `qcexec_engine.shot_tree.tree.State`."""

    def __init__(self, simulator: Any) -> None:
        self._simulator = simulator

    def apply(self, segment: Any) -> None:
        """Runs a circuit of stim."""
        self._simulator.do_circuit(segment)

    def probability_of_one(self, qubit: int) -> float:
        """How likely a measurement gives one: 0, 1 or exactly a half."""
        return _PROBABILITY_OF_ONE[self._simulator.peek_z(qubit)]

    def collapse(self, qubit: int, outcome: int) -> None:
        """Projects on an outcome."""
        self._simulator.postselect_z(qubit, desired_value=bool(outcome))

    def parted(self, qubit: int, outcome: int, spare: Self | None) -> Self:
        """Projects on an outcome, and a copy on the other one."""
        others = self.copied(spare)
        others.collapse(qubit, 1 - outcome)
        self.collapse(qubit, outcome)
        return others

    def flip(self, qubit: int) -> None:
        """Applies X."""
        self._simulator.x(qubit)

    def copied(self, spare: Self | None) -> Self:  # noqa: ARG002
        """A copy; a spare state is of no use."""
        return type(self)(self._simulator.copy(seed=0))

    def sample(
        self, pairs: tuple[tuple[int, int], ...], shots: int, random: Generator
    ) -> Iterable[tuple[int, int]]:
        """Draws many shots from what the tableau tells; few are quicker measured one by one."""
        peek = self._simulator.peek_z
        coins = sum(peek(qubit) == 0 for qubit, _ in pairs)
        if coins < _FEW_COINS:
            return _parted(self._simulator, pairs, 0, shots, random)
        if shots < _FEW_SHOTS:
            return [(self._measured(pairs, random), 1) for _ in range(shots)]
        num_bits = 1 + max(bit for _, bit in pairs)
        outcomes = AffineOutcomes(self._simulator, pairs, num_bits).draw(shots, random)
        values = [int.from_bytes(row.tobytes(), "little") for row in outcomes.rows]
        return zip(values, outcomes.counts.tolist(), strict=True)

    def _measured(self, pairs: Sequence[tuple[int, int]], random: Generator) -> int:
        """One shot, by stim's own random numbers."""
        simulator = self._simulator.copy(seed=int(random.integers(1 << 63)))
        outcomes = simulator.measure_many(*[qubit for qubit, _ in pairs])
        return sum(1 << bit for (_, bit), outcome in zip(pairs, outcomes, strict=True) if outcome)


def state_bytes(num_qubits: int) -> int:
    """What a state takes: stim rounds the sides of its four square tables of bits up."""
    side = -(-max(1, num_qubits) // 256) * 256
    return 4 * side * side // 8 + 4096


_FEW_COINS: Final = 4
_FEW_SHOTS: Final = 8

_PROBABILITY_OF_ONE: Final = {1: 0.0, 0: 0.5, -1: 1.0}
"""By the expected value of Z."""


def _parted(
    simulator: Any, pairs: Sequence[tuple[int, int]], value: int, shots: int, random: Generator
) -> Iterator[tuple[int, int]]:
    """Values with counts, of shots that have shown a value in the bits before these."""
    for place, (qubit, bit) in enumerate(pairs):
        expected = simulator.peek_z(qubit)
        if expected == 0:
            ones = int(random.binomial(shots, 0.5))
            if 0 < ones < shots:
                other = simulator.copy(seed=0)
                other.postselect_z(qubit, desired_value=True)
                yield from _parted(other, pairs[place + 1 :], value | 1 << bit, ones, random)
                shots -= ones
                ones = 0
            simulator.postselect_z(qubit, desired_value=ones > 0)
            value |= (ones > 0) << bit
        elif expected < 0:
            value |= 1 << bit
    yield value, shots
