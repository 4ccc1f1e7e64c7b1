"""Follows the qubits that are surely |0> or |1>, from a program's start to its end.

They decide what they control, gates on them happen in the head, measuring them gives a constant,
and a swap only changes names. A qubit is simulated from the first gate that makes it anything
else: until then it stays at |0>, and an "x" puts it right when the time comes.

What lies in branches and loops is left as it is, and every qubit there counts as simulated.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, Final

from qcexec_engine.analysis.numbering import renumbered, touched
from qcexec_engine.classical import Constant
from qcexec_engine.program import (
    Block,
    Branch,
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

# Gates that turn one phase alone, where all their qubits are one: the target is one more control.
_PHASES: Final = frozenset({"z", "s", "sdg", "t", "tdg", "p"})
_FLIPS: Final = frozenset({"x", "y"})
# Gates that known targets may decide, wholly or in part.
_SPECIAL: Final = _FLIPS | {"rz", "rzz", "swap"}


class Settled:
    """What is left of a program once its known qubits are followed.

    Attributes:
        operations: on qubits that start at |0>. Constants are stored where known qubits were
            measured.
        simulated: the qubits that are not known all along.
        first_other: where the first operation is that is neither a gate nor a unitary; the number
            of operations if there is none.
        first_read: where the first operation is that may read the memory, likewise.
    """

    def __init__(self, program: Program) -> None:
        self.operations: list[Operation] = []
        self.simulated: set[int] = set()
        self.first_other = -1
        self.first_read = -1
        self._known: list[int | None] = [0] * program.num_qubits
        self._num_known = program.num_qubits
        # Which simulated qubit stands for a qubit of the text: swaps exchange them.
        self._places = list(range(program.num_qubits))
        self._moved = False
        self._walk(program.operations)
        if self.first_other < 0:
            self.first_other = len(self.operations)
        if self.first_read < 0:
            self.first_read = len(self.operations)

    def _walk(self, operations: Block) -> None:
        known = self._known
        places = self._places
        make = tuple.__new__
        emit = self.operations.append
        all_stay = False
        for operation in operations:
            if type(operation) is Gate:
                if all_stay and operation[0] != "swap":
                    emit(operation)
                    continue
                name, angles, qubits, controls = operation
                if name == "swap" and not controls:
                    first, second = qubits
                    places[first], places[second] = places[second], places[first]
                    self._moved = True
                    all_stay = False
                    continue
                if self._moved:
                    qubits = tuple([places[qubit] for qubit in qubits])
                    operation = make(Gate, (name, angles, qubits, controls))
                for qubit in qubits:
                    if known[qubit] is not None:
                        self._gate(operation)
                        all_stay = not self._num_known and not self._moved
                        break
                else:
                    emit(operation)
            elif type(operation) is End:
                return
            else:
                self._OTHERS[type(operation)](self, operation)
                all_stay = not self._num_known and not self._moved

    def _gate(self, gate: Gate) -> None:
        """A gate of whose qubits at least one is known."""
        name, angles, qubits, controls = gate
        if name in _PHASES:
            controls = len(qubits)
        unknown: list[int] = []
        if controls:
            for qubit in qubits[:controls]:
                value = self._known[qubit]
                if value is None:
                    unknown.append(qubit)
                elif value == 0:
                    return
        targets = qubits[controls:]
        if not targets:
            if unknown:
                self._emit(name, angles, unknown, ())
        elif name in _SPECIAL and self._on_targets(name, angles, unknown, targets):
            return
        else:
            self._wake(targets)
            if len(unknown) == controls:
                self.operations.append(gate)
            else:
                self._emit(name, angles, unknown, targets)

    def _on_targets(
        self, name: str, angles: tuple[float, ...], controls: list[int], targets: tuple[int, ...]
    ) -> bool:
        """Whether a gate under unknown controls was decided by what is known of its targets."""
        known = self._known
        value = known[targets[0]]
        if name in _FLIPS:
            if controls or value is None:
                return False
            known[targets[0]] = 1 - value
            return True
        if name == "swap":
            return value is not None and value == known[targets[1]]
        if name == "rz":
            if value is None:
                return False
            self._phase(angles[0] / 2 if value else -angles[0] / 2, controls)
            return True
        return self._rzz(angles[0], controls, *targets)

    def _rzz(self, angle: float, controls: list[int], first: int, second: int) -> bool:
        """A turn of one target about z, in the direction that the known other one says."""
        known = self._known
        if known[first] is None:
            first, second = second, first
        if known[first] is None:
            return False
        turn = -angle if known[first] else angle
        if known[second] is None:
            self._emit("rz", (turn,), controls, (second,))
        else:
            self._phase(turn / 2 if known[second] else -turn / 2, controls)
        return True

    def _phase(self, angle: float, qubits: list[int]) -> None:
        """A phase where all of these qubits are one; without any it is a global one."""
        if qubits and math.remainder(angle, math.tau):
            self._emit("p", (angle,), qubits, ())

    def _unitary(self, unitary: Unitary) -> None:
        known = self._known
        qubits = self._placed(unitary.qubits)
        controls, targets = qubits[: unitary.controls], qubits[unitary.controls :]
        if any(known[qubit] == 0 for qubit in controls):
            return
        unknown = tuple(qubit for qubit in controls if known[qubit] is None)
        self._wake(targets)
        self.operations.append(Unitary(unitary.matrix, unknown + targets, len(unknown)))

    def _measure(self, measure: Measure) -> None:
        qubit = self._places[measure.qubit]
        value = self._known[qubit]
        if value is None:
            is_same = qubit == measure.qubit
            self._emit_other(measure if is_same else Measure(qubit, measure.bit))
        elif measure.bit is not None:
            self._emit_other(Store((measure.bit,), Constant(value)))

    def _reset(self, reset: Reset) -> None:
        qubit = self._places[reset.qubit]
        if self._known[qubit] is None:
            self._emit_other(Reset(qubit))
            self._num_known += 1
        self._known[qubit] = 0

    def _store(self, store: Store) -> None:
        if type(store.value) is not Constant:
            self._note_read()
        self._emit_other(store)

    def _control_flow(self, operation: Branch | Loop) -> None:
        self._note_read()
        self._wake(self._placed(touched(operation)))
        self._emit_other(*renumbered((operation,), self._places) if self._moved else (operation,))

    def _wake(self, qubits: Iterable[int]) -> None:
        """From here on these are simulated."""
        known = self._known
        for qubit in qubits:
            value = known[qubit]
            if value is not None:
                if value:
                    self._emit("x", (), [], (qubit,))
                known[qubit] = None
                self._num_known -= 1
                self.simulated.add(qubit)

    def _placed(self, wires: Iterable[int]) -> tuple[int, ...]:
        places = self._places
        return tuple([places[wire] for wire in wires])

    def _emit(
        self, name: str, angles: tuple[float, ...], controls: list[int], targets: tuple[int, ...]
    ) -> None:
        """Without targets the last control is it."""
        num_controls = len(controls) if targets else len(controls) - 1
        self.operations.append(Gate(name, angles, (*controls, *targets), num_controls))

    def _emit_other(self, operation: Operation) -> None:
        if self.first_other < 0:
            self.first_other = len(self.operations)
        self.operations.append(operation)

    def _note_read(self) -> None:
        if self.first_read < 0:
            self.first_read = len(self.operations)

    _OTHERS: Final[dict[type, Callable[[Settled, Any], None]]] = {
        Unitary: _unitary,
        Measure: _measure,
        Reset: _reset,
        Store: _store,
        Branch: _control_flow,
        Loop: _control_flow,
    }
