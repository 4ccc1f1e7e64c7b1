"""Runs a program once for each history of measurements that happens, not once for each shot.

All shots start together. Where a measurement can go both ways they part: a binomial draw says how
many go each way, the state is copied, and each part goes on with its own. A part of one shot is a
plain run of the program, so the tree is never more work than running shot by shot but for the
copies, each of which saves the way from the start.

The smaller part goes first and the larger waits, so at most log2(shots) states wait at any time.
Where memory holds fewer, a part waits without a state: it is run again from the start, along its
history, when its turn comes. The draws are the same either way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeAlias

from numpy.random import Generator

from qcexec_engine.classical import Evaluate
from qcexec_engine.errors import CircuitTooLarge, EngineError, SemanticFault
from qcexec_engine.program import Gate, Measure, Reset, Unitary
from qcexec_engine.shot_tree.instructions import (
    Assign,
    Evolve,
    Instruction,
    Jump,
    Round,
    Sample,
    Unless,
)
from qcexec_engine.shot_tree.path import Choice, History, Path, S


class Simulator(Protocol[S]):
    """What makes states, and compiles gates for them."""

    def segment(self, gates: Sequence[Gate | Unitary], *, begins_in_zero: bool) -> Any:
        """Gates in a row, ready for `State.apply`: on |0...0> alone, where they begin in zero."""

    def start(self, spare: S | None) -> S:
        """All qubits in |0>, in the place of a state that is not needed where one is given."""


class ShotTree(Generic[S]):
    """A program with its simulator, to be sampled as often as one likes."""

    def __init__(
        self,
        instructions: Sequence[Instruction],
        simulator: Simulator[S],
        initial_memory: int,
        max_states: int,
        max_operations: int,
    ) -> None:
        """Runs what lies before the first measurement.

        Args:
            instructions: of `qcexec_engine.shot_tree.instructions`.
            simulator: on how many qubits, and how.
            initial_memory: of the program.
            max_states: how many states may exist at a time, at least 1.
            max_operations: how many operations inside loops one shot may run.

        Raises:
            CircuitTooLarge: as `sample`.
            SemanticFault: as `sample`.
        """
        self._instructions = tuple(
            # Nothing jumps to the first instruction, unless it is the head of a loop.
            _Segment(simulator, instruction.gates, begins_in_zero=place == 0)
            if isinstance(instruction, Evolve)
            else instruction
            for place, instruction in enumerate(instructions)
        )
        self._simulator = simulator
        self._initial_memory = initial_memory
        self._max_states = max_states
        self._max_operations = max_operations
        self._num_states = 0
        self._spare: list[S] = []
        self._stem = self._from_nothing(0) if max_states > 1 else None
        if self._stem is not None:
            self._follow(self._stem)

    @property
    def num_states(self) -> int:
        """How many states existed at a time in the last sampling; one of them stays."""
        return self._num_states

    @property
    def kept_states(self) -> int:
        """How many states exist between two samplings."""
        return 0 if self._stem is None else 1

    def sample(self, shots: int, random: Generator) -> dict[int, int]:
        """Values of the memory at the end of the shots, and how many ended with each.

        Raises:
            CircuitTooLarge: a loop never ends, or runs more operations than allowed.
            SemanticFault: the program divides by zero, or shifts by a negative number.
        """
        counts: dict[int, int] = {}
        waiting: list[_Part[S]] = [_Stateless(None, shots)]
        self._num_states = self.kept_states
        try:
            while waiting:
                part = waiting.pop()
                path = self._run_again(part) if isinstance(part, _Stateless) else part
                while not isinstance(choice := self._to_next_choice(path), Sample):
                    self._choose(path, choice, random, waiting)
                _end(path, choice, random, counts)
                self._spare.append(path.state)
        finally:
            self._spare.clear()
        return counts

    def _choose(
        self, path: Path[S], choice: Choice, random: Generator, waiting: list[_Part[S]]
    ) -> None:
        """Draws an outcome for each shot; those with the rarer one go on, and the others wait."""
        shots, probability = path.shots, choice.probability_of_one
        if shots == 1:
            path.choose(choice, int(random.random() < probability))
            return
        ones = int(random.binomial(shots, probability))
        rarer = int(2 * ones < shots)
        fewer = ones if rarer else shots - ones
        if fewer == 0:
            path.choose(choice, 1 - rarer)
            return
        if self._has_room():
            waiting.append(path.parted(choice, rarer, fewer, self._spare_or_new()))
            return
        waiting.append(_Stateless((1 - rarer, path.history), shots - fewer))
        path.shots = fewer
        path.choose(choice, rarer)

    def _has_room(self) -> bool:
        return bool(self._spare) or self._num_states < self._max_states

    def _spare_or_new(self) -> S | None:
        """A state that is not needed, or nothing, in whose place one more is made."""
        if self._spare:
            return self._spare.pop()
        self._num_states += 1
        return None

    def _from_nothing(self, shots: int) -> Path[S]:
        state = self._simulator.start(self._spare_or_new())
        return Path(state, self._initial_memory, shots)

    def _run_again(self, part: _Stateless) -> Path[S]:
        """The path that a part without a state is on, along its history."""
        stem = self._stem
        if stem is None or not self._has_room():
            path = self._from_nothing(part.shots)
        else:
            path = stem.copied(stem.state.copied(self._spare_or_new()), part.shots)
        for outcome in _in_order_of_time(part.history):
            choice = self._to_next_choice(path)
            if isinstance(choice, Sample):
                raise EngineError("a program ran another way when it was run again")
            path.choose(choice, outcome)
        return path

    def _to_next_choice(self, path: Path[S]) -> Choice | Sample:
        """Goes on to where the shots may part, or to the end."""
        while True:
            instruction = self._follow(path)
            if isinstance(instruction, Sample):
                return instruction
            probability = path.probability_of_one(instruction.qubit)
            if 0 < probability < 1:
                return Choice(instruction, probability)
            path.take(instruction, int(probability))

    def _follow(self, path: Path[S]) -> Measure | Reset | Sample:
        """Goes on to the next instruction that asks the state for an outcome."""
        instructions = self._instructions
        position, memory = path.position, path.memory
        while True:
            instruction = instructions[position]
            if type(instruction) is _Segment:
                if instruction.touched == 0:
                    instruction.compile()
                path.state.apply(instruction.compiled)
                path.at_rest &= ~instruction.touched
                position += 1
            elif isinstance(instruction, Measure | Reset | Sample):
                path.position, path.memory = position, memory
                return instruction
            elif type(instruction) is Unless:
                holds = _evaluated(instruction.condition, memory)
                position = position + 1 if holds else instruction.target
            elif type(instruction) is Jump:
                position = instruction.target
            elif type(instruction) is Assign:
                memory = _evaluated(instruction.update, memory)
                position += 1
            elif type(instruction) is Round:
                if _evaluated(instruction.condition, memory):
                    path.begin_round(position, memory, instruction.operations)
                    self._hold_to_the_limit(path)
                    position += 1
                else:
                    position = instruction.target

    def _hold_to_the_limit(self, path: Path[S]) -> None:
        if path.operations > self._max_operations:
            raise CircuitTooLarge(
                f"a shot runs more than {self._max_operations} operations inside while loops"
            )


class _Segment:
    """Applies gates. They are compiled when they are met first, for many a branch is never taken.

    Attributes:
        compiled: ready for `State.apply`.
        touched: the qubits that change, as a mask; 0 before the gates are compiled.
    """

    __slots__ = ("_begins_in_zero", "_gates", "_simulator", "compiled", "touched")

    def __init__(
        self, simulator: Simulator[Any], gates: Sequence[Gate | Unitary], *, begins_in_zero: bool
    ) -> None:
        self._simulator = simulator
        self._gates = gates
        self._begins_in_zero = begins_in_zero
        self.compiled: Any = None
        self.touched = 0

    def compile(self) -> None:
        """Makes the gates ready."""
        self.compiled = self._simulator.segment(self._gates, begins_in_zero=self._begins_in_zero)
        self.touched = _mask(self._gates)


class _Stateless(NamedTuple):
    """Shots that wait without a state."""

    history: History
    shots: int


_Part: TypeAlias = Path[S] | _Stateless


def _mask(gates: Iterable[Gate | Unitary]) -> int:
    mask = 0
    for gate in gates:
        for qubit in gate.qubits:
            mask |= 1 << qubit
    return mask


def _end(path: Path[S], end: Sample, random: Generator, counts: dict[int, int]) -> None:
    memory = path.memory
    if not end.pairs:
        counts[memory] = counts.get(memory, 0) + path.shots
        return
    memory &= end.others
    for value, count in path.state.sample(end.pairs, path.shots, random):
        ended = memory | value
        counts[ended] = counts.get(ended, 0) + count


def _evaluated(evaluate: Evaluate, memory: int) -> int:
    try:
        return evaluate(memory)
    except ZeroDivisionError:
        raise SemanticFault("the circuit divides by zero when it runs") from None
    except ArithmeticError as error:
        raise SemanticFault(f"a classical value cannot be computed: {error}") from None


def _in_order_of_time(history: History) -> list[int]:
    outcomes = []
    while history is not None:
        outcome, history = history
        outcomes.append(outcome)
    outcomes.reverse()
    return outcomes
