"""What changes bits and variables: assignments, and measurements that are kept."""

from __future__ import annotations

from typing import Any

from openqasm3 import ast

from support.oracle.errors import NotInterpreted
from support.oracle.expressions import evaluated, qubits_of, referred, selected
from support.oracle.values import BIT, BOOL, LITERAL, Type, Value, binary, converted, whole
from support.oracle.world import Bits, Qubits, Variable, World


def assign(node: ast.ClassicalAssignment, world: World) -> list[World]:
    """The worlds behind an assignment, more than one where it measures."""
    target, operator = node.lvalue, node.op.name.removesuffix("=")
    if isinstance(node.rvalue, ast.QuantumMeasurement):
        return _assign_measured(node, operator, world)
    value = evaluated(node.rvalue, world)
    if operator:
        value = binary(operator, evaluated(_as_expression(target), world), value)
    return [_assigned(target, value, world)]


def measure_into(
    measurement: ast.QuantumMeasurement,
    target: ast.Identifier | ast.IndexedIdentifier,
    world: World,
) -> list[World]:
    """The worlds behind a measurement into bits, or into a truth value."""
    qubits, place = qubits_of(measurement.qubit, world), referred(target, world)
    if isinstance(place, Variable):
        if place.type != BOOL or not qubits.scalar:
            raise NotInterpreted(f"a measurement into {place.type}")
        return [
            following.stored(place, Value(BOOL, outcome))
            for outcome, following in world.measured(qubits.indices[0])
        ]
    if isinstance(place, Qubits) or len(place.places) != len(qubits.indices):
        raise NotInterpreted("a measurement of one size into another")
    worlds = [world]
    for qubit, bit in zip(qubits.indices, place.places, strict=True):
        worlds = [
            following.written(Bits((bit,), scalar=True), outcome)
            for one in worlds
            for outcome, following in one.measured(qubit)
        ]
    return worlds


def _assign_measured(node: ast.ClassicalAssignment, operator: str, world: World) -> list[World]:
    hidden = "measured value"
    target = _as_expression(node.lvalue)
    width = evaluated(target, world).type.width
    inner = world.with_bits(hidden, width)
    measurement: Any = node.rvalue
    worlds = measure_into(measurement, ast.Identifier(hidden), inner)
    return [
        _assigned(
            node.lvalue,
            binary(operator, evaluated(target, one), evaluated(ast.Identifier(hidden), one)),
            one,
        ).left(world)
        for one in worlds
    ]


def _assigned(target: ast.Identifier | ast.IndexedIdentifier, value: Value, world: World) -> World:
    if isinstance(target, ast.IndexedIdentifier):
        variable = referred(target.name, world)
        if isinstance(variable, Variable):
            return _bits_assigned(variable, target.indices, value, world)
    place = referred(target, world)
    if isinstance(place, Variable):
        return world.stored(place, converted(value, place.type))
    if isinstance(place, Qubits):
        raise NotInterpreted("an assignment to qubits")
    type_ = BIT if place.scalar else Type("bit", len(place.places))
    return world.written(place, whole(converted(value, type_)))


def _bits_assigned(variable: Variable, indices: Any, value: Value, world: World) -> World:
    """A whole number with some of its bits replaced."""
    width = variable.type.width
    if width is None or len(indices) != 1:
        raise NotInterpreted("an assignment to a part of such a variable")
    places, _ = selected(indices[0], width, world)
    pattern = whole(world.cells[variable.cell]) % 2**width
    for index, place in enumerate(places):
        pattern = pattern & ~(1 << place) | (whole(value) >> index & 1) << place
    return world.stored(variable, converted(Value(LITERAL, pattern), variable.type))


def _as_expression(target: ast.Identifier | ast.IndexedIdentifier) -> ast.Expression:
    if isinstance(target, ast.Identifier):
        return target
    expression: ast.Expression = target.name
    for index in target.indices:
        expression = ast.IndexExpression(expression, index)
    return expression
