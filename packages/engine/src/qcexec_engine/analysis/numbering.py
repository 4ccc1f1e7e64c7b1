"""Other numbers for the qubits of a program, and which of them an operation names."""

from __future__ import annotations

from collections.abc import Sequence

from qcexec_engine.program import (
    Block,
    Branch,
    Gate,
    Loop,
    Measure,
    Operation,
    Reset,
    Unitary,
)


def touched(operation: Operation) -> set[int]:
    """The qubits that an operation names, those in its blocks too."""
    match operation:
        case Gate() | Unitary():
            return set(operation.qubits)
        case Measure(qubit, _) | Reset(qubit):
            return {qubit}
        case Branch() | Loop():
            return {qubit for block in blocks_of(operation) for qubit in _touched_in(block)}
        case _:
            return set()


def blocks_of(operation: Branch | Loop) -> tuple[Block, ...]:
    """The blocks inside control flow."""
    if isinstance(operation, Branch):
        return operation.then, operation.otherwise
    return (operation.body,)


def renumbered(block: Sequence[Operation], numbers: Sequence[int]) -> list[Operation]:
    """The same operations where qubit q is called numbers[q]."""
    make = tuple.__new__
    made: list[Operation] = []
    append = made.append
    # Gates repeat their qubits far more often than they change them.
    places: dict[tuple[int, ...], tuple[int, ...]] = {}
    for operation in block:
        if type(operation) is Gate:
            name, angles, qubits, controls = operation
            place = places.get(qubits)
            if place is None:
                place = places[qubits] = tuple([numbers[qubit] for qubit in qubits])
            append(make(Gate, (name, angles, place, controls)))
        else:
            append(_renumbered(operation, numbers))
    return made


def _renumbered(operation: Operation, numbers: Sequence[int]) -> Operation:
    match operation:
        case Measure(qubit, bit):
            return Measure(numbers[qubit], bit)
        case Reset(qubit):
            return Reset(numbers[qubit])
        case Unitary(matrix, qubits, controls):
            return Unitary(matrix, tuple([numbers[qubit] for qubit in qubits]), controls)
        case Branch(condition, then, otherwise):
            return Branch(
                condition,
                tuple(renumbered(then, numbers)),
                tuple(renumbered(otherwise, numbers)),
            )
        case Loop(condition, body):
            return Loop(condition, tuple(renumbered(body, numbers)))
        case _:
            return operation


def _touched_in(block: Block) -> set[int]:
    qubits: set[int] = set()
    for operation in block:
        if type(operation) is Gate:
            qubits.update(operation.qubits)
        else:
            qubits |= touched(operation)
    return qubits
