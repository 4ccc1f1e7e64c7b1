"""What may stand to the right of `=` beside expressions: a measurement, registers joined."""

from __future__ import annotations

from qcexec_engine.language.cursor import Cursor
from qcexec_engine.language.expressions import expression, operand
from qcexec_engine.language.syntax import Concatenation, Expression, Measurement


def value(cursor: Cursor) -> Expression | Measurement:
    """What may stand to the right of `=`: an expression, or `measure` with its operand."""
    at = cursor.at
    if cursor.version == 3 and cursor.skip("measure"):
        return Measurement(operand(cursor), at)
    return expression(cursor)


def concatenation(cursor: Cursor) -> Expression:
    """`a ++ b ++ c`, or a single expression."""
    at = cursor.at
    parts = [expression(cursor)]
    while cursor.skip("++"):
        parts.append(expression(cursor))
    return parts[0] if len(parts) == 1 else Concatenation(tuple(parts), at)
