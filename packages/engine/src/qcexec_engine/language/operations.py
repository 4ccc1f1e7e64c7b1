"""What is done to qubits beside gates: measure, reset, barrier, delay."""

from __future__ import annotations

from qcexec_engine.language.calls import operands
from qcexec_engine.language.cursor import Cursor
from qcexec_engine.language.expressions import designator, operand
from qcexec_engine.language.syntax import Barrier, MeasureStatement, Reset


def measure(cursor: Cursor) -> MeasureStatement:
    """`measure source -> target;`, or without a target."""
    at = cursor.at
    cursor.at = at + 1
    source = operand(cursor)
    target = operand(cursor) if cursor.skip("->") else None
    if target is None and cursor.tokens[cursor.at] != ";":
        raise cursor.missing("->", ";")
    cursor.end_statement()
    return MeasureStatement(source, target, at)


def reset(cursor: Cursor) -> Reset:
    """`reset operand;`."""
    at = cursor.at
    cursor.at = at + 1
    put_back = operand(cursor)
    cursor.end_statement()
    return Reset(put_back, at)


def barrier(cursor: Cursor) -> Barrier:
    """`barrier operands;`, for all qubits where there are none."""
    at = cursor.at
    cursor.at = at + 1
    if cursor.skip(";"):
        return Barrier((), at)
    return Barrier(operands(cursor), at)


def delay(cursor: Cursor) -> Barrier:
    """`delay[duration] operands;`."""
    at = cursor.at
    cursor.at = at + 1
    if designator(cursor) is None:
        raise cursor.missing("[")
    if cursor.skip(";"):
        return Barrier((), at)
    return Barrier(operands(cursor), at)
