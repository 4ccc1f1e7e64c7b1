"""Assignments and measurements: what becomes of variables and registers.

A variable's value is kept here as long as it is known. Registers lie in the memory from the
beginning; other variables move there when the run comes to decide on their value.
"""

from __future__ import annotations

from collections.abc import Sequence

from qcexec_engine.classical import Constant
from qcexec_engine.elaboration.expressions import evaluated, whole_number
from qcexec_engine.elaboration.gate_calls import qubit_places
from qcexec_engine.elaboration.picks import bit_pick, qubit_place
from qcexec_engine.elaboration.state import STATEMENT, State
from qcexec_engine.elaboration.symbols import BitPick, Variable
from qcexec_engine.elaboration.values import Value, calculated, converted
from qcexec_engine.errors import SemanticFault, UnsupportedFeature
from qcexec_engine.language.syntax import (
    Assignment,
    Barrier,
    Expression,
    Measurement,
    MeasureStatement,
    Name,
)
from qcexec_engine.language.syntax import Reset as ResetStatement
from qcexec_engine.program import Measure, Reset, Store


def measure(state: State, statement: MeasureStatement) -> None:
    """Measures qubits into bits, or into nothing where no target is written."""
    if statement.target is None:
        qubits = _qubits(state, statement.source)
        state.spend(len(qubits))
        state.operations += [Measure(qubit, None) for qubit in qubits]
        return
    target = _target(state, statement.target)
    variable = target.variable
    if variable.kind not in ("bit", "bool"):
        raise state.unsupported(
            f"a measurement gives bits, and '{variable.name}' is a {variable.kind}: measure into"
            f" bits and write `{variable.name} = {variable.kind}(bits);`",
            statement.at,
        )
    measure_into(state, statement.source, target, statement.at)


def measure_into(state: State, source: Expression, target: BitPick, at: int) -> None:
    """Measures as many qubits as there are bits.

    Raises:
        SemanticFault: there are more or fewer.
    """
    variable, positions = target
    qubits = _qubits(state, source)
    if len(qubits) != len(positions):
        noun = "qubit is" if len(qubits) == 1 else "qubits are"
        raise state.fault(
            f"{len(qubits)} {noun} measured into {len(positions)} of the bits of"
            f" '{variable.name}': their numbers have to be equal",
            at,
        )
    bits = variable.bits or state.put_into_memory(variable, at)
    state.spend(len(qubits))
    new = tuple.__new__
    if type(positions) is range:
        variable.unknown = -1
        state.operations += [new(Measure, pair) for pair in zip(qubits, bits, strict=True)]
    else:
        for qubit, position in zip(qubits, positions, strict=True):
            state.operations.append(new(Measure, (qubit, bits[position])))
            variable.unknown |= 1 << position
    _forget_parts(variable)
    state.measures = True


def reset(state: State, statement: ResetStatement) -> None:
    """Puts qubits into |0>."""
    qubits = _qubits(state, statement.operand)
    state.spend(len(qubits))
    state.operations += [Reset(qubit) for qubit in qubits]


def barrier(state: State, statement: Barrier) -> None:
    """Changes nothing, yet names qubits that have to be there."""
    qubit_places(state, statement.operands)


def assignment(state: State, statement: Assignment) -> None:
    """Assigns the value of an expression to a variable, a register, or bits of one."""
    node, op, value_node, at = statement
    state.work(STATEMENT)
    if type(value_node) is Measurement:
        raise state.unsupported(f"'{op}' of a measurement is not supported: measure into bits", at)
    value = evaluated(state, value_node)
    if type(node) is Name:
        symbol = state.found(node.name, node.at)
        if isinstance(symbol, Variable):
            if op != "=":
                value = _combined(state, op, symbol.read(), value, at)
            assign(state, symbol, value, at)
            return
    pick = _target(state, node)
    if op != "=":
        value = _combined(state, op, pick.variable.read_bits(pick.positions), value, at)
    _assign_bits(state, pick, _fitting(state, value, "bit", len(pick.positions), at), at)


def assign(
    state: State, variable: Variable, value: Value, at: int, *, declared: bool = False
) -> None:
    """Gives a variable a value, now or in the run.

    Args:
        state: where the store is written.
        variable: what is assigned to.
        value: of any type that its type takes.
        at: the place for messages.
        declared: whether this is the value of its declaration, which a constant may have.
    """
    if variable.constant and not declared:
        raise state.fault(f"'{variable.name}' is a constant", at)
    value = _fitting(state, value, variable.kind, variable.width, at)
    _forget_parts(variable)
    content = value.content
    decided_by_run = state.level > variable.level
    if not isinstance(content, (int, float)):
        bits = state.put_into_memory(variable, at)
        variable.unknown = -1
        _store(state, bits, value)
        return
    if decided_by_run:
        bits = state.put_into_memory(variable, at)
    elif variable.bits is not None and declared and not state.level and len(state.scopes) == 1:
        # Nothing has touched a register's bits before its declaration.
        variable.value = content
        state.initial_memory |= int(content) << variable.bits[0]
        return
    if variable.bits is not None:
        _store(state, variable.bits, value)
    if not decided_by_run:
        variable.value = content
        variable.unknown = 0


def _assign_bits(state: State, pick: BitPick, value: Value, at: int) -> None:
    variable, positions = pick
    _forget_parts(variable)
    if variable.constant:
        raise state.fault(f"'{variable.name}' is a constant", at)
    content = value.content
    decided_by_run = state.level > variable.level
    if not isinstance(content, int):
        bits = state.put_into_memory(variable, at)
        for position in positions:
            variable.unknown |= 1 << position
    else:
        if decided_by_run:
            state.put_into_memory(variable, at)
        else:
            _note_bits(variable, positions, content)
        if variable.bits is None:
            return
        bits = variable.bits
    _store(state, tuple([bits[position] for position in positions]), value)


def _forget_parts(variable: Variable) -> None:
    """What is known of variables is no longer, when their bits are written by another name."""
    for part in variable.parts:
        part.unknown = -1


def _note_bits(variable: Variable, positions: Sequence[int], content: int) -> None:
    """Notes what is known of some bits of a variable."""
    number = int(variable.value)
    width = variable.num_bits or 1
    if variable.unknown < 0:
        variable.unknown = (1 << width) - 1
    for place, position in enumerate(positions):
        number = number & ~(1 << position) | (content >> place & 1) << position
        variable.unknown &= ~(1 << position)
    variable.value = converted(Value("int", None, number), variable.kind, variable.width).content  # type: ignore[assignment]


def _store(state: State, bits: tuple[int, ...], value: Value) -> None:
    state.spend()
    content = value.content
    if isinstance(content, (int, float)):
        state.operations.append(Store(bits, Constant(int(content) & (1 << len(bits)) - 1)))
    else:
        state.operations.append(Store(bits, content))


def _combined(state: State, op: str, old: Value, value: Value, at: int) -> Value:
    try:
        if op == "/=" and state.version == 2:
            old = converted(old, "float", None)
        return calculated(op[:-1], old, value)
    except (SemanticFault, UnsupportedFeature) as error:
        raise state.placed(error, at) from None


def _fitting(state: State, value: Value, kind: str, width: int | None, at: int) -> Value:
    """The value as the type that it is assigned to."""
    if kind == "bit" and value.kind == "bit" and value.width != width:
        noun = "bit" if width == 1 else "bits"
        raise state.fault(f"a value of {value.width} bits is assigned to {width} {noun}", at)
    try:
        return converted(value, kind, width)
    except (SemanticFault, UnsupportedFeature) as error:
        raise state.placed(error, at) from None


def _target(state: State, node: Expression) -> BitPick:
    if type(node) is Name:
        symbol = state.look_up(node.name)
        if type(symbol) is Variable and symbol.kind == "bit" and not symbol.constant:
            return BitPick(symbol, range(symbol.width or 1))
    pick = bit_pick(state, node, whole_number)
    if pick.variable.constant:
        raise state.fault(f"'{pick.variable.name}' is a constant", node.at)
    return pick


def _qubits(state: State, operand: Expression) -> tuple[int, ...]:
    place = state.places.get(operand[:-1])
    if place is None:
        place = qubit_place(state, operand, whole_number)
    return (place,) if isinstance(place, int) else place
