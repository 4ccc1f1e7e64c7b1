"""Shots that had the same outcomes so far: their state, their memory, and where they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Generic, NamedTuple, Protocol, Self, TypeAlias, TypeVar

from numpy.random import Generator

from qcexec_engine.errors import CircuitTooLarge
from qcexec_engine.program import Measure, Reset


class State(Protocol):
    """A quantum state that changes in place."""

    def apply(self, segment: Any) -> None:
        """Applies gates, as the state's own simulator has compiled them."""

    def probability_of_one(self, qubit: int) -> float:
        """How likely a measurement gives one."""

    def collapse(self, qubit: int, outcome: int) -> None:
        """Projects on an outcome, and normalises."""

    def parted(self, qubit: int, outcome: int, spare: Self | None) -> Self:
        """Projects on an outcome, and gives what is left of it by the other one.

        That lies in the place of a state that is no longer needed where one is given.
        """

    def flip(self, qubit: int) -> None:
        """Applies X."""

    def copied(self, spare: Self | None) -> Self:
        """A copy, in the place of a state that is no longer needed where one is given."""

    def sample(
        self, pairs: tuple[tuple[int, int], ...], shots: int, random: Generator
    ) -> Iterable[tuple[int, int]]:
        """Measures qubits into bits, and gives values of the bits and how often each was seen.

        A value may come more than once. The state may be anything afterwards.
        """


S = TypeVar("S", bound=State)

History: TypeAlias = "tuple[int, History] | None"
"""The outcomes that were taken where both were possible, the last one first."""


class Choice(NamedTuple):
    """A measurement or reset that can go both ways."""

    instruction: Measure | Reset
    probability_of_one: float


class Path(Generic[S]):
    """Shots that part from no others so far.

    Attributes:
        state: what their qubits are in, theirs alone.
        memory: what their classical bits are.
        shots: how many they are.
        position: the instruction that is next.
        history: what tells them from the other shots.
        at_rest: the qubits, as a mask, that nothing has changed since they were last measured.
        operations: how many they have run inside loops.
    """

    __slots__ = (
        "_measurements",
        "_outcomes",
        "_round_began",
        "at_rest",
        "history",
        "memory",
        "operations",
        "position",
        "shots",
        "state",
    )

    def __init__(self, state: S, memory: int, shots: int) -> None:
        self.state = state
        self.memory = memory
        self.shots = shots
        self.position = 0
        self.history: History = None
        self.at_rest = 0
        self.operations = 0
        self._outcomes = 0
        self._measurements = 0
        self._round_began = (-1, 0, 0)

    def copied(self, state: S, shots: int) -> Path[S]:
        """The same place in the program, with a state and a number of shots of its own."""
        path = Path(state, self.memory, shots)
        path.position = self.position
        path.history = self.history
        path.at_rest = self.at_rest
        path.operations = self.operations
        path._outcomes = self._outcomes
        path._measurements = self._measurements
        path._round_began = self._round_began
        return path

    def probability_of_one(self, qubit: int) -> float:
        """How likely a measurement gives one; exactly 0 or 1 where it is certain."""
        if self.at_rest >> qubit & 1:
            return float(self._outcomes >> qubit & 1)
        probability = self.state.probability_of_one(qubit)
        if probability < _CERTAIN:
            return 0.0
        return probability if probability < 1 - _CERTAIN else 1.0

    def choose(self, choice: Choice, outcome: int) -> None:
        """Goes on with one of two possible outcomes."""
        self.state.collapse(choice.instruction.qubit, outcome)
        self.take_chosen(choice, outcome)

    def parted(self, choice: Choice, outcome: int, shots: int, spare: S | None) -> Path[S]:
        """Goes on with one of two possible outcomes and so many shots; gives the other ones."""
        state = self.state.parted(choice.instruction.qubit, outcome, spare)
        others = self.copied(state, self.shots - shots)
        others.take_chosen(choice, 1 - outcome)
        self.shots = shots
        self.take_chosen(choice, outcome)
        return others

    def take_chosen(self, choice: Choice, outcome: int) -> None:
        """Goes on with one of two possible outcomes, which the state has."""
        self.history = (outcome, self.history)
        self.take(choice.instruction, outcome)

    def take(self, instruction: Measure | Reset, outcome: int) -> None:
        """Goes on behind a measurement or reset with the outcome that the state has."""
        self.position += 1
        self._measurements += 1
        qubit = 1 << instruction.qubit
        self.at_rest |= qubit
        if type(instruction) is Reset:
            if outcome:
                self.state.flip(instruction.qubit)
            outcome = 0
        elif type(instruction) is Measure and instruction.bit is not None:
            bit = 1 << instruction.bit
            self.memory = self.memory | bit if outcome else self.memory & ~bit
        self._outcomes = self._outcomes | qubit if outcome else self._outcomes & ~qubit

    def begin_round(self, position: int, memory: int, operations: int) -> None:
        """Counts a round of the loop at a position.

        Raises:
            CircuitTooLarge: the round before this one measured nothing and left the memory as it
                was, so this one ends the same way, and so on for ever.
        """
        began = (position, memory, self._measurements)
        if began == self._round_began:
            raise CircuitTooLarge(
                "a while loop never ends: its condition holds, and nothing in it changes that"
            )
        self._round_began = began
        self.operations += operations


_CERTAIN: Final = 1e-12
"""A probability this near to 0 or 1 is rounding."""
