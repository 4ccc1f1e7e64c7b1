"""Gates that a text defines: checked where they stand, written out where they are called.

A body sees its parameters and qubits, constants, and gates defined before it. What a gate comes to
is kept for each tuple of angles that it is called with, so that calling it again costs no more
than putting its steps on other qubits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

from qcexec_engine.elaboration.domains import loop_domain, loop_variable
from qcexec_engine.elaboration.expansions import Expansion, Step, on_qubits
from qcexec_engine.elaboration.expressions import angles as angles_of
from qcexec_engine.elaboration.functions import CONSTANTS
from qcexec_engine.elaboration.modifiers import check_operands, modified
from qcexec_engine.elaboration.standard_gates import LIBRARIES, Standard
from qcexec_engine.elaboration.state import STATEMENT, State
from qcexec_engine.elaboration.symbols import Symbol, Variable
from qcexec_engine.errors import CircuitTooLarge
from qcexec_engine.language.plain_calls import gate_call
from qcexec_engine.language.syntax import (
    Barrier,
    Block,
    Element,
    Expression,
    For,
    GateCall,
    GateDefinition,
    Modifier,
    Name,
)


class _Call(NamedTuple):
    """A call in a body; without a definition it is gphase."""

    definition: Definition | None
    arguments: tuple[Expression, ...]
    places: tuple[int, ...]
    modifiers: tuple[Modifier, ...]
    at: int


class _Loop(NamedTuple):
    """A loop over a range that is known when the gate is called."""

    statement: For
    body: _Body


_Body: TypeAlias = "tuple[_Call | _Loop, ...]"


class Defined:
    """A gate that the text defines.

    Attributes:
        name: as it is called.
        parameters: the names of its angles.
        num_qubits: how many qubits it is called on.
        body: None for an opaque gate.
        depth: how deep gates call gates in it.
        expansions: what it comes to, by angles, as far as it was called.
    """

    __slots__ = ("body", "depth", "expansions", "name", "num_qubits", "parameters")

    def __init__(
        self,
        name: str,
        parameters: tuple[str, ...],
        num_qubits: int,
        body: _Body | None,
        depth: int,
    ) -> None:
        self.name = name
        self.parameters = parameters
        self.num_qubits = num_qubits
        self.body = body
        self.depth = depth
        self.expansions: dict[tuple[float, ...], Expansion] = {}

    @property
    def num_angles(self) -> int:
        """How many angles it takes."""
        return len(self.parameters)


Definition: TypeAlias = Standard | Defined


def define_gate(state: State, statement: GateDefinition) -> None:
    """Takes a gate's definition.

    Raises:
        SemanticFault: the name is taken, or the body names what it cannot see.
        CircuitTooLarge: gates call gates too deeply.
    """
    name = statement.name
    if len(state.scopes) > 1:
        raise state.fault("a gate is defined outside of all blocks", statement.at)
    if name in state.scopes[0] or (state.is_gate(name) and not _may_be_replaced(state, name)):
        raise state.fault(f"gate '{name}' is already defined", statement.at)
    for names in (statement.parameters, statement.qubits):
        if len(set(names)) < len(names):
            raise state.fault(f"gate '{name}' has two parameters of one name", statement.at)
    body = None
    depth = 1
    if statement.body is not None:
        places = {qubit: place for place, qubit in enumerate(statement.qubits)}
        body = _checked(state, statement.body, places, frozenset(statement.parameters))
        depth += max(map(_depth, body), default=0)
    if depth > state.limits.max_nesting:
        raise CircuitTooLarge(
            f"gates call one another more than {state.limits.max_nesting} deep",
            *state.source.place(statement.at),
        )
    state.forget_gates()
    state.own_gates[name] = Defined(name, statement.parameters, len(statement.qubits), body, depth)
    if name in state.simple_gates:
        left = {other: simple for other, simple in state.simple_gates.items() if other != name}
        state.simple_gates = left


def found_gate(state: State, name: str, at: int) -> Definition:
    """The gate of a name.

    Raises:
        SemanticFault: there is none.
    """
    definition: Definition | None = state.own_gates.get(name) or state.library.gates.get(name)
    if definition is not None:
        return definition
    file = "qelib1.inc" if state.version == 2 else "stdgates.inc"
    advice = f': write `include "{file}";` before it' if name in LIBRARIES[file].gates else ""
    raise state.fault(f"gate '{name}' is not defined{advice}", at)


def check_arguments(state: State, name: str, needed: int, given: int, at: int) -> None:
    """Refuses a call that gives another number of angles than the gate takes."""
    if needed != given:
        raise state.fault(
            f"wrong number of parameters for '{name}': it takes {needed}, not {given}", at
        )


def expansion_of(
    state: State, definition: Definition, angles: tuple[float, ...], at: int
) -> Expansion:
    """What the gate comes to with these angles.

    Raises:
        UnsupportedFeature: it is opaque.
        SemanticFault: something in its body, at its place.
        CircuitTooLarge: it is more than the budget has left.
    """
    if isinstance(definition, Standard):
        made: Expansion = definition.expand(*angles)
        return made
    kept = definition.expansions.get(angles)
    if kept is not None:
        return kept
    if definition.body is None:
        raise state.unsupported(f"gate '{definition.name}' is opaque: it has no body to run", at)
    outer = state.scopes
    parameters = dict(zip(definition.parameters, angles, strict=True))
    scope: dict[str, Symbol] = {
        name: Variable(name, "float", None, angle, 0, constant=True)
        for name, angle in parameters.items()
    }
    state.scopes = [outer[0], scope]
    steps: list[Step] = []
    phase = _write_out(state, definition.body, {**state.numbers, **parameters}, steps)
    state.scopes = outer
    expansion = Expansion(definition.num_qubits, tuple(steps), phase)
    definition.expansions[angles] = expansion
    return expansion


def _write_out(state: State, body: _Body, names: Mapping[str, float], steps: list[Step]) -> float:
    """Adds what a body does to the steps; gives its global phase."""
    phase = 0.0
    for item in body:
        if isinstance(item, _Loop):
            for value in loop_domain(state, item.statement).values:
                state.work(STATEMENT)
                variable = loop_variable(state, item.statement, value, 0)
                state.scopes.append({variable.name: variable})
                inner = {**names, variable.name: variable.value}
                phase += _write_out(state, item.body, inner, steps)
                state.scopes.pop()
            continue
        angles = angles_of(state, item.arguments, names)
        if item.definition is None:
            expansion = Expansion(0, (), angles[0])
        else:
            expansion = expansion_of(state, item.definition, angles, item.at)
        places = item.places
        if item.modifiers:
            expansion = modified(state, expansion, item.modifiers, len(places), item.at)
        state.work(len(expansion.steps) or 1)
        steps += on_qubits(expansion.steps, places)
        phase += expansion.phase
    return phase


def _may_be_replaced(state: State, name: str) -> bool:
    """OpenQASM 2 texts bring gates along that qelib1.inc did not always have."""
    return state.version == 2 and name not in state.own_gates and name not in ("U", "CX")


def _depth(item: _Call | _Loop) -> int:
    if isinstance(item, _Loop):
        return 1 + max(map(_depth, item.body), default=0)
    return item.definition.depth if isinstance(item.definition, Defined) else 0


def _checked(
    state: State, block: Block, places: Mapping[str, int], parameters: frozenset[str]
) -> _Body:
    body: list[_Call | _Loop] = []
    for statement in block:
        if isinstance(statement, str):
            call = gate_call(statement, state.version, state.limits.max_nesting)
            body.append(_checked_call(state, call, places, parameters))
        elif type(statement) is GateCall:
            body.append(_checked_call(state, statement, places, parameters))
        elif type(statement) is Barrier:
            for operand in statement.operands:
                _place(state, operand, places)
        elif type(statement) is For:
            _check_names(state, (statement.domain,), parameters)
            inner = _checked(state, statement.body, places, parameters | {statement.variable})
            body.append(_Loop(statement, inner))
        else:
            raise state.fault("the body of a gate holds gate calls alone", statement.at)
    return tuple(body)


def _checked_call(
    state: State, call: GateCall, places: Mapping[str, int], parameters: frozenset[str]
) -> _Call:
    name, arguments, operands, modifiers, at = call
    definition = None if name == "gphase" else found_gate(state, name, at)
    num_angles = 1 if definition is None else definition.num_angles
    check_arguments(state, name, num_angles, len(arguments), at)
    own_places = tuple([_place(state, operand, places) for operand in operands])
    if len(set(own_places)) < len(own_places):
        raise state.fault("the same qubit is given twice", at)
    if not modifiers:
        num_qubits = 0 if definition is None else definition.num_qubits
        check_operands(state, num_qubits, len(own_places), at)
    _check_names(state, arguments, parameters)
    for modifier in modifiers:
        if modifier.argument is not None:
            _check_names(state, (modifier.argument,), parameters)
    return _Call(definition, arguments, own_places, modifiers, at)


def _place(state: State, operand: Expression, places: Mapping[str, int]) -> int:
    if type(operand) is Name:
        place = places.get(operand.name)
        if place is not None:
            return place
        raise state.fault(
            f"'{operand.name}' is not defined: a gate sees its own qubits", operand.at
        )
    at = operand.at
    raise state.fault("a qubit of a gate has no index", at)


def _check_names(state: State, nodes: Iterable[Any], parameters: frozenset[str]) -> None:
    """Refuses names that a gate's body does not see."""
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if type(node) is Name or type(node) is Element:
            if node.name in parameters or node.name in CONSTANTS:
                continue
            symbol = state.found(node.name, node.at)
            if not isinstance(symbol, Variable) or not symbol.constant:
                raise state.fault(
                    f"'{node.name}' is not defined: a gate sees its parameters and constants",
                    node.at,
                )
        elif isinstance(node, tuple):
            stack += [part for part in node if isinstance(part, tuple)]
