"""The specification's built-in constants and functions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from support.oracle.errors import NotInterpreted
from support.oracle.values import FLOAT, LITERAL, Type, Value, binary, real, whole

CONSTANTS: Final = {
    "pi": math.pi,
    "π": math.pi,
    "tau": 2 * math.pi,
    "τ": 2 * math.pi,
    "euler": math.e,
    "ℇ": math.e,
}
"""By every name that they have; real numbers."""


def called(name: str, arguments: Sequence[Value]) -> Value:
    """The value of a built-in function; OpenQASM 2's names are among them.

    Raises:
        NotInterpreted: there is no such function.
    """
    if name in _OF_ONE_REAL:
        (argument,) = arguments
        return Value(FLOAT, _OF_ONE_REAL[name](real(argument)))
    if name == "mod":
        return binary("%", *arguments)
    if name == "pow":
        return binary("**", *arguments)
    if name == "popcount":
        (argument,) = arguments
        return Value(LITERAL, _pattern(argument).count("1"))
    if name in ("rotl", "rotr"):
        value, distance = arguments
        return _rotated(value, whole(distance) if name == "rotl" else -whole(distance))
    raise NotInterpreted(f"the function {name}")


def _pattern(value: Value) -> str:
    """The bits of a value of a width, the highest first."""
    if value.type.width is None:
        raise NotInterpreted(f"the bits of {value}")
    return format(whole(value) % 2**value.type.width, f"0{value.type.width}b")


def _rotated(value: Value, distance: int) -> Value:
    pattern = _pattern(value)
    cut = distance % len(pattern)
    number = int(pattern[cut:] + pattern[:cut], 2)
    return Value(Type(value.type.kind, value.type.width), number)


_OF_ONE_REAL: Final = {
    "acos": math.acos,
    "arccos": math.acos,
    "asin": math.asin,
    "arcsin": math.asin,
    "atan": math.atan,
    "arctan": math.atan,
    "ceiling": lambda number: float(math.ceil(number)),
    "cos": math.cos,
    "exp": math.exp,
    "floor": lambda number: float(math.floor(number)),
    "ln": math.log,
    "log": math.log,
    "sin": math.sin,
    "sqrt": math.sqrt,
    "tan": math.tan,
}
