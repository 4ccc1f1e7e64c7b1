"""Classical values with OpenQASM's types, and arithmetic on them.

The rules are those of the specification's *Types and Casting* and *Classical instructions*: C99's
conversions for whole numbers of given widths, wrapping at the width, division that truncates. A
declared int or uint without a width has 64 bits; a literal has none, and is exact beside others.
Angles of a width are unsigned patterns, as the specification has them; an angle without a width is
a real number.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple, TypeAlias

from support.oracle.errors import NotInterpreted

MACHINE_WIDTH: Final = 64
TURN: Final = 2 * math.pi

Number: TypeAlias = int | float


class Type(NamedTuple):
    """A classical type.

    Attributes:
        kind: bit, bool, int, uint, float or angle.
        width: in bits. None for a scalar bit, a bool, a float, a literal whole number and an angle
            of full precision.
    """

    kind: str
    width: int | None = None


class Value(NamedTuple):
    """A number with its type: an unsigned pattern for bits and angles of a width."""

    type: Type
    number: Number


BIT: Final = Type("bit")
BOOL: Final = Type("bool")
FLOAT: Final = Type("float")
LITERAL: Final = Type("int")


def truth(value: Value) -> bool:
    """Whether the value is other than zero."""
    return value.number != 0


def whole(value: Value) -> int:
    """The value as a whole number.

    Raises:
        NotInterpreted: it has a type with fractions.
    """
    if not isinstance(value.number, int):
        raise NotInterpreted(f"{value} where a whole number is needed")
    return int(value.number)


def real(value: Value) -> float:
    """The value as a real number; an angle in radians."""
    if value.type.kind == "angle" and value.type.width is not None:
        return value.number * TURN / float(2**value.type.width)
    return float(value.number)


def converted(value: Value, type_: Type) -> Value:
    """The value as another type, as a cast or an assignment makes it."""
    if type_.kind == "bool" or type_ == BIT:
        return Value(type_, int(truth(value)))
    if type_.kind == "float":
        return Value(type_, real(value))
    if type_.kind == "angle":
        return _angle(value, type_)
    if value.type.kind == "angle" and value.type.width is None:
        raise NotInterpreted(f"{value} as {type_}")
    if not math.isfinite(value.number):
        raise NotInterpreted(f"{value} as {type_}")
    return Value(type_, _wrapped(int(value.number), type_))


def unary(operator: str, value: Value) -> Value:
    """The value of `-`, `~` or `!` before a value."""
    if operator == "!":
        return Value(BOOL, int(not truth(value)))
    if operator == "~":
        if value.type == BIT or value.type == BOOL:
            return Value(value.type, int(not truth(value)))
        return Value(value.type, _wrapped(~whole(value), value.type))
    if value.type.kind == "float":
        return Value(FLOAT, -value.number)
    if value.type.kind == "angle" and value.type.width is None:
        return Value(value.type, -value.number % TURN)
    type_ = LITERAL if value.type in (BOOL, BIT) else value.type
    return Value(type_, _wrapped(-whole(value), type_))


def binary(operator: str, left: Value, right: Value) -> Value:
    """The value of a binary operator of the language.

    Raises:
        NotInterpreted: the operands do not fit, or there is a division by zero.
    """
    if operator == "&&":
        return Value(BOOL, int(truth(left) and truth(right)))
    if operator == "||":
        return Value(BOOL, int(truth(left) or truth(right)))
    if operator in _COMPARED:
        return Value(BOOL, int(_COMPARED[operator](*_comparable(left, right))))
    if operator in ("<<", ">>"):
        return _shifted(operator, left, right)
    kinds = {left.type.kind, right.type.kind}
    if "float" in kinds:
        return Value(FLOAT, _real_arithmetic(operator, real(left), real(right)))
    if "angle" in kinds:
        return _angle_arithmetic(operator, left, right)
    return _whole_arithmetic(operator, left, right)


def _wrapped(number: int, type_: Type) -> int:
    """The number cut to the width of its type, in two's complement where that is signed."""
    if type_.width is None:
        return number
    number %= 2**type_.width
    if type_.kind == "int" and number >= 2 ** (type_.width - 1):
        number -= 2**type_.width
    return number


def _angle(value: Value, type_: Type) -> Value:
    """As an angle: bits by their pattern, real numbers by the nearest one, ties to even."""
    if value.type.kind == "bit" and type_.width is not None:
        return Value(type_, int(value.number))
    number = real(value)
    if not math.isfinite(number):
        raise NotInterpreted(f"the angle {number}")
    if type_.width is None:
        return Value(type_, number % TURN)
    return Value(type_, round(number / TURN * 2**type_.width) % 2**type_.width)


def _comparable(left: Value, right: Value) -> tuple[Number, Number]:
    """The numbers to compare; an angle of a width meets others as angles of that width."""
    for one in (left, right):
        if one.type.kind == "angle" and one.type.width is not None:
            return converted(left, one.type).number, converted(right, one.type).number
    return left.number, right.number


def _shifted(operator: str, left: Value, right: Value) -> Value:
    distance = whole(right)
    if distance < 0:
        raise NotInterpreted("a shift by a negative distance")
    type_ = LITERAL if left.type == BOOL else left.type
    if type_ == BIT:
        type_ = Type("bit", 1)
    number = whole(left)
    return Value(
        type_, _wrapped(number << distance if operator == "<<" else number >> distance, type_)
    )


def _real_arithmetic(operator: str, left: float, right: float) -> float:
    if operator in ("/", "%") and right == 0:
        raise NotInterpreted("division by zero")
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    if operator == "/":
        return left / right
    if operator == "%":
        return math.fmod(left, right)
    if operator == "**":
        return math.pow(left, right)
    raise NotInterpreted(f"{operator} on real numbers")


def _angle_arithmetic(operator: str, left: Value, right: Value) -> Value:
    """On angles of a width as on unsigned numbers of that width; else on real numbers."""
    both = left.type.kind == right.type.kind
    angles = [one.type for one in (left, right) if one.type.kind == "angle"]
    type_ = max(angles, key=lambda one: one.width or 0)
    if any(one.width is None for one in angles):
        result = _real_arithmetic(operator, real(left), real(right))
        return (
            Value(FLOAT, result)
            if both and operator == "/"
            else Value(Type("angle"), result % TURN)
        )
    first, second = (
        converted(one, type_) if one.type.kind == "angle" else one for one in (left, right)
    )
    result = _exact(operator, whole(first), whole(second))
    result_type = Type("uint", type_.width) if both and operator == "/" else type_
    return Value(result_type, _wrapped(result, result_type))


def _whole_arithmetic(operator: str, left: Value, right: Value) -> Value:
    bits = [one.type.kind in ("bit", "bool") for one in (left, right)]
    if all(bits) and operator in ("&", "|", "^"):
        return Value(left.type, _exact(operator, whole(left), whole(right)))
    if operator == "**" and whole(right) < 0:
        return Value(FLOAT, math.pow(whole(left), whole(right)))
    type_ = _common_type(left.type, right.type)
    return Value(type_, _wrapped(_exact(operator, whole(left), whole(right)), type_))


def _common_type(left: Type, right: Type) -> Type:
    """C99's usual arithmetic conversions, with a type's width as its rank."""
    left, right = _arithmetic_type(left), _arithmetic_type(right)
    if left.width is None and right.width is None:
        return LITERAL
    ranked = [(one.width or MACHINE_WIDTH, one.kind == "uint") for one in (left, right)]
    width, unsigned = max(ranked)
    return Type("uint" if unsigned else "int", width)


def _arithmetic_type(type_: Type) -> Type:
    if type_.kind == "bit" and type_.width is not None:
        return Type("uint", type_.width)
    return LITERAL if type_.kind in ("bit", "bool") else type_


def _exact(operator: str, left: int, right: int) -> int:
    if operator in ("/", "%") and right == 0:
        raise NotInterpreted("division by zero")
    if operator == "/":
        return abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
    if operator == "%":
        return abs(left) % abs(right) * (-1 if left < 0 else 1)
    if operator in _EXACT:
        return int(_EXACT[operator](left, right))
    raise NotInterpreted(f"{operator} on whole numbers")


_COMPARED: Final = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
_EXACT: Final = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "**": lambda left, right: left**right,
    "&": lambda left, right: left & right,
    "|": lambda left, right: left | right,
    "^": lambda left, right: left ^ right,
}
