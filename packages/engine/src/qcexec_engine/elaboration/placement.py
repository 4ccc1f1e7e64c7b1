"""The last step: numbers for what could not have one before the whole text was read.

Variables lie behind the registers in the memory, and physical qubits behind the declared ones, in
ascending order; how many registers and qubits there are, only the end of a text tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qcexec_engine.classical import Bits, Calculation, Constant, Expression
from qcexec_engine.elaboration.state import FIRST_PHYSICAL_QUBIT, FIRST_VARIABLE_BIT, State
from qcexec_engine.program import (
    Block,
    Branch,
    Gate,
    Loop,
    Measure,
    Operation,
    Reset,
    Store,
    Unitary,
)


def placed(state: State) -> Block:
    """The operations of an elaboration, with the numbers that a program has."""
    if not state.num_variable_bits and not state.physical_qubits:
        return tuple(state.operations)
    numbers = {
        FIRST_PHYSICAL_QUBIT + physical: state.num_qubits + place
        for place, physical in enumerate(sorted(state.physical_qubits))
    }
    return _block(state.operations, numbers, state.num_bits - FIRST_VARIABLE_BIT)


def _block(operations: Sequence[Operation], numbers: Mapping[int, int], shift: int) -> Block:
    return tuple([_operation(operation, numbers, shift) for operation in operations])


def _operation(operation: Operation, numbers: Mapping[int, int], shift: int) -> Operation:
    match operation:
        case Gate() | Unitary():
            qubits = operation.qubits
            return operation._replace(qubits=tuple([numbers.get(qubit, qubit) for qubit in qubits]))
        case Measure(qubit, bit):
            return Measure(numbers.get(qubit, qubit), None if bit is None else _bit(bit, shift))
        case Reset(qubit):
            return Reset(numbers.get(qubit, qubit))
        case Store(bits, value):
            return Store(_bits(bits, shift), _expression(value, shift))
        case Branch(condition, then, otherwise):
            blocks = _block(then, numbers, shift), _block(otherwise, numbers, shift)
            return Branch(_expression(condition, shift), *blocks)
        case Loop(condition, body):
            return Loop(_expression(condition, shift), _block(body, numbers, shift))
        case _:
            return operation


def _expression(expression: Expression, shift: int) -> Expression:
    """The same expression with other bits; chains lean to the left, where a loop walks down."""
    above: list[Expression] = []
    while not isinstance(expression, Bits | Constant):
        above.append(expression)
        expression = expression.left if isinstance(expression, Calculation) else expression.value
    if isinstance(expression, Bits):
        expression = Bits(_bits(expression.indices, shift))
    while above:
        node = above.pop()
        if isinstance(node, Calculation):
            expression = Calculation(node.op, expression, _expression(node.right, shift))
        elif not isinstance(node, Bits | Constant):
            expression = node._replace(value=expression)
    return expression


def _bits(bits: tuple[int, ...], shift: int) -> tuple[int, ...]:
    return tuple([_bit(bit, shift) for bit in bits])


def _bit(bit: int, shift: int) -> int:
    return bit + shift if bit >= FIRST_VARIABLE_BIT else bit
