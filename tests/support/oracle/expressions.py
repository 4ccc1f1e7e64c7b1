"""The values of expressions, and what operands refer to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from openqasm3 import ast

from support.oracle import functions
from support.oracle.errors import NotInterpreted
from support.oracle.values import (
    BIT,
    BOOL,
    FLOAT,
    LITERAL,
    MACHINE_WIDTH,
    Type,
    Value,
    binary,
    converted,
    real,
    unary,
    whole,
)
from support.oracle.world import Bits, Qubits, Variable, World, binding


def evaluated(node: ast.Expression, world: World) -> Value:
    """The value of an expression.

    Raises:
        NotInterpreted: it has none, or the oracle does not know this part of the language.
    """
    if isinstance(node, ast.IntegerLiteral):
        return Value(LITERAL, node.value)
    if isinstance(node, ast.FloatLiteral):
        return Value(FLOAT, node.value)
    if isinstance(node, ast.BooleanLiteral):
        return Value(BOOL, int(node.value))
    if isinstance(node, ast.BitstringLiteral):
        return Value(Type("bit", node.width), node.value)
    if isinstance(node, ast.Identifier):
        return _of_name(node.name, world)
    if isinstance(node, ast.UnaryExpression):
        return unary(node.op.name, evaluated(node.expression, world))
    if isinstance(node, ast.BinaryExpression):
        return _of_operator(node, world)
    if isinstance(node, ast.Cast):
        return converted(evaluated(node.argument, world), type_of(node.type, world))
    if isinstance(node, ast.FunctionCall):
        arguments = [evaluated(argument, world) for argument in node.arguments]
        return functions.called(node.name.name, arguments)
    if isinstance(node, ast.IndexExpression):
        return _of_index(node, world)
    if isinstance(node, ast.Concatenation):
        reference = referred(node, world)
        if isinstance(reference, Bits):
            return _of_bits(reference, world)
    raise NotInterpreted(type(node).__name__)


def type_of(node: ast.ClassicalType, world: World) -> Type:
    """The type that a declaration or a cast names."""
    if isinstance(node, ast.BoolType):
        return BOOL
    if isinstance(node, ast.FloatType):
        return FLOAT
    for kind, class_ in (
        ("bit", ast.BitType),
        ("int", ast.IntType),
        ("uint", ast.UintType),
        ("angle", ast.AngleType),
    ):
        if isinstance(node, class_):
            sized = cast("Any", node).size
            if sized is not None:
                return Type(kind, whole(evaluated(sized, world)))
            return Type(kind, MACHINE_WIDTH if kind in ("int", "uint") else None)
    raise NotInterpreted(type(node).__name__)


def referred(
    node: ast.Identifier | ast.IndexedIdentifier | ast.Expression, world: World
) -> Qubits | Bits | Variable:
    """The qubits, the bits or the variable that an operand names.

    Raises:
        NotInterpreted: it names none of them, or an index is out of range.
    """
    if isinstance(node, ast.Identifier):
        found = binding(world, node.name)
        if isinstance(found, Qubits | Bits | Variable):
            return found
    elif isinstance(node, ast.IndexedIdentifier):
        reference = referred(node.name, world)
        for index in node.indices:
            reference = _indexed(reference, index, world)
        return reference
    elif isinstance(node, ast.IndexExpression):
        return _indexed(referred(node.collection, world), node.index, world)
    elif isinstance(node, ast.Concatenation):
        left, right = referred(node.lhs, world), referred(node.rhs, world)
        if isinstance(left, Qubits) and isinstance(right, Qubits):
            return Qubits(left.indices + right.indices, scalar=False)
        if isinstance(left, Bits) and isinstance(right, Bits):
            return Bits(left.places + right.places, scalar=False)
    raise NotInterpreted(f"{type(node).__name__} as an operand")


def qubits_of(node: Any, world: World) -> Qubits:
    """The qubits that an operand names.

    Raises:
        NotInterpreted: it names none.
    """
    found = referred(node, world)
    if not isinstance(found, Qubits):
        raise NotInterpreted("an operand that is no qubit")
    return found


def selected(index: Any, size: int, world: World) -> tuple[list[int], bool]:
    """The places that an index selects among `size`, and whether it is a single one."""
    if isinstance(index, ast.DiscreteSet):
        places = [whole(evaluated(value, world)) for value in index.values]
        return [_place(place, size) for place in places], False
    if len(index) != 1:
        raise NotInterpreted("an index of several dimensions")
    (only,) = index
    if isinstance(only, ast.RangeDefinition):
        return _range_of_places(only, size, world), False
    return [_place(whole(evaluated(only, world)), size)], True


def range_values(node: ast.RangeDefinition, world: World) -> list[int]:
    """All values of a range with a start and a stop, both of them included."""
    if node.start is None or node.end is None:
        raise NotInterpreted("a range without an end")
    start, stop = whole(evaluated(node.start, world)), whole(evaluated(node.end, world))
    step = 1 if node.step is None else whole(evaluated(node.step, world))
    return _inclusive(start, step, stop)


def number(node: ast.Expression, world: World) -> float:
    """The value of a gate's argument: a real number."""
    return real(evaluated(node, world))


def _of_name(name: str, world: World) -> Value:
    found = binding(world, name)
    if isinstance(found, Variable):
        return world.cells[found.cell]
    if isinstance(found, Bits):
        return _of_bits(found, world)
    raise NotInterpreted(f"{name} as a value")


def _of_bits(bits: Bits, world: World) -> Value:
    return Value(BIT if bits.scalar else Type("bit", len(bits.places)), world.read(bits))


def _of_operator(node: ast.BinaryExpression, world: World) -> Value:
    left, right = evaluated(node.lhs, world), evaluated(node.rhs, world)
    if world.version == 2 and node.op.name == "/":
        # OpenQASM 2 knows real numbers alone.
        left, right = converted(left, FLOAT), converted(right, FLOAT)
    return binary(node.op.name, left, right)


def _of_index(node: ast.IndexExpression, world: World) -> Value:
    if isinstance(node.collection, ast.Identifier | ast.IndexExpression):
        try:
            reference = referred(node, world)
        except NotInterpreted:
            reference = None
        if isinstance(reference, Bits):
            return _of_bits(reference, world)
    value = evaluated(node.collection, world)
    if value.type.width is None:
        raise NotInterpreted(f"the bits of {value}")
    places, single = selected(node.index, value.type.width, world)
    pattern = whole(value)
    bits = sum((pattern >> place & 1) << index for index, place in enumerate(places))
    return Value(BIT if single else Type("bit", len(places)), bits)


def _indexed(reference: Qubits | Bits | Variable, index: Any, world: World) -> Qubits | Bits:
    if isinstance(reference, Variable) or reference.scalar:
        raise NotInterpreted("an index of what has no parts")
    members: Sequence[int] = (
        reference.indices if isinstance(reference, Qubits) else reference.places
    )
    places, single = selected(index, len(members), world)
    chosen = tuple(members[place] for place in places)
    return Qubits(chosen, single) if isinstance(reference, Qubits) else Bits(chosen, single)


def _range_of_places(node: ast.RangeDefinition, size: int, world: World) -> list[int]:
    step = 1 if node.step is None else whole(evaluated(node.step, world))
    ends = (0, size - 1) if step > 0 else (size - 1, 0)
    start, stop = (
        end if given is None else _counted(whole(evaluated(given, world)), size)
        for given, end in zip((node.start, node.end), ends, strict=True)
    )
    return [_place(place, size) for place in _inclusive(start, step, stop)]


def _inclusive(start: int, step: int, stop: int) -> list[int]:
    if step == 0:
        raise NotInterpreted("a range of step 0")
    return list(range(start, stop + (1 if step > 0 else -1), step))


def _place(place: int, size: int) -> int:
    counted = _counted(place, size)
    if not 0 <= counted < size:
        raise NotInterpreted(f"the index {place} of {size}")
    return counted


def _counted(place: int, size: int) -> int:
    """Negative places count from the end."""
    return place + size if place < 0 else place
