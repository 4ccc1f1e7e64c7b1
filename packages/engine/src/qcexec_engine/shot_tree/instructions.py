"""A program as a list of instructions with jumps, for whoever runs it shot by shot.

Blocks become jumps, so that a point in a run is one number, however deep its loops lie. Gates in a
row are one instruction. Measurements that nothing behind them can notice, for their qubit is at
rest and their bit is not read, move to the end, where all of them are sampled at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias

from qcexec_engine.classical import Evaluate, compiled, read_bits
from qcexec_engine.program import (
    Block,
    Branch,
    Break,
    Continue,
    End,
    Gate,
    Loop,
    Measure,
    Operation,
    Program,
    Reset,
    Store,
    Unitary,
)


class Evolve(NamedTuple):
    """Applies gates, one after the other."""

    gates: tuple[Gate | Unitary, ...]


class Assign(NamedTuple):
    """Puts a new value in the memory's place."""

    update: Callable[[int], int]


class Unless(NamedTuple):
    """Jumps if a condition is zero, and goes on otherwise."""

    condition: Evaluate
    target: int


class Round(NamedTuple):
    """The head of a loop: one more round, of so many operations, or a jump behind the loop."""

    condition: Evaluate
    target: int
    operations: int


class Jump(NamedTuple):
    """Jumps."""

    target: int


class Sample(NamedTuple):
    """Ends the shot: measures qubits into bits, given as pairs; `others` masks all other bits."""

    pairs: tuple[tuple[int, int], ...]
    others: int


Instruction: TypeAlias = Evolve | Assign | Unless | Round | Jump | Sample | Measure | Reset


def instructions(program: Program) -> tuple[Instruction, ...]:
    """What runs the program, from the first instruction to a `Sample`."""
    operations, sample = _with_measurements_at_the_end(program.operations)
    writer = _Writer()
    writer.write(operations)
    writer.written.append(sample)
    end = len(writer.written)
    if writer.early_ends:
        writer.written.append(Sample((), -1))
        for place in writer.early_ends:
            writer.written[place] = Jump(end)
    return tuple(writer.written)


def _with_measurements_at_the_end(operations: Block) -> tuple[list[Operation], Sample]:
    """The operations without the measurements that can wait for the end, and those as one."""
    kept: list[Operation] = []
    last: dict[int, int] = {}
    use = _Use()
    may_end_early = False
    for operation in reversed(operations):
        if type(operation) is Measure and not may_end_early and operation.qubit not in use.qubits:
            bit = operation.bit
            if bit is None:
                continue
            if bit not in use.bits:
                # A bit that is written twice shows the last measurement.
                last.setdefault(bit, operation.qubit)
                continue
        elif type(operation) is Branch or type(operation) is Loop:
            may_end_early = may_end_early or _may_end(operation)
        elif type(operation) is End:
            # Nothing behind it is ever run.
            kept.clear()
            last.clear()
            use = _Use()
            may_end_early = False
            continue
        use.add(operation)
        kept.append(operation)
    kept.reverse()
    pairs = tuple((last[bit], bit) for bit in sorted(last))
    return kept, Sample(pairs, ~sum(1 << bit for bit in last))


class _Use:
    """The qubits and bits that operations touch."""

    def __init__(self) -> None:
        self.qubits: set[int] = set()
        self.bits: set[int] = set()

    def add(self, operation: Operation) -> None:
        for inner in _flattened(operation):
            if isinstance(inner, Gate | Unitary):
                self.qubits.update(inner.qubits)
            elif isinstance(inner, Measure):
                self.qubits.add(inner.qubit)
                if inner.bit is not None:
                    self.bits.add(inner.bit)
            elif isinstance(inner, Reset):
                self.qubits.add(inner.qubit)
            elif isinstance(inner, Store):
                self.bits.update(inner.bits)
                self.bits |= read_bits(inner.value)
            elif isinstance(inner, Branch | Loop):
                self.bits |= read_bits(inner.condition)


def _flattened(operation: Operation) -> Iterable[Operation]:
    """An operation and all that lies in its blocks."""
    found = [operation]
    for inner in found:
        if isinstance(inner, Branch):
            found += inner.then
            found += inner.otherwise
        elif isinstance(inner, Loop):
            found += inner.body
    return found


def _operations_in(operation: Operation) -> int:
    return sum(1 for _ in _flattened(operation))


def _may_end(operation: Operation) -> bool:
    return any(isinstance(inner, End) for inner in _flattened(operation))


class _Writer:
    """Writes instructions; a jump forward is put in when its target is known."""

    def __init__(self) -> None:
        self.written: list[Instruction] = []
        self.early_ends: list[int] = []
        self._loops: list[tuple[int, list[int]]] = []

    def write(self, operations: Iterable[Operation]) -> None:
        written = self.written
        row: list[Gate | Unitary] = []
        for operation in operations:
            kind = type(operation)
            if kind is Gate or kind is Unitary:
                row.append(operation)  # type: ignore[arg-type]
                continue
            if row:
                written.append(Evolve(tuple(row)))
                row = []
            if isinstance(operation, Measure | Reset):
                written.append(operation)
            else:
                self._write_classical(operation)
        if row:
            written.append(Evolve(tuple(row)))

    def _write_classical(self, operation: Operation) -> None:
        match operation:
            case Store(bits, value):
                self.written.append(Assign(_update(bits, compiled(value))))
            case Branch():
                self._write_branch(operation)
            case Loop():
                self._write_loop(operation)
            case Break():
                self._loops[-1][1].append(self._gap())
            case Continue():
                self.written.append(Jump(self._loops[-1][0]))
            case _:
                self.early_ends.append(self._gap())

    def _write_branch(self, branch: Branch) -> None:
        condition = compiled(branch.condition)
        unless = self._gap()
        self.write(branch.then)
        if branch.otherwise:
            behind_then = self._gap()
            self.written[unless] = Unless(condition, len(self.written))
            self.write(branch.otherwise)
            self.written[behind_then] = Jump(len(self.written))
        else:
            self.written[unless] = Unless(condition, len(self.written))

    def _write_loop(self, loop: Loop) -> None:
        head = self._gap()
        breaks: list[int] = []
        self._loops.append((head, breaks))
        self.write(loop.body)
        self._loops.pop()
        self.written.append(Jump(head))
        end = len(self.written)
        self.written[head] = Round(compiled(loop.condition), end, _operations_in(loop))
        for place in breaks:
            self.written[place] = Jump(end)

    def _gap(self) -> int:
        """The place of an instruction that is put in later."""
        self.written.append(Jump(-1))
        return len(self.written) - 1


def _update(bits: tuple[int, ...], evaluate: Evaluate) -> Callable[[int], int]:
    """From the memory to the memory with a new value in some of its bits."""
    others = ~sum(1 << bit for bit in set(bits))
    if bits and bits == tuple(range(bits[0], bits[0] + len(bits))):
        lowest, mask = bits[0], (1 << len(bits)) - 1
        return lambda memory: memory & others | (evaluate(memory) & mask) << lowest
    places = tuple(enumerate(bits))

    def update(memory: int) -> int:
        value = evaluate(memory)
        return memory & others | sum((value >> place & 1) << bit for place, bit in places)

    return update
