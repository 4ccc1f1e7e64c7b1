"""Which programs Aer can run as the engine means them.

Aer calculates with unsigned numbers of at most 32 bits, and knows comparisons, logic and bitwise
operators. Whatever is outside of that it would get wrong, or refuse halfway.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from qcexec_engine.classical import Bits, Calculation, Constant, Expression, Negation, Wrap
from qcexec_engine.program import Branch, Loop, Operation, Store

WIDEST_NUMBER: Final = 32
"""The most bits of a number."""

DEEPEST_EXPRESSION: Final = 150
"""The most steps from an expression's root to a leaf: Aer follows them by recursion."""

COMPARISONS: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})
LOGIC: Final = frozenset({"&&", "||"})
BITWISE: Final = frozenset({"&", "|", "^"})


def runs(operations: Iterable[Operation]) -> bool:
    """Whether Aer can evaluate all conditions and stores, in blocks too."""
    for operation in operations:
        kind = type(operation)
        if kind is Store:
            if not _can_store(operation):  # type: ignore[arg-type]
                return False
        elif isinstance(operation, Branch):
            if not (
                _is_truth(operation.condition, 0)
                and runs(operation.then)
                and runs(operation.otherwise)
            ):
                return False
        elif isinstance(operation, Loop) and not (
            _is_truth(operation.condition, 0) and runs(operation.body)
        ):
            return False
    return True


def is_wide_comparison(expression: Calculation) -> bool:
    """Whether it says if bits, more than a number has, are the same as a constant."""
    return (
        expression.op in ("==", "!=")
        and isinstance(expression.left, Bits)
        and len(expression.left.indices) > WIDEST_NUMBER
        and _all_different(expression.left.indices)
        and isinstance(expression.right, Constant)
        and expression.right.value >= 0
    )


def width(expression: Expression, depth: int = 0) -> int | None:
    """How many bits the value takes as an unsigned number; None where Aer cannot calculate it."""
    if depth > DEEPEST_EXPRESSION:
        return None
    found: int | None = None
    match expression:
        case Constant(value):
            found = max(1, value.bit_length()) if value >= 0 else None
        case Bits(indices):
            found = len(indices) if indices and _all_different(indices) else None
        case Wrap(value, wrapped, signed):
            inner = value.value if isinstance(value, Negation) and value.op == "~" else value
            if inner is not value and signed:
                return None
            found = width(inner, depth + 1)
            if found is None or (signed and found >= wrapped):
                return None
            found = wrapped if inner is not value else min(found, wrapped)
        case Calculation(op, left, right) if op in BITWISE:
            first, second = width(left, depth + 1), width(right, depth + 1)
            found = max(first, second) if first is not None and second is not None else None
        case _:
            found = 1 if _is_truth(expression, depth) else None
    return found if found is not None and found <= WIDEST_NUMBER else None


def _is_truth(expression: Expression, depth: int) -> bool:
    """Whether Aer can tell if the value is zero."""
    if depth > DEEPEST_EXPRESSION:
        return False
    match expression:
        case Negation("!", value):
            return _is_truth(value, depth + 1)
        case Negation():
            return False
        case Calculation(op, left, right) if op in LOGIC:
            return _is_truth(left, depth + 1) and _is_truth(right, depth + 1)
        case Calculation(op, left, right) if op in COMPARISONS:
            return is_wide_comparison(expression) or (
                width(left, depth + 1) is not None and width(right, depth + 1) is not None
            )
        case Calculation(op) if op not in BITWISE:
            return False
        case _:
            return width(expression, depth + 1) is not None


def _can_store(store: Store) -> bool:
    if not _all_different(store.bits):
        return False
    return isinstance(store.value, Constant) or width(store.value) is not None


def _all_different(indices: tuple[int, ...]) -> bool:
    return len(set(indices)) == len(indices)
