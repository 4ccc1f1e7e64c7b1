"""The entry of the elaboration: a tree in, a flat program out.

An interpreter of the tree whose output is operations. What is known before a run is computed here,
as far as it goes; the rest becomes stores, branches and loops.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from qcexec_engine.elaboration import assignments, branches, declarations, loops
from qcexec_engine.elaboration.blocks import execute
from qcexec_engine.elaboration.expressions import evaluated
from qcexec_engine.elaboration.gate_calls import call_gate
from qcexec_engine.elaboration.gate_definitions import define_gate
from qcexec_engine.elaboration.placement import placed
from qcexec_engine.elaboration.standard_gates import BUILT_IN
from qcexec_engine.elaboration.state import Handler, State
from qcexec_engine.errors import NoMeasurements
from qcexec_engine.language import syntax
from qcexec_engine.language.parser import Parsed
from qcexec_engine.language.plain_calls import gate_call
from qcexec_engine.limits import Limits
from qcexec_engine.program import Program, Register


def elaborate(parsed: Parsed, limits: Limits) -> Program:
    """The program of a text.

    Raises:
        SemanticFault: the text contradicts itself, or names what is not there.
        NoMeasurements: it measures nothing.
        InvalidAngle: an angle is infinite or no number.
        UnsupportedFeature: the engine cannot run it.
        IncludeRefused: it asks for a file that is not a standard one.
        CircuitTooLarge: it is more than the limits allow.
    """
    text, source = parsed
    state = State(text.version, source, limits, BUILT_IN[text.version], _HANDLERS)
    if execute(state, text.statements) is not None:
        _check_unreached(state, text.statements)
    if not state.measures:
        raise NoMeasurements(_missing_measurement(state))
    return Program(
        num_qubits=state.num_qubits + len(state.physical_qubits),
        registers=tuple(state.registers),
        operations=placed(state),
        memory_bits=state.num_bits + state.num_variable_bits,
        initial_memory=state.initial_memory,
        qubit_registers=tuple(state.qubit_registers),
        notes=tuple(state.notes),
    )


def _check_unreached(state: State, statements: syntax.Block) -> None:
    """Reads the plain calls behind an `end` that nothing comes to."""
    for statement in statements:
        if isinstance(statement, str):
            gate_call(statement, state.version, state.limits.max_nesting)


def _evaluation(state: State, statement: syntax.Evaluation) -> None:
    """An expression alone; of a gate's name, a call that forgot its qubits."""
    node = statement.value
    if isinstance(node, syntax.Name | syntax.Call) and state.is_gate(node.name):
        raise state.fault(f"gate '{node.name}' is called without qubits", statement.at)
    evaluated(state, node)


def _unsupported(state: State, statement: syntax.Unsupported) -> None:
    raise state.unsupported(f"{statement.what} is not supported", statement.at)


def _missing_measurement(state: State) -> str:
    lines = []
    spare: dict[int, Register] = {}
    for register in reversed(state.registers):
        spare[register.width] = register
    for register in state.qubit_registers:
        target = spare.pop(register.width, None)
        declared = "bit" if register.scalar else f"bit[{register.width}]"
        name = target.name if target else f"{declared} {register.name}_bits"
        lines.append(f"{name} = measure {register.name};")
    example = " ".join(lines) if lines else "bit b = measure q;"
    return f"the circuit measures nothing, so there is nothing to count: add `{example}` at the end"


_HANDLERS: Final[Mapping[type, Handler]] = MappingProxyType[type, Any](
    {
        syntax.Alias: declarations.declare_alias,
        syntax.Assignment: assignments.assignment,
        syntax.Barrier: assignments.barrier,
        syntax.Box: branches.box,
        syntax.Declaration: declarations.declare_variable,
        syntax.Evaluation: _evaluation,
        syntax.For: loops.for_loop,
        syntax.GateCall: call_gate,
        syntax.GateDefinition: define_gate,
        syntax.If: branches.branch,
        syntax.Include: declarations.include,
        syntax.Jump: loops.jump,
        syntax.MeasureStatement: assignments.measure,
        syntax.Pragma: declarations.read_pragma,
        syntax.QubitDeclaration: declarations.declare_qubits,
        syntax.Reset: assignments.reset,
        syntax.Switch: branches.switch,
        syntax.Unsupported: _unsupported,
        syntax.While: loops.while_loop,
    }
)
