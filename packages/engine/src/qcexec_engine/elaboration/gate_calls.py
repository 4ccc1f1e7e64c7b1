"""Gate calls outside of gate definitions: most of every text.

A gate of the standard libraries on single qubits becomes one operation by the shortest way there
is; all other calls go by their expansion, once for each round of a broadcast.
"""

from __future__ import annotations

from collections.abc import Sequence

from qcexec_engine.elaboration.expansions import Expansion, on_qubits
from qcexec_engine.elaboration.expressions import angles as angles_of
from qcexec_engine.elaboration.expressions import whole_number
from qcexec_engine.elaboration.gate_definitions import check_arguments, expansion_of, found_gate
from qcexec_engine.elaboration.modifiers import check_operands, modified
from qcexec_engine.elaboration.picks import Place, qubit_place
from qcexec_engine.elaboration.state import Simple, State
from qcexec_engine.language.syntax import Expression, GateCall
from qcexec_engine.program import Gate

# A named tuple's own constructor takes twice as long.
_new = tuple.__new__


def call_gate(state: State, call: GateCall) -> None:
    """Writes what a gate call comes to.

    Raises:
        SemanticFault: the gate is not known, or is called on what it cannot act on.
        InvalidAngle: an angle is infinite or no number.
        UnsupportedFeature: only the run knows an angle or an index.
        CircuitTooLarge: it is more than the budget has left.
    """
    name, arguments, operands, modifiers, at = call
    simple = state.simple_gates.get(name)
    if simple is None or modifiers:
        _call_expanded(state, call)
        return
    base, num_angles, num_qubits, controls = simple
    if len(operands) != num_qubits or len(arguments) != num_angles:
        check_arguments(state, name, num_angles, len(arguments), at)
        check_operands(state, num_qubits, len(operands), at)
    angles = angles_of(state, arguments, state.numbers) if arguments else ()
    known = state.places
    # Without its last field, which is its place in the text, an operand is a key.
    if num_qubits == 2:
        first_operand, second_operand = operands
        first = known.get(first_operand[:-1])
        if first is None:
            first = qubit_place(state, first_operand, whole_number)
        second = known.get(second_operand[:-1])
        if second is None:
            second = qubit_place(state, second_operand, whole_number)
        qubits: tuple[Place, ...] = (first, second)
        settled = type(first) is int and type(second) is int and first != second
    elif num_qubits == 1:
        (operand,) = operands
        place = known.get(operand[:-1])
        if place is None:
            place = qubit_place(state, operand, whole_number)
        qubits = (place,)
        settled = type(place) is int
    else:
        qubits = tuple(qubit_places(state, operands))
        settled = len({qubit for qubit in qubits if type(qubit) is int}) == num_qubits
    if not settled:
        _call_simple_on_registers(state, simple, angles, operands, at)
        return
    state.operations_left -= 1
    if state.operations_left < 0:
        state.spend(0)
    state.operations.append(_new(Gate, (base, angles, qubits, controls)))


def qubit_places(state: State, operands: Sequence[Expression]) -> list[Place]:
    """The qubits that each operand names."""
    known = state.places
    places: list[Place] = []
    for operand in operands:
        place = known.get(operand[:-1])
        if place is None:
            place = qubit_place(state, operand, whole_number)
        places.append(place)
    return places


def broadcast(state: State, operands: Sequence[Expression], at: int) -> Sequence[tuple[int, ...]]:
    """The qubits of each round of a call: registers step by step, single qubits again and again.

    Raises:
        SemanticFault: registers are of different sizes, or a qubit is given twice.
    """
    places = qubit_places(state, operands)
    registers = [place for place in places if not isinstance(place, int)]
    sizes = {len(register) for register in registers}
    if len(sizes) > 1:
        shown = " and ".join(map(str, sorted(sizes)))
        raise state.fault(f"registers of different sizes are given: {shown} qubits", at)
    length = sizes.pop() if sizes else 1
    columns = [(place,) * length if isinstance(place, int) else place for place in places]
    rounds = list(zip(*columns, strict=True)) if columns else [()]
    if len(places) > 1:
        for qubits in rounds:
            if len(set(qubits)) < len(qubits):
                raise _given_twice(state, qubits, operands)
    return rounds


def _call_simple_on_registers(
    state: State,
    simple: Simple,
    angles: tuple[float, ...],
    operands: Sequence[Expression],
    at: int,
) -> None:
    """A call on registers, or on one qubit twice."""
    base, _, _, controls = simple
    rounds = broadcast(state, operands, at)
    state.spend(len(rounds))
    append = state.operations.append
    for qubits in rounds:
        append(_new(Gate, (base, angles, qubits, controls)))


def _call_expanded(state: State, call: GateCall) -> None:
    name, arguments, operands, modifiers, at = call
    if name == "gphase":
        check_arguments(state, name, 1, len(arguments), at)
        angles = angles_of(state, arguments, state.numbers)
        expansion = Expansion(0, (), angles[0])
    else:
        definition = found_gate(state, name, at)
        check_arguments(state, name, definition.num_angles, len(arguments), at)
        if not modifiers:
            check_operands(state, definition.num_qubits, len(operands), at)
        angles = angles_of(state, arguments, state.numbers)
        expansion = expansion_of(state, definition, angles, at)
    if modifiers:
        expansion = modified(state, expansion, modifiers, len(operands), at)
    elif name == "gphase":
        check_operands(state, 0, len(operands), at)
    steps = expansion.steps
    rounds = broadcast(state, operands, at)
    state.spend(len(rounds) * (len(steps) or 1))
    for qubits in rounds:
        state.operations += on_qubits(steps, qubits)


def _given_twice(state: State, qubits: Sequence[int], operands: Sequence[Expression]) -> Exception:
    for later, operand in enumerate(operands):
        if qubits[later] in qubits[:later]:
            return state.fault("the same qubit is given twice", operand.at)
    raise AssertionError("all qubits are different")
