"""The engine's program beside Qiskit's circuit of the same text, operation for operation.

Qiskit's importer is an independent reading of OpenQASM 3. Its circuits are brought into the
engine's words here: definitions written out, controls counted, other names for the same gate
replaced. Modifiers are left to the oracle: Qiskit keeps them as operations of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from qiskit.circuit import ControlledGate, IfElseOp, Instruction, QuantumCircuit

from qcexec_engine.elaboration import elaborate
from qcexec_engine.language.parser import parse
from qcexec_engine.program import Branch, Gate, Measure, Operation, Reset
from support.oracle.verdict import LIMITS

_ALIASES: Final = {"u1": "p", "phase": "p", "u3": "u", "U": "u", "cphase": "cp"}


def compare(text: str, circuit: QuantumCircuit) -> None:
    """Holds the engine's program of a text against a circuit that Qiskit made of it.

    Raises:
        AssertionError: they differ in an operation, or in their numbers of qubits and bits.
        TypeError: the program holds what Qiskit's circuits have no counterpart of.
    """
    program = elaborate(parse(text, LIMITS), LIMITS)
    places = {bit: index for index, bit in enumerate(circuit.qubits)}
    places |= {bit: index for index, bit in enumerate(circuit.clbits)}
    assert program.num_qubits == circuit.num_qubits
    assert program.num_bits == circuit.num_clbits
    seen, expected = _of_program(program.operations), _of_circuit(circuit, places)
    # Qiskit reads id as U(0, 0, 0), which the engine leaves out.
    assert [one for one in seen if one != _idle(one)] == [
        one for one in expected if one != _idle(one)
    ]


class _Seen(NamedTuple):
    """An operation in a form that both sides have.

    Attributes:
        name: the gate's on its targets, or measure, reset, or a branch's end.
        angles: rounded.
        places: qubits, the controls first; then the bit.
        controls: how many of the places.
    """

    name: str
    angles: tuple[float, ...] = ()
    places: tuple[int, ...] = ()
    controls: int = 0


def _idle(one: _Seen) -> _Seen:
    return _Seen("u", (0.0, 0.0, 0.0), one.places)


def _of_program(operations: Sequence[Operation]) -> Iterator[_Seen]:
    for operation in operations:
        if isinstance(operation, Gate):
            angles = tuple(round(angle, 9) for angle in operation.angles)
            yield _Seen(operation.name, angles, operation.qubits, operation.controls)
        elif isinstance(operation, Measure):
            assert operation.bit is not None
            yield _Seen("measure", (), (operation.qubit, operation.bit))
        elif isinstance(operation, Reset):
            yield _Seen("reset", (), (operation.qubit,))
        elif isinstance(operation, Branch):
            yield _Seen("if")
            yield from _of_program(operation.then)
            yield _Seen("else")
            yield from _of_program(operation.otherwise)
            yield _Seen("end")
        else:
            raise TypeError(f"{type(operation).__name__} has no counterpart in Qiskit's circuit")


def _of_circuit(circuit: QuantumCircuit, places: Mapping[Any, int]) -> Iterator[_Seen]:
    for instruction in circuit.data:
        operation = instruction.operation
        own = tuple(places[bit] for bit in (*instruction.qubits, *instruction.clbits))
        if isinstance(operation, IfElseOp):
            yield _Seen("if")
            yield from _of_block(operation.blocks[0], own)
            yield _Seen("else")
            if len(operation.blocks) > 1:
                yield from _of_block(operation.blocks[1], own)
            yield _Seen("end")
        elif operation.name in ("measure", "reset"):
            yield _Seen(operation.name, (), own)
        elif operation.name not in ("barrier", "delay", "id", "global_phase"):
            yield from _of_gate(operation, own)


def _of_block(block: QuantumCircuit, outer: tuple[int, ...]) -> Iterator[_Seen]:
    return _of_circuit(block, dict(zip((*block.qubits, *block.clbits), outer, strict=True)))


def _of_gate(gate: Instruction, own: tuple[int, ...]) -> Iterator[_Seen]:
    angles = tuple(round(float(angle), 9) for angle in gate.params)
    name = _ALIASES.get(gate.name, gate.name)
    if name == "u2":
        yield _Seen("u", (round(math.pi / 2, 9), *angles), own)
    elif isinstance(gate, ControlledGate) and gate.ctrl_state == 2**gate.num_ctrl_qubits - 1:
        base = _ALIASES.get(gate.base_gate.name, gate.base_gate.name)
        yield _Seen(base, angles, own, gate.num_ctrl_qubits)
    elif name == "CX":
        yield _Seen("x", (), own, 1)
    elif name == "cp":
        yield _Seen("p", angles, own, 1)
    elif name in ("p", "u") or gate.definition is None or _is_standard(gate):
        yield _Seen(name, angles, own)
    else:
        yield from _of_block(gate.definition, own)


def _is_standard(gate: Instruction) -> bool:
    module: str = gate.base_class.__module__
    return module.startswith("qiskit.circuit.library.standard_gates")
