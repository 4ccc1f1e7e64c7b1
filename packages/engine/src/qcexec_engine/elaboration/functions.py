"""OpenQASM's built-in functions and constants, of values that are known before the run."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from qcexec_engine.elaboration.values import Value, calculated, converted, real_number
from qcexec_engine.errors import SemanticFault, UnsupportedFeature

CONSTANTS: Final[Mapping[str, float]] = MappingProxyType(
    {
        "pi": math.pi,
        "π": math.pi,
        "tau": math.tau,
        "τ": math.tau,
        "euler": math.e,
        "ℇ": math.e,
    }
)
"""The built-in constants by name."""


def called(name: str, arguments: Sequence[Value]) -> Value:
    """The value of a built-in function.

    Raises:
        SemanticFault: there is no such function, or it takes other arguments.
        UnsupportedFeature: only the run knows an argument.
    """
    if name not in _NUM_ARGUMENTS:
        raise SemanticFault(f"the function '{name}' is not defined")
    if len(arguments) != _NUM_ARGUMENTS[name]:
        expected = _NUM_ARGUMENTS[name]
        noun = "argument" if expected == 1 else "arguments"
        raise SemanticFault(f"'{name}' takes {expected} {noun}, not {len(arguments)}")
    if not all(argument.is_known for argument in arguments):
        raise UnsupportedFeature(f"'{name}' of a value that only the run knows is not supported")
    if name in _REAL_FUNCTIONS:
        number = real_number(arguments[0])
        try:
            return Value("float", None, _REAL_FUNCTIONS[name](number))
        except ValueError:
            raise SemanticFault(f"{name}({number}) is not a real number") from None
        except OverflowError:
            return Value("float", None, math.inf)
    return _OTHERS[name](*arguments)


def _modulo(dividend: Value, divisor: Value) -> Value:
    return calculated("%", dividend, divisor)


def _power(base: Value, exponent: Value) -> Value:
    return calculated("**", base, exponent)


def _population_count(value: Value) -> Value:
    return Value("int", None, _pattern(value, "popcount").bit_count())


def _rotated_left(value: Value, distance: Value) -> Value:
    content = distance.content
    if not isinstance(content, int):
        raise SemanticFault("the distance of a rotation is a whole number")
    if value.width is None:
        raise SemanticFault("only bits and numbers of a given width can be rotated")
    pattern, width = _pattern(value, "a rotation"), value.width
    distance_left = content % width
    turned = pattern << distance_left | pattern >> (width - distance_left)
    return converted(Value("uint", None, turned), value.kind, width)


def _rotated_right(value: Value, distance: Value) -> Value:
    if not isinstance(distance.content, int):
        raise SemanticFault("the distance of a rotation is a whole number")
    return _rotated_left(value, distance._replace(content=-distance.content))


def _pattern(value: Value, what: str) -> int:
    content = value.content
    if not isinstance(content, int) or (content < 0 and value.width is None):
        raise SemanticFault(f"{what} needs bits or a whole number of a given width")
    return content if value.width is None else content & (1 << value.width) - 1


def _floor(number: float) -> float:
    return float(math.floor(number))


def _ceiling(number: float) -> float:
    return float(math.ceil(number))


_REAL_FUNCTIONS: Final[Mapping[str, Callable[[float], float]]] = MappingProxyType(
    {
        "acos": math.acos,
        "arccos": math.acos,
        "arcsin": math.asin,
        "arctan": math.atan,
        "asin": math.asin,
        "atan": math.atan,
        "ceiling": _ceiling,
        "cos": math.cos,
        "exp": math.exp,
        "floor": _floor,
        "ln": math.log,
        "log": math.log,
        "real": float,
        "sin": math.sin,
        "sqrt": math.sqrt,
        "tan": math.tan,
    }
)
_OTHERS: Final[Mapping[str, Callable[..., Value]]] = MappingProxyType(
    {
        "imag": lambda _value: Value("float", None, 0.0),
        "mod": _modulo,
        "popcount": _population_count,
        "pow": _power,
        "rotl": _rotated_left,
        "rotr": _rotated_right,
    }
)
_NUM_ARGUMENTS: Final[Mapping[str, int]] = MappingProxyType(
    dict.fromkeys(_REAL_FUNCTIONS, 1)
    | {"imag": 1, "mod": 2, "popcount": 1, "pow": 2, "rotl": 2, "rotr": 2}
)
