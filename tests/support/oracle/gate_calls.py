"""The steps of a gate call: its definition written out, its modifiers applied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from openqasm3 import ast

from support.oracle.errors import NotInterpreted
from support.oracle.expressions import evaluated, number, range_values
from support.oracle.state import Control
from support.oracle.unitaries import (
    Step,
    controlled,
    inverted,
    moved,
    phase,
    powered,
    u_matrix,
)
from support.oracle.values import FLOAT, LITERAL, Value, real, whole
from support.oracle.world import Binding, GateDefinition, Qubits, Variable, World, binding

NOTHING: Final = (ast.QuantumBarrier, ast.DelayInstruction)
"""Statements that change no state."""


def call_steps(
    node: ast.QuantumGate | ast.QuantumPhase, qubits: Sequence[int], world: World
) -> list[Step]:
    """The steps of a call on these qubits, the controls' first.

    Raises:
        NotInterpreted: the gate is unknown, or takes another number of qubits or arguments.
    """
    if len(set(qubits)) != len(qubits):
        raise NotInterpreted("the same qubit twice")
    num_controls = sum(_num_controls(modifier, world) for modifier in node.modifiers)
    controls, targets = list(qubits[:num_controls]), list(qubits[num_controls:])
    steps = _unmodified(node, targets, world)
    for modifier in reversed(node.modifiers):
        kind = modifier.modifier.name
        if kind in ("ctrl", "negctrl"):
            count = _num_controls(modifier, world)
            added: list[Control] = [(qubit, int(kind == "ctrl")) for qubit in controls[-count:]]
            controls, targets = controls[:-count], controls[-count:] + targets
            steps = controlled(steps, added)
        elif kind == "inv":
            steps = inverted(steps)
        elif modifier.argument is not None:
            steps = powered(steps, real(evaluated(modifier.argument, world)), targets)
    return steps


def _num_controls(modifier: ast.QuantumGateModifier, world: World) -> int:
    if modifier.modifier.name not in ("ctrl", "negctrl"):
        return 0
    if modifier.argument is None:
        return 1
    count = whole(evaluated(modifier.argument, world))
    if count < 1:
        raise NotInterpreted(f"{count} controls")
    return count


def _unmodified(
    node: ast.QuantumGate | ast.QuantumPhase, targets: Sequence[int], world: World
) -> list[Step]:
    if isinstance(node, ast.QuantumPhase):
        if targets:
            raise NotInterpreted("gphase on a qubit")
        return [phase(number(node.argument, world))]
    arguments = tuple(number(argument, world) for argument in node.arguments)
    if node.name.name == "U":
        theta, phi, lam = arguments
        (target,) = targets
        return [Step(u_matrix(theta, phi, lam), (target,))]
    definition = binding(world, node.name.name)
    if not isinstance(definition, GateDefinition):
        raise NotInterpreted(f"{node.name.name} as a gate")
    return moved(_body(definition, arguments, world), dict(enumerate(targets)))


def _body(definition: GateDefinition, arguments: Sequence[float], world: World) -> list[Step]:
    """The steps of a gate's definition on qubits numbered from zero."""
    names: dict[str, Binding] = dict(definition.names)
    cells = list(world.cells)
    for parameter, argument in zip(definition.node.arguments, arguments, strict=True):
        names[parameter.name] = Variable(len(cells), FLOAT, constant=True)
        cells.append(Value(FLOAT, argument))
    for index, qubit in enumerate(definition.node.qubits):
        names[qubit.name] = Qubits((index,), scalar=True)
    inner = world._replace(names=names, cells=tuple(cells))
    return _statements(definition.node.body, inner)


def _statements(body: Sequence[ast.Statement], world: World) -> list[Step]:
    steps: list[Step] = []
    for statement in body:
        if isinstance(statement, ast.QuantumGate | ast.QuantumPhase):
            qubits = [_qubit(operand, world) for operand in statement.qubits]
            steps += call_steps(statement, qubits, world)
        elif isinstance(statement, ast.ForInLoop):
            steps += _repeated(statement, world)
        elif not isinstance(statement, NOTHING):
            raise NotInterpreted(f"{type(statement).__name__} in a gate")
    return steps


def _repeated(loop: ast.ForInLoop, world: World) -> list[Step]:
    if not isinstance(loop.set_declaration, ast.RangeDefinition):
        raise NotInterpreted("such a loop in a gate")
    steps: list[Step] = []
    for value in range_values(loop.set_declaration, world):
        inner = world.with_variable(loop.identifier.name, Value(LITERAL, value), constant=True)
        steps += _statements(loop.block, inner)
    return steps


def _qubit(operand: ast.Identifier | ast.IndexedIdentifier, world: World) -> int:
    found = binding(world, operand.name) if isinstance(operand, ast.Identifier) else None
    if not isinstance(found, Qubits):
        raise NotInterpreted("an operand in a gate that is none of its qubits")
    return found.indices[0]
