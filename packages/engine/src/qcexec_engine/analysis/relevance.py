"""Follows what can still be noticed of each qubit, from a program's end to its start.

Nothing can be noticed of a qubit that is never measured again and touches no other that is. Of
one that is only measured, or only decides what happens to others, the phases cannot. Operations
that nobody can notice go, and the qubits that only they touched: phases before the last
measurement, gates on qubits that nobody looks at, measurements whose bit is written again.

The walk stops as soon as everything is noticed, which is usually after the last layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Final

from qcexec_engine.analysis.basis_states import Settled
from qcexec_engine.analysis.numbering import touched
from qcexec_engine.classical import Constant
from qcexec_engine.program import Branch, Gate, Loop, Measure, Operation, Reset, Store, Unitary

_DIAGONAL: Final = frozenset({"z", "s", "sdg", "t", "tdg", "p", "rz", "rzz"})

# How much of a qubit can be noticed.
_NOTHING: Final = 0
_VALUE: Final = 1
_ALL: Final = 2


class Relevant:
    """What is left of settled operations once what nobody notices is gone.

    Attributes:
        operations: those left; without the measurements where `is_terminal`.
        used: the qubits that they name.
        shown: the last measurement of each bit, in order of the bits.
        is_terminal: whether every measurement may as well come last, and nothing else is left but
            gates and unitaries.
        memory: the memory at the start, with the constants that were stored.
    """

    def __init__(
        self, settled: Settled, num_qubits: int, num_bits: int, memory_bits: int, memory: int
    ) -> None:
        self.operations: list[Operation] = []
        self.used: set[int] = set()
        self.shown: list[Measure] = []
        self.is_terminal = settled.first_read == len(settled.operations)
        self.memory = memory
        self._first_read = settled.first_read
        self._noticed = [_NOTHING] * num_qubits
        # Bits that are written again before anything reads them, and those from `_seen_bits` on,
        # which nothing reads at all.
        self._overwritten: set[int] = set()
        self._seen_bits = num_bits
        self._memory_bits = memory_bits
        rest = self._walk(settled.operations, settled.first_other, len(settled.simulated))
        if self.is_terminal:
            self.operations = [
                operation for operation in self.operations if type(operation) is not Measure
            ]
        self.operations.extend(reversed(settled.operations[:rest]))
        self.operations.reverse()
        self.shown.sort(key=_bit_of)

    def _walk(self, operations: Sequence[Operation], first_other: int, unseen: int) -> int:
        """Gives how many operations, from the first, all stay."""
        noticed = self._noticed
        used = self.used
        keep = self.operations.append
        index = len(operations)
        while index and (unseen or index > first_other):
            index -= 1
            operation = operations[index]
            if type(operation) is Gate:
                name, _, qubits, controls = operation
                for qubit in qubits:
                    if noticed[qubit] != _ALL:
                        break
                else:
                    keep(operation)
                    continue
                if name in _DIAGONAL:
                    controls = len(qubits)
            elif type(operation) is Measure:
                unseen += self._measure(operation)
                continue
            elif type(operation) is Unitary:
                _, qubits, controls = operation
            else:
                unseen += self._other(operation, index)
                continue
            if controls:
                targets = qubits[controls:]
                qubits = qubits[:controls]
                for qubit in targets:
                    if noticed[qubit]:
                        break
                else:
                    for qubit in qubits:
                        if noticed[qubit] == _ALL:
                            break
                    else:
                        continue
                for qubit in qubits:
                    if not noticed[qubit]:
                        noticed[qubit] = _VALUE
                        used.add(qubit)
            else:
                targets = qubits
                for qubit in targets:
                    if noticed[qubit]:
                        break
                else:
                    continue
            keep(operation)
            for qubit in targets:
                if noticed[qubit] != _ALL:
                    noticed[qubit] = _ALL
                    used.add(qubit)
                    unseen -= 1
        return index

    def _other(self, operation: Operation, index: int) -> int:
        """Gives by how many the qubits grow of which not all is noticed."""
        if type(operation) is Reset:
            return self._reset(operation)
        if type(operation) is Store and index < self._first_read:
            if type(operation.value) is Constant:
                self._constant(operation.bits, operation.value.value)
            return 0
        return self._opaque(operation)

    def _measure(self, measure: Measure) -> int:
        qubit, bit = measure
        before = self._noticed[qubit]
        if bit is not None and self._is_dead(bit):
            bit = None
        if bit is None:
            if before != _ALL:
                return 0
        else:
            self.shown.append(measure)
            self._overwritten.add(bit)
        if before == _ALL:
            self.is_terminal = False
        self.operations.append(measure if bit is not None else Measure(qubit, None))
        self._noticed[qubit] = _VALUE
        self.used.add(qubit)
        return 1 if before == _ALL else 0

    def _reset(self, reset: Reset) -> int:
        before = self._noticed[reset.qubit]
        if before == _NOTHING:
            return 0
        self.is_terminal = False
        self.operations.append(reset)
        self._noticed[reset.qubit] = _NOTHING
        return 1 if before == _ALL else 0

    def _constant(self, bits: tuple[int, ...], value: int) -> None:
        """Nothing reads the memory before: it may as well start with the constant."""
        for position, bit in enumerate(bits):
            if not self._is_dead(bit):
                self.memory &= ~(1 << bit)
                self.memory |= (value >> position & 1) << bit
                self._overwritten.add(bit)

    def _opaque(self, operation: Operation) -> int:
        """A store, a branch or a loop: it may read every bit."""
        self.operations.append(operation)
        self._overwritten.clear()
        self._seen_bits = self._memory_bits
        noticed_now = 0
        if type(operation) is Branch or type(operation) is Loop:
            for qubit in touched(operation):
                if self._noticed[qubit] != _ALL:
                    self._noticed[qubit] = _ALL
                    noticed_now += 1
                self.used.add(qubit)
        return -noticed_now

    def _is_dead(self, bit: int) -> bool:
        return bit in self._overwritten or bit >= self._seen_bits


_bit_of = itemgetter(1)
