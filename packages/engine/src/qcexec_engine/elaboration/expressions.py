"""Expressions: their values, known now or left to the run.

Angles of gates have a short way of their own, for there are as many of them as gates: `number`
computes with Python's numbers what literals, constants and the four operations give.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from qcexec_engine.elaboration.functions import CONSTANTS, called
from qcexec_engine.elaboration.picks import bit_pick
from qcexec_engine.elaboration.state import State
from qcexec_engine.elaboration.symbols import BitPick, Qubits, Variable
from qcexec_engine.elaboration.values import (
    DEFAULT_WIDTH,
    Value,
    calculated,
    converted,
    negated,
    real_number,
    truth,
)
from qcexec_engine.errors import InvalidAngle, SemanticFault, UnsupportedFeature
from qcexec_engine.language.syntax import (
    Binary,
    BitString,
    Call,
    Cast,
    Concatenation,
    Duration,
    Element,
    Expression,
    Index,
    Literal,
    Measurement,
    Name,
    Operator,
    Type,
)


def evaluated(state: State, node: Expression) -> Value:
    """The value of an expression.

    Raises:
        SemanticFault: a name is not defined, or the operands do not fit.
        UnsupportedFeature: it needs to be known before the run, and is not.
    """
    return _EVALUATIONS[type(node)](state, node)


def condition(state: State, node: Expression) -> Value:
    """The truth value of an expression."""
    return truth(evaluated(state, node))


def whole_number(state: State, node: Expression, what: str) -> int:
    """A whole number that has to be known before the run; `what` names it in messages."""
    if type(node) is Literal and type(node.value) is int:
        return node.value
    value = evaluated(state, node)
    if not value.is_known:
        raise state.unsupported(f"{what} has to be known before the run", _start(node))
    if value.kind in ("float", "angle"):
        raise state.fault(f"{what} is a whole number", _start(node))
    return int(value.content)  # type: ignore[arg-type]


def angles(
    state: State, arguments: tuple[Expression, ...], names: Mapping[str, float]
) -> tuple[float, ...]:
    """The angles of a gate call; `names` are constants and parameters that are numbers.

    Raises:
        InvalidAngle: one of them is infinite or no number.
        UnsupportedFeature: one of them depends on a measurement.
    """
    real = state.version == 2
    return tuple([_angle(state, argument, names, real) for argument in arguments])


def number(node: Expression, names: Mapping[str, float], real: bool) -> float | None:
    """The value of a plain expression of numbers; None where that is no matter of course.

    Args:
        node: the expression.
        names: the numbers that names stand for.
        real: whether the quotient of whole numbers is exact, as in OpenQASM 2.

    Raises:
        OverflowError: a whole number is too large to meet one with a fraction.
    """
    if type(node) is Literal:
        value = node.value
        return None if type(value) is bool else value
    if type(node) is Name:
        return names.get(node.name)
    if type(node) is Operator:
        operand = number(node.operand, names, real) if node.op == "-" else None
        return None if operand is None else -operand
    if type(node) is not Binary:
        return None
    op, left_node, right_node, _ = node
    if type(left_node) is Binary and type(left_node.left) is Binary:
        # A chain goes the long way, which no length of it can lead too deep.
        return None
    left = number(left_node, names, real)
    right = number(right_node, names, real)
    if left is None or right is None:
        return None
    if op == "*":
        return left * right
    if op == "+":
        return left + right
    if op == "-":
        return left - right
    if op == "/" and right and (real or type(left) is float or type(right) is float):
        return left / right
    return None


def declared_type(state: State, node: Type) -> tuple[str, int | None]:
    """The kind and width of a type as it is written."""
    kind, width = node.name, node.width
    if kind in ("complex", "duration", "stretch"):
        raise state.unsupported(f"variables of type '{kind}' are not supported", node.at)
    if width is None:
        return kind, 1 if kind == "bit" else DEFAULT_WIDTH if kind in ("int", "uint") else None
    size = whole_number(state, width, "the width of a type")
    if size < 1:
        raise state.fault(f"a width of {size} is out of range: it is at least 1", node.at)
    if kind == "bool":
        raise state.fault("a bool has no width", node.at)
    state.check_size(size, "bits", node.at)
    return kind, None if kind == "float" else size


def _angle(state: State, node: Expression, names: Mapping[str, float], real: bool) -> float:
    try:
        value = number(node, names, real)
        if value is None:
            value = real_number(evaluated(state, node))
        found = float(value)
    except OverflowError:
        found = math.inf
    except (InvalidAngle, UnsupportedFeature) as error:
        raise state.placed(error, _start(node)) from None
    if found - found != 0.0:
        raise InvalidAngle(
            "an angle is infinite or not a number", *state.source.place(_start(node))
        )
    return found


def _start(node: Any) -> int:
    """The token at which an expression begins."""
    while type(node) is Binary:
        node = node.left
    return int(node.at)


def _literal(_state: State, node: Literal) -> Value:
    value = node.value
    return tuple.__new__(Value, (_LITERAL_KINDS[type(value)], None, value))


def _bit_string(_state: State, node: BitString) -> Value:
    return Value("bit", len(node.digits), int(node.digits, 2))


def _duration(state: State, node: Duration) -> Value:
    raise state.unsupported("a duration stands only in delays and boxes", node.at)


def _name(state: State, node: Name) -> Value:
    symbol = state.look_up(node.name)
    if isinstance(symbol, Variable):
        return symbol.read()
    if isinstance(symbol, BitPick):
        return symbol.variable.read_bits(symbol.positions)
    if isinstance(symbol, Qubits) or node.name[0] == "$":
        raise state.fault(
            f"'{node.name}' is a qubit, which has no value before it is measured", node.at
        )
    constant = CONSTANTS.get(node.name)
    if constant is None:
        raise state.fault(f"'{node.name}' is not defined", node.at)
    return Value("float", None, constant)


def _operator(state: State, node: Operator) -> Value:
    value = evaluated(state, node.operand)
    try:
        return negated(node.op, value)
    except (SemanticFault, UnsupportedFeature) as error:
        raise state.placed(error, node.at) from None


def _binary(state: State, node: Binary) -> Value:
    # Chains lean to the left: walking down there by a loop keeps them off the stack.
    chain: list[Binary] = []
    leaf: Expression = node
    while type(leaf) is Binary:
        chain.append(leaf)
        leaf = leaf.left
    value = evaluated(state, leaf)
    while chain:
        op, _, right_node, at = chain.pop()
        try:
            if op in ("&&", "||"):
                value = truth(value)
                if value.is_known and bool(value.content) is (op == "||"):
                    continue
            right = evaluated(state, right_node)
            if op == "/" and state.version == 2:
                value = converted(value, "float", None)
            value = calculated(op, value, right)
        except (SemanticFault, UnsupportedFeature) as error:
            raise state.placed(error, at) from None
    return value


def _call(state: State, node: Call) -> Value:
    values = [evaluated(state, argument) for argument in node.arguments]
    try:
        return called(node.name, values)
    except (SemanticFault, UnsupportedFeature) as error:
        raise state.placed(error, node.at) from None


def _cast(state: State, node: Cast) -> Value:
    kind, width = declared_type(state, node.type)
    value = evaluated(state, node.value)
    try:
        return converted(value, kind, width)
    except (SemanticFault, UnsupportedFeature) as error:
        raise state.placed(error, node.at) from None


def _picked(state: State, node: Element | Index) -> Value:
    variable, positions = bit_pick(state, node, whole_number)
    return variable.read_bits(positions)


def _concatenation(state: State, node: Concatenation) -> Value:
    raise state.unsupported("registers are joined by '++' in aliases alone", node.at)


def _measurement(state: State, node: Measurement) -> Value:
    raise state.unsupported("assign the result of 'measure' to bits first", node.at)


_LITERAL_KINDS: Final[Mapping[type, str]] = MappingProxyType(
    {bool: "bool", int: "int", float: "float"}
)
_EVALUATIONS: Final[Mapping[type, Callable[[State, Any], Value]]] = MappingProxyType(
    {
        Binary: _binary,
        BitString: _bit_string,
        Call: _call,
        Cast: _cast,
        Concatenation: _concatenation,
        Duration: _duration,
        Element: _picked,
        Index: _picked,
        Literal: _literal,
        Measurement: _measurement,
        Name: _name,
        Operator: _operator,
    }
)
