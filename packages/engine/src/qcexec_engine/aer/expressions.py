"""Expressions over the classical memory in the form that Aer evaluates at run time.

`qcexec_engine.aer.support` says which ones Aer can take: only those are written here. Every number
is written at a width that its value cannot exceed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from qiskit.circuit import ClassicalRegister, Clbit
from qiskit.circuit.classical import expr, types

from qcexec_engine.aer.support import BITWISE, COMPARISONS, LOGIC, WIDEST_NUMBER, is_wide_comparison
from qcexec_engine.classical import Bits, Calculation, Constant, Expression, Negation, Wrap


class Expressions:
    """Writes expressions over the given bits; bit i of the memory is the i-th of them."""

    def __init__(self, bits: Sequence[Clbit]) -> None:
        self._bits = bits

    def register(self, indices: Sequence[int]) -> expr.Var:
        """Bits as one unsigned number, the lowest bit first."""
        register = ClassicalRegister(bits=[self._bits[index] for index in indices])
        return expr.Var(register, types.Uint(len(indices)))

    def unsigned(self, expression: Expression, width: int) -> Any:
        """The lowest bits of an expression's value, so many of them."""
        return _cut(self._number(expression), width)

    def truth(self, expression: Expression) -> Any:
        """Whether an expression is other than zero."""
        match expression:
            case Negation("!", value):
                return expr.Unary(expr.Unary.Op.LOGIC_NOT, self.truth(value), types.Bool())
            case Calculation(op, left, right) if op in LOGIC:
                return _logic(op, self.truth(left), self.truth(right))
            case Calculation(op, Bits(indices), Constant(value)) if is_wide_comparison(expression):
                return self._same(op, indices, value)
            case Calculation(op, left, right) if op in COMPARISONS:
                first, second = self._alike(left, right)
                return expr.Binary(_COMPARISONS[op], first, second, types.Bool())
            case _:
                number = self._number(expression)
                zero = _constant(0, number.type.width)
                return expr.Binary(_COMPARISONS["!="], number, zero, types.Bool())

    def _number(self, expression: Expression) -> Any:
        match expression:
            case Constant(value):
                return _constant(value, max(1, value.bit_length()))
            case Bits(indices):
                return self.register(indices)
            case Wrap(Negation("~", value), width, _):
                number = _cut(self._number(value), width)
                return _bitwise("^", number, _constant((1 << width) - 1, width))
            case Wrap(value, width, _):
                number = self._number(value)
                return number if number.type.width <= width else _cut(number, width)
            case Calculation(op, left, right) if op in BITWISE:
                return _bitwise(op, *self._alike(left, right))
            case _:
                return expr.Cast(self.truth(expression), types.Uint(1))

    def _alike(self, left: Expression, right: Expression) -> tuple[Any, Any]:
        """Two numbers at the width of the wider one."""
        first, second = self._number(left), self._number(right)
        width = max(first.type.width, second.type.width)
        return _widened(first, width), _widened(second, width)

    def _same(self, op: str, indices: tuple[int, ...], value: int) -> Any:
        """A register that is wider than Aer's numbers against a constant, part by part."""
        if value.bit_length() > len(indices):
            return expr.Value(op == "!=", types.Bool())
        whole: Any = None
        for start in range(0, len(indices), WIDEST_NUMBER):
            part = self.register(indices[start : start + WIDEST_NUMBER])
            width = part.type.width
            constant = _constant(value >> start & ((1 << width) - 1), width)
            same = expr.Binary(_COMPARISONS[op], part, constant, types.Bool())
            whole = same if whole is None else _logic("&&" if op == "==" else "||", whole, same)
        return whole


_COMPARISONS: Final = {
    "==": expr.Binary.Op.EQUAL,
    "!=": expr.Binary.Op.NOT_EQUAL,
    "<": expr.Binary.Op.LESS,
    "<=": expr.Binary.Op.LESS_EQUAL,
    ">": expr.Binary.Op.GREATER,
    ">=": expr.Binary.Op.GREATER_EQUAL,
}
_BITWISE: Final = {
    "&": expr.Binary.Op.BIT_AND,
    "|": expr.Binary.Op.BIT_OR,
    "^": expr.Binary.Op.BIT_XOR,
}
_LOGIC: Final = {"&&": expr.Binary.Op.LOGIC_AND, "||": expr.Binary.Op.LOGIC_OR}


def _constant(value: int, width: int) -> expr.Value:
    return expr.Value(value, types.Uint(width))


def _bitwise(op: str, left: Any, right: Any) -> Any:
    return expr.Binary(_BITWISE[op], left, right, left.type)


def _logic(op: str, left: Any, right: Any) -> Any:
    return expr.Binary(_LOGIC[op], left, right, types.Bool())


def _cut(number: Any, width: int) -> Any:
    """The lowest bits of a number, at their width."""
    if number.type.width > width:
        mask = _constant((1 << width) - 1, number.type.width)
        return expr.Cast(_bitwise("&", number, mask), types.Uint(width))
    return _widened(number, width)


def _widened(number: Any, width: int) -> Any:
    if number.type.width == width:
        return number
    if isinstance(number, expr.Value):
        return _constant(number.value, width)
    return expr.Cast(number, types.Uint(width))
