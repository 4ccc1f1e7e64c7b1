"""Values of OpenQASM's classical types, known now or only to the run, and their arithmetic.

A value's content is a number where it is known while a circuit is elaborated, else an expression
over the memory's bits. Both follow the same typing: whole numbers without a width, as literals are,
are exact among themselves, and count as 64 bits beside numbers of a width; the result of two
widths has the wider, and is unsigned where the unsigned one is not narrower. Division of whole
numbers truncates. Comparisons compare numbers, not bit patterns.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from qcexec_engine.classical import Calculation, Constant, Expression, Negation, Wrap
from qcexec_engine.errors import InvalidAngle, SemanticFault, UnsupportedFeature

DEFAULT_WIDTH: Final = 64
"""Bits of an int or uint that is declared without a width."""

_NUMBERS: Final = frozenset((bool, int, float))
_WIDEST: Final = 65_536
_FINEST: Final = 60
"""Bits of an angle that a floating-point number tells apart; further ones are zero."""
_TURN: Final = 2 * math.pi
# A named tuple's own constructor takes twice as long.
_new = tuple.__new__

Number: TypeAlias = int | float


class Value(NamedTuple):
    """A typed value.

    Attributes:
        kind: "bit", "bool", "int", "uint", "float" or "angle".
        width: in bits; None for bool and float, for whole numbers of any size, and for an angle
            that keeps its full precision.
        content: a number, or the expression that gives it in the run.
    """

    kind: str
    width: int | None
    content: Number | Expression

    @property
    def is_known(self) -> bool:
        """Whether the value is known before the run."""
        return type(self.content) in _NUMBERS

    @property
    def expression(self) -> Expression:
        """The value as the run evaluates it; of whole numbers alone."""
        content = self.content
        if isinstance(content, float):
            raise UnsupportedFeature(
                "a number with a fraction cannot meet one that only the run knows"
            )
        return Constant(int(content)) if isinstance(content, int) else content


def whole(value: int) -> Value:
    """A whole number as a literal has it."""
    return Value("int", None, value)


def calculated(op: str, left: Value, right: Value) -> Value:
    """The value of `left op right`, for every binary operator of the language.

    Raises:
        SemanticFault: the operands do not fit the operator, or the result is no number.
        UnsupportedFeature: a number with a fraction depends on what only the run knows.
    """
    if op in _COMPARISONS:
        return _compared(op, left, right)
    if op in ("&&", "||"):
        return _joined(op, truth(left), truth(right))
    if op in ("<<", ">>"):
        return _shifted(op, left, right)
    if left.kind in _REAL or right.kind in _REAL:
        return _real(op, left, right)
    kind, width = _common_type(op, left, right)
    if not (left.is_known and right.is_known):
        expression = Calculation(op, left.expression, right.expression)
        return Value(kind, width, _wrapped(expression, kind, width, op in _GROWING))
    first, second = _integer(left), _integer(right)
    if op == "**" and second < 0:
        return _real(op, left, right)
    return _of_number(kind, width, _INTEGER_ARITHMETIC[op](first, second))


def negated(op: str, value: Value) -> Value:
    """The value under a unary operator: -, ~ or !."""
    if op == "!":
        value = truth(value)
        if value.is_known:
            return Value("bool", None, not value.content)
        return Value("bool", None, Negation("!", value.expression))
    if value.kind in _REAL:
        if op == "~":
            raise SemanticFault(f"'~' works on bits and whole numbers, not on a {value.kind}")
        return converted(Value("float", None, -_real_number(value)), value.kind, value.width)
    kind, width = value.kind, value.width
    if kind == "bool" or (kind == "bit" and op == "-"):
        kind, width = "int", None
    if value.is_known:
        number = _integer(value)
        return _of_number(kind, width, -number if op == "-" else ~number)
    return Value(kind, width, _wrapped(Negation(op, value.expression), kind, width, True))


def truth(value: Value) -> Value:
    """The value as a bool: whether it is other than zero."""
    if value.kind == "bool":
        return value
    if value.is_known:
        return Value("bool", None, bool(value.content))
    if value.width == 1:
        return Value("bool", None, value.content)
    return Value("bool", None, Calculation("!=", value.expression, Constant(0)))


def converted(value: Value, kind: str, width: int | None) -> Value:
    """The value as another type, as a cast or an assignment makes it.

    Whole numbers are cut to the width, fractions dropped, angles taken into one turn.

    Raises:
        SemanticFault: there is no such conversion.
        UnsupportedFeature: only the run knows the value, and the type has fractions.
    """
    if kind == "bool":
        return truth(value)
    if kind == "angle" and value.kind == "bit" and value.width == width and width is not None:
        return Value(kind, width, _angle_of_pattern(int(_real_number(value)), width))
    if kind in _REAL:
        number = _real_number(value)
        return Value(kind, width, number if kind == "float" else _angle(number, width))
    if value.kind in _REAL:
        if kind == "bit" and value.kind == "angle" and value.width == width and width is not None:
            return Value(kind, width, _pattern_of_angle(_real_number(value), width))
        if kind == "bit" or value.kind == "angle":
            raise SemanticFault(f"a value of type {value.kind} cannot become one of type {kind}")
        number = _real_number(value)
        if not math.isfinite(number):
            raise SemanticFault("an infinite number cannot become a whole one")
        return _of_number(kind, width, int(number))
    if value.is_known:
        return _of_number(kind, width, _integer(value))
    if (kind, width) == (value.kind, value.width):
        return value
    fits = width is None or (
        kind != "int" and value.kind in ("bit", "uint") and _fits(value, width)
    )
    return Value(kind, width, _wrapped(value.expression, kind, width, not fits))


def real_number(value: Value) -> float:
    """The value as a floating-point number, which may be infinite.

    Raises:
        UnsupportedFeature: only the run knows it.
        InvalidAngle: it is too large for one.
    """
    return _real_number(value)


_REAL: Final = frozenset(("float", "angle"))
_GROWING: Final = frozenset(("+", "-", "*", "**"))


def _fits(value: Value, width: int) -> bool:
    return value.width is not None and value.width <= width


def _integer(value: Value) -> int:
    content = value.content
    if not isinstance(content, int):
        raise SemanticFault(f"a whole number is needed here, not a {value.kind}")
    return int(content)


def _real_number(value: Value) -> float:
    content = value.content
    if not isinstance(content, (int, float)):
        raise UnsupportedFeature(
            "an angle or a number with a fraction cannot depend on a measurement"
        )
    try:
        return float(content)
    except OverflowError:
        raise InvalidAngle("a number is too large for a floating-point number") from None


def _angle(number: float, width: int | None) -> float:
    if not math.isfinite(number):
        raise InvalidAngle("an angle is infinite or not a number")
    if width is None:
        return number % _TURN
    return _angle_of_pattern(_pattern_of_angle(number, width), width)


def _pattern_of_angle(number: float, width: int) -> int:
    """The bits of an angle of so many: how many steps of a turn's 2**width it is, ties to even."""
    steps = 1 << min(width, _FINEST)
    return (round(number / _TURN * steps) % steps) << (width - min(width, _FINEST))


def _angle_of_pattern(pattern: int, width: int) -> float:
    return (pattern >> (width - min(width, _FINEST))) * _TURN / (1 << min(width, _FINEST))


def _of_number(kind: str, width: int | None, number: int) -> Value:
    """A whole number, cut to its type's width."""
    if width is None:
        if number.bit_length() > _WIDEST:
            raise SemanticFault(f"a whole number has more than {_WIDEST} bits")
        return Value(kind, None, number)
    number &= (1 << width) - 1
    if kind == "int" and number >> (width - 1):
        number -= 1 << width
    return _new(Value, (kind, width, number))


def _wrapped(expression: Expression, kind: str, width: int | None, may_grow: bool) -> Expression:
    if not may_grow or width is None:
        return expression
    return Wrap(expression, width, kind == "int")


def _common_type(op: str, left: Value, right: Value) -> tuple[str, int | None]:
    """The type of whole numbers' arithmetic."""
    if op in ("&", "|", "^") and left.kind == right.kind and left.kind in ("bit", "bool"):
        if left.width != right.width:
            raise SemanticFault(
                f"'{op}' needs as many bits on both sides, not {left.width} and {right.width}"
            )
        return left.kind, left.width
    first, second = _numeric_type(left), _numeric_type(right)
    if first[1] is None and second[1] is None:
        if left.is_known and right.is_known:
            return "int", None
        return "int", DEFAULT_WIDTH
    first_width, second_width = first[1] or DEFAULT_WIDTH, second[1] or DEFAULT_WIDTH
    width = max(first_width, second_width)
    widest = {
        kind for kind, own in ((first[0], first_width), (second[0], second_width)) if own == width
    }
    return "uint" if "uint" in widest else "int", width


def _numeric_type(value: Value) -> tuple[str, int | None]:
    if value.kind == "bit" or value.kind == "bool":
        return "int", None
    return value.kind, value.width


def _compared(op: str, left: Value, right: Value) -> Value:
    if left.is_known and right.is_known:
        return _new(Value, ("bool", None, _COMPARISONS[op](left.content, right.content)))
    return Value("bool", None, Calculation(op, left.expression, right.expression))


def _joined(op: str, left: Value, right: Value) -> Value:
    """`&&` or `||` of truth values; one that settles it settles it before the run."""
    for one, other in ((left, right), (right, left)):
        if one.is_known:
            settles = bool(one.content) is (op == "||")
            return one if settles else other
    return Value("bool", None, Calculation(op, left.expression, right.expression))


def _shifted(op: str, left: Value, right: Value) -> Value:
    if left.kind == "angle" and left.width is not None and right.kind not in _REAL:
        turned = _shifted(op, converted(left, "bit", left.width), right)
        return converted(turned, "angle", left.width)
    if left.kind in _REAL or right.kind in _REAL:
        raise SemanticFault(f"'{op}' works on bits and whole numbers")
    kind, width = ("int", None) if left.kind == "bool" else (left.kind, left.width)
    if right.is_known and _integer(right) < 0:
        raise SemanticFault("a shift's distance is negative")
    if left.is_known and right.is_known:
        number, distance = _integer(left), _integer(right)
        if op == ">>":
            return _of_number(kind, width, number >> min(distance, _WIDEST))
        if width is not None and distance >= width:
            return Value(kind, width, 0)
        if distance > _WIDEST:
            raise SemanticFault(f"a whole number has more than {_WIDEST} bits")
        return _of_number(kind, width, number << distance)
    width = width or DEFAULT_WIDTH
    expression = Calculation(op, left.expression, right.expression)
    return Value(kind, width, _wrapped(expression, kind, width, op == "<<"))


def _real(op: str, left: Value, right: Value) -> Value:
    if op not in _REAL_ARITHMETIC:
        raise SemanticFault(
            f"'{op}' works on bits and whole numbers, not on a number with a fraction"
        )
    first, second = _real_number(left), _real_number(right)
    if op == "/" and left.kind == "angle" and left.width is not None and right.kind not in _REAL:
        # Its bits are divided, and a quotient of bits truncates.
        pattern = _quotient(_pattern_of_angle(first, left.width), _integer(right))
        return Value(
            "angle", left.width, _angle_of_pattern(pattern % (1 << left.width), left.width)
        )
    try:
        result = _REAL_ARITHMETIC[op](first, second)
    except ZeroDivisionError:
        raise SemanticFault("division by zero") from None
    except OverflowError:
        result = math.inf
    if isinstance(result, complex):
        raise SemanticFault(f"{first} ** {second} is not a real number")
    kinds = {left.kind, right.kind}
    if "angle" not in kinds or "float" in kinds or (op == "/" and kinds == {"angle"}):
        return Value("float", None, result)
    width = left.width if left.kind == "angle" else right.width
    return Value("angle", width, _angle(result, width))


def _power(base: int, exponent: int) -> int:
    if abs(base) > 1 and base.bit_length() * exponent > _WIDEST:
        raise SemanticFault(f"a whole number has more than {_WIDEST} bits")
    return int(base**exponent)


def _quotient(dividend: int, divisor: int) -> int:
    if divisor == 0:
        raise SemanticFault("division by zero")
    quotient = abs(dividend) // abs(divisor)
    return quotient if (dividend < 0) == (divisor < 0) else -quotient


def _remainder(dividend: int, divisor: int) -> int:
    if divisor == 0:
        raise SemanticFault("division by zero")
    remainder = abs(dividend) % abs(divisor)
    return -remainder if dividend < 0 else remainder


_COMPARISONS: Final[Mapping[str, Callable[..., bool]]] = MappingProxyType(
    {
        "==": operator.eq,
        "!=": operator.ne,
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
    }
)
_INTEGER_ARITHMETIC: Final[Mapping[str, Callable[[int, int], int]]] = MappingProxyType(
    {
        "+": operator.add,
        "-": operator.sub,
        "*": operator.mul,
        "/": _quotient,
        "%": _remainder,
        "**": _power,
        "&": operator.and_,
        "|": operator.or_,
        "^": operator.xor,
    }
)
_REAL_ARITHMETIC: Final[Mapping[str, Callable[[float, float], float | complex]]] = MappingProxyType(
    {
        "+": operator.add,
        "-": operator.sub,
        "*": operator.mul,
        "/": operator.truediv,
        "%": lambda dividend, divisor: dividend - divisor * math.trunc(dividend / divisor),
        "**": operator.pow,
    }
)
