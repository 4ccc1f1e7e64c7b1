"""Statement after statement, each run in every history that there is so far."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import openqasm3
from openqasm3 import ast

from support.oracle.assignments import assign, measure_into
from support.oracle.errors import NotInterpreted
from support.oracle.expressions import evaluated, qubits_of, range_values, referred, type_of
from support.oracle.gate_calls import NOTHING, call_steps
from support.oracle.library import OLD_GATES, STANDARD_GATES
from support.oracle.state import flipped_to_zero
from support.oracle.unitaries import after
from support.oracle.values import BIT, LITERAL, Value, converted, truth, whole
from support.oracle.world import (
    Bits,
    GateDefinition,
    Qubits,
    Register,
    Variable,
    World,
    merged,
)

NEGLIGIBLE: Final = 1e-12
"""Histories of a loop that together are less likely than this are not followed."""

_MOST_ROUNDS: Final = 1000


def run(statements: Sequence[ast.Statement | ast.Pragma], worlds: Iterable[World]) -> list[World]:
    """All worlds behind a list of statements.

    Raises:
        NotInterpreted: a statement is not one that the oracle knows.
    """
    current = list(worlds)
    for statement in statements:
        execute = _executor(statement)
        following: list[World] = []
        for world in current:
            following += [world] if world.jump else execute(statement, world)
        current = following
        if isinstance(statement, _MERGING):
            current = merged(current)
    return current


def _executor(statement: ast.Statement | ast.Pragma) -> Callable[[Any, World], list[World]]:
    for class_, execute in _EXECUTORS.items():
        if isinstance(statement, class_):
            return execute
    raise NotInterpreted(type(statement).__name__)


def _include(node: ast.Include, world: World) -> list[World]:
    return run(_library(node.filename), [world])


@functools.cache
def _library(file: str) -> Sequence[ast.Statement | ast.Pragma]:
    text = {"stdgates.inc": STANDARD_GATES, "qelib1.inc": STANDARD_GATES + OLD_GATES}
    return tuple(openqasm3.parse(text[file]).statements)


def _declare_qubits(node: ast.QubitDeclaration, world: World) -> list[World]:
    width = None if node.size is None else whole(evaluated(node.size, world))
    first, count = world.num_qubits, 1 if width is None else width
    qubits = Qubits(tuple(range(first, first + count)), width is None)
    return [world._replace(num_qubits=first + count).named(node.qubit.name, qubits)]


def _declare(node: ast.ClassicalDeclaration | ast.ConstantDeclaration, world: World) -> list[World]:
    type_ = type_of(node.type, world)
    constant = isinstance(node, ast.ConstantDeclaration)
    name, initial = node.identifier.name, node.init_expression
    if type_.kind != "bit" or constant:
        if isinstance(initial, ast.QuantumMeasurement):
            empty = world.with_variable(name, Value(type_, 0), constant)
            return measure_into(initial, node.identifier, empty)
        value = Value(type_, 0) if initial is None else converted(evaluated(initial, world), type_)
        return [world.with_variable(name, value, constant)]
    declared = world.with_bits(name, type_.width)
    bits = declared.names[name]
    assert isinstance(bits, Bits)
    if _is_outermost(world):
        declared = declared._replace(registers=(*declared.registers, Register(name, bits)))
    if initial is None:
        return [declared]
    if isinstance(initial, ast.QuantumMeasurement):
        return measure_into(initial, node.identifier, declared)
    return [declared.written(bits, whole(converted(evaluated(initial, world), type_)))]


def _define_gate(node: ast.QuantumGateDefinition, world: World) -> list[World]:
    names = {
        name: bound
        for name, bound in world.names.items()
        if isinstance(bound, GateDefinition) or (isinstance(bound, Variable) and bound.constant)
    }
    return [world.named(node.name.name, GateDefinition(node, names))]


def _apply(node: ast.QuantumGate | ast.QuantumPhase, world: World) -> list[World]:
    state = world.state
    for qubits in _broadcast([qubits_of(operand, world) for operand in node.qubits]):
        state = after(state, call_steps(node, qubits, world))
    return [world._replace(state=state)]


def _measure(node: ast.QuantumMeasurementStatement, world: World) -> list[World]:
    if node.target is not None:
        return measure_into(node.measure, node.target, world)
    worlds = [world]
    for qubit in qubits_of(node.measure.qubit, world).indices:
        worlds = [following for one in worlds for _, following in one.measured(qubit)]
    return worlds


def _reset(node: ast.QuantumReset, world: World) -> list[World]:
    worlds = [world]
    for qubit in qubits_of(node.qubits, world).indices:
        worlds = [
            following._replace(state=flipped_to_zero(following.state, qubit))
            for one in worlds
            for _, following in one.measured(qubit)
        ]
    return worlds


def _alias(node: ast.AliasStatement, world: World) -> list[World]:
    return [world.named(node.target.name, referred(node.value, world))]


def _branch(node: ast.BranchingStatement, world: World) -> list[World]:
    holds = truth(evaluated(node.condition, world))
    return _block(node.if_block if holds else node.else_block, world)


def _for(node: ast.ForInLoop, world: World) -> list[World]:
    type_ = type_of(node.type, world)
    worlds, ended = [world], list[World]()
    for value in _domain(node.set_declaration, world):
        running: list[World] = []
        for one in worlds:
            variable = converted(value, type_)
            inner = one.with_variable(node.identifier.name, variable, constant=False)
            for following in run(node.block, [inner]):
                _sort_by_jump(following.left(one), running, ended)
        worlds = merged(running)
    return worlds + ended


def _while(node: ast.WhileLoop, world: World) -> list[World]:
    worlds, ended = [world], list[World]()
    for _ in range(_MOST_ROUNDS):
        running: list[World] = []
        for one in worlds:
            if not truth(evaluated(node.while_condition, one)):
                ended.append(one)
                continue
            for following in run(node.block, [one]):
                _sort_by_jump(following.left(one), running, ended)
        worlds = merged(running)
        if sum(one.probability for one in worlds) < NEGLIGIBLE * world.probability:
            return ended
    raise NotInterpreted("a loop without an end")


def _switch(node: ast.SwitchStatement, world: World) -> list[World]:
    number = whole(evaluated(node.target, world))
    for labels, block in node.cases:
        if any(whole(evaluated(label, world)) == number for label in labels):
            return _block(block.statements, world)
    return [world] if node.default is None else _block(node.default.statements, world)


def _sort_by_jump(world: World, running: list[World], ended: list[World]) -> None:
    """Puts a world behind a loop's body where it goes on."""
    if world.jump in (None, "continue"):
        running.append(world._replace(jump=None))
    else:
        ended.append(world._replace(jump=None if world.jump == "break" else world.jump))


def _block(statements: Sequence[ast.Statement], world: World) -> list[World]:
    inside = world.named(_INSIDE, Qubits((), scalar=False))
    return [following.left(world) for following in run(statements, [inside])]


def _domain(node: Any, world: World) -> list[Value]:
    if isinstance(node, ast.RangeDefinition):
        return [Value(LITERAL, number) for number in range_values(node, world)]
    if isinstance(node, ast.DiscreteSet):
        return [evaluated(value, world) for value in node.values]
    bits = referred(node, world)
    if not isinstance(bits, Bits):
        raise NotInterpreted("a loop over this")
    return [Value(BIT, world.read(bits) >> index & 1) for index in range(len(bits.places))]


def _broadcast(operands: Sequence[Qubits]) -> list[list[int]]:
    """The qubits of each single call: registers go in step, single qubits stay."""
    sizes = {len(operand.indices) for operand in operands if not operand.scalar}
    if len(sizes) > 1:
        raise NotInterpreted("registers of different sizes")
    return [
        [operand.indices[0 if operand.scalar else call] for operand in operands]
        for call in range(sizes.pop() if sizes else 1)
    ]


def _is_outermost(world: World) -> bool:
    return _INSIDE not in world.names


_INSIDE: Final = "inside a block"
_MERGING: Final = (
    ast.QuantumReset,
    ast.BranchingStatement,
    ast.ForInLoop,
    ast.WhileLoop,
    ast.SwitchStatement,
)
_EXECUTORS: Final[Mapping[Any, Callable[[Any, World], list[World]]]] = {
    (ast.QuantumGate, ast.QuantumPhase): _apply,
    ast.QuantumMeasurementStatement: _measure,
    ast.Include: _include,
    ast.QubitDeclaration: _declare_qubits,
    (ast.ClassicalDeclaration, ast.ConstantDeclaration): _declare,
    ast.QuantumGateDefinition: _define_gate,
    ast.QuantumReset: _reset,
    ast.AliasStatement: _alias,
    ast.ClassicalAssignment: assign,
    ast.BranchingStatement: _branch,
    ast.ForInLoop: _for,
    ast.WhileLoop: _while,
    ast.SwitchStatement: _switch,
    ast.CompoundStatement: lambda node, world: _block(node.statements, world),
    ast.Box: lambda node, world: _block(node.body, world),
    ast.BreakStatement: lambda _, world: [world._replace(jump="break")],
    ast.ContinueStatement: lambda _, world: [world._replace(jump="continue")],
    ast.EndStatement: lambda _, world: [world._replace(jump="end")],
    (*NOTHING, ast.Pragma, ast.ExpressionStatement): lambda _, world: [world],
}
