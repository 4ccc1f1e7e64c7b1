"""Clifford circuits that are written with angles.

A stabilizer simulator takes Clifford gates by name. Many circuits, the importer's own `id` among
them, say the same with rotations by quarter turns; those are named here, up to a global phase.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from qiskit.circuit import CircuitInstruction, ControlFlowOp, Gate, QuantumCircuit
from qiskit.circuit.library import (
    CZGate,
    HGate,
    SdgGate,
    SGate,
    SXdgGate,
    SXGate,
    XGate,
    YGate,
    ZGate,
)

from qcexec_engine.lowering import Program

_NAMES = "cx cy cz ecr h id measure reset s sdg swap sx sxdg x y z"
_NAMED = frozenset(_NAMES.split())
_TURNED = frozenset({"cp", "cu1", "p", "rx", "ry", "rz", "u", "u1", "u2", "u3"})
_CONTROL_FLOW = frozenset({"break_loop", "continue_loop", "for_loop", "if_else", "while_loop"})

# What a rotation by 0, 1, 2 and 3 quarter turns is, as gates in order of time.
_ABOUT_X: Sequence[tuple[Gate, ...]] = ((), (SXGate(),), (XGate(),), (SXdgGate(),))
_ABOUT_Y: Sequence[tuple[Gate, ...]] = ((), (ZGate(), HGate()), (YGate(),), (HGate(), ZGate()))
_ABOUT_Z: Sequence[tuple[Gate, ...]] = ((), (SGate(),), (ZGate(),), (SdgGate(),))
_TOLERANCE = 1e-12


def as_clifford(program: Program) -> QuantumCircuit | None:
    """The circuit in named Clifford gates, up to a global phase; None if it is no such circuit."""
    if not program.names <= _NAMED | _TURNED | _CONTROL_FLOW:
        return None
    if program.names <= _NAMED | _CONTROL_FLOW:
        return program.circuit
    return _renamed(program.circuit)


def _renamed(circuit: QuantumCircuit) -> QuantumCircuit | None:
    renamed = circuit.copy_empty_like()
    for instruction in circuit.data:
        if instruction.name in _TURNED:
            gates = _gates(instruction)
            if gates is None:
                return None
            for gate in gates:
                renamed.append(gate, instruction.qubits)
        elif isinstance(operation := instruction.operation, ControlFlowOp):
            blocks = [_renamed(block) for block in operation.blocks]
            if None in blocks:
                return None
            renamed.append(instruction.replace(operation=operation.replace_blocks(blocks)))
        else:
            renamed.append(instruction)
    return renamed


def _gates(instruction: CircuitInstruction) -> tuple[Gate, ...] | None:
    turns = []
    for angle in instruction.params:
        whole = _quarter_turns(angle)
        if whole is None:
            return None
        turns.append(whole)
    match instruction.name, turns:
        case "p" | "rz" | "u1", [about_z]:
            return _ABOUT_Z[about_z]
        case "rx", [about_x]:
            return _ABOUT_X[about_x]
        case "ry", [about_y]:
            return _ABOUT_Y[about_y]
        case "cp" | "cu1", [0]:
            return ()
        case "cp" | "cu1", [2]:
            return (CZGate(),)
        case "u2", [after, before]:
            return _ABOUT_Z[before] + _ABOUT_Y[1] + _ABOUT_Z[after]
        case "u" | "u3", [about_y, after, before]:
            return _ABOUT_Z[before] + _ABOUT_Y[about_y] + _ABOUT_Z[after]
        case _:
            return None


def _quarter_turns(angle: object) -> int | None:
    """How many quarter turns an angle is, of 0 to 3; None if no whole number, or a parameter."""
    if not isinstance(angle, int | float):
        return None
    turns = angle / (math.pi / 2)
    whole = round(turns)
    return whole % 4 if abs(turns - whole) < _TOLERANCE * max(1.0, abs(turns)) else None
