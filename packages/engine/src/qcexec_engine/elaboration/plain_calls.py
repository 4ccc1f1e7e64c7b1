"""Gate calls that stayed text: looked up whole, then by halves, and read where a half is new.

What is kept follows from the meaning of names alone, and the state forgets it where a name gets
another meaning.
"""

from __future__ import annotations

import math
from typing import Any, Final

from qcexec_engine.elaboration.expansions import on_qubits
from qcexec_engine.elaboration.expressions import angles as angles_of
from qcexec_engine.elaboration.expressions import whole_number
from qcexec_engine.elaboration.gate_calls import broadcast
from qcexec_engine.elaboration.gate_definitions import check_arguments, expansion_of, found_gate
from qcexec_engine.elaboration.modifiers import check_operands
from qcexec_engine.elaboration.picks import qubit_place
from qcexec_engine.elaboration.state import Called, State
from qcexec_engine.errors import InvalidAngle
from qcexec_engine.language.plain_calls import arguments_of, halves, operands_of
from qcexec_engine.language.syntax import PlainCall
from qcexec_engine.program import Gate

_MOST_KEPT: Final = 4096
"""Of each kind: what is kept must not take more than the circuit."""

_MOST_FIGURES: Final = 400
"""The careful way decides what longer ones are."""

# Angles of these and pi are the same wherever they stand.
_FIGURES: Final = frozenset("0123456789.*/-, ")
# A named tuple's own constructor takes twice as long.
_new = tuple.__new__


def call_plainly(state: State, call: PlainCall) -> None:
    """Writes what a call comes to.

    Raises:
        EngineError: what is wrong with it, with a place that is of no use.
    """
    gate = state.plain_gates.get(call)
    if gate is None:
        written, operands = halves(call)
        called = state.called.get(written) or _called(state, written)
        num_qubits, base, angles, controls, _ = called
        qubits = state.operands.get(operands) or _qubits(state, operands)
        if len(qubits) != num_qubits or base is None:
            _call_in_rounds(state, called, operands)
            return
        gate = _new(Gate, (base, angles, qubits, controls))
        if len(state.plain_gates) < _MOST_KEPT and written in state.called:
            state.plain_gates[call] = gate
    state.operations_left -= 1
    if state.operations_left < 0:
        state.spend(0)
    state.operations.append(gate)


def _call_in_rounds(state: State, called: Called, operands: str) -> None:
    """A call on registers, or of what is not one gate of the engine's."""
    num_qubits, base, angles, controls, steps = called
    known = state.operands.get(operands)
    rounds = (known,) if known else broadcast(state, operands_of(operands).nodes, 0)
    check_operands(state, num_qubits, len(rounds[0]), 0)
    if base is not None:
        steps = (Gate(base, angles, tuple(range(num_qubits)), controls),)
    state.spend(len(rounds) * (len(steps) or 1))
    for qubits in rounds:
        state.operations += on_qubits(steps, qubits)


def _called(state: State, written: str) -> Called:
    """What the first half of a call means, such as `rz(0.25`."""
    name, bracket, figures = written.partition("(")
    angles: tuple[float, ...] = ()
    is_fixed = True
    if bracket:
        try:
            angles = (float(figures),)
        except ValueError:
            angles, is_fixed = _angles(state, figures)
        if len(figures) > _MOST_FIGURES or not all(map(math.isfinite, angles)):
            raise InvalidAngle("an angle is no number, or too long")
    simple = state.simple_gates.get(name)
    if simple is not None:
        base, num_angles, num_qubits, controls = simple
        if len(angles) != num_angles:
            check_arguments(state, name, num_angles, len(angles), 0)
        called: Called = (num_qubits, base, angles, controls, ())
    else:
        definition = found_gate(state, name, 0)
        check_arguments(state, name, definition.num_angles, len(angles), 0)
        steps = expansion_of(state, definition, angles, 0).steps
        called = (definition.num_qubits, None, angles, 0, steps)
    if is_fixed and len(state.called) < _MOST_KEPT:
        state.called[written] = called
    return called


def _angles(state: State, figures: str) -> tuple[tuple[float, ...], bool]:
    """The angles of a call, and whether they are the same wherever it stands."""
    if "p" not in figures:
        try:
            return tuple(map(float, figures.split(","))), True
        except ValueError:
            pass  # There is more to read than numbers.
    read = arguments_of(figures, state.version, state.limits.max_nesting)
    is_fixed = _FIGURES.issuperset(figures.replace("pi", ""))
    return angles_of(state, read, state.numbers), is_fixed


def _qubits(state: State, operands: str) -> tuple[int, ...]:
    """The qubits that the second half of a call names, such as `q[0], q[1];`.

    Empty where a register is among them, or a qubit is given twice.
    """
    nodes, keys = operands_of(operands)
    found = state.places.get
    places = [found(key) for key in keys]
    if None in places:
        places = [qubit_place(state, node, whole_number) for node in nodes]
    for place in places:
        if type(place) is not int:
            return ()
    qubits: tuple[Any, ...] = tuple(places)
    if len(qubits) > 1 and len(set(qubits)) < len(qubits):
        return ()
    if qubits and len(state.operands) < _MOST_KEPT:
        state.operands[operands] = qubits
    return qubits
