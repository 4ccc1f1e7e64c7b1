"""Programs of Clifford gates that Hypothesis makes."""

from __future__ import annotations

from hypothesis import strategies
from hypothesis.strategies import DrawFn

from qcexec_engine.clifford import is_clifford
from qcexec_engine.program import Block, Branch, Gate, Loop, Operation, Program, Unitary
from support.random_programs import any_gate, dynamic_programs, static_programs


@strategies.composite
def dynamic_clifford_programs(draw: DrawFn, max_qubits: int = 3) -> Program:
    """Gates, measurements, resets, stores, branches and loops that end."""
    return _without_other_gates(draw, draw(dynamic_programs(max_qubits)))


@strategies.composite
def static_clifford_programs(draw: DrawFn, max_qubits: int = 4) -> Program:
    """Gates, measurements, resets and constants in any order."""
    return _without_other_gates(draw, draw(static_programs(max_qubits)))


def _without_other_gates(draw: DrawFn, program: Program) -> Program:
    """The program with another gate, a Clifford gate, in the place of each that is none."""

    def changed(block: Block) -> Block:
        return tuple(changed_operation(operation) for operation in block)

    def changed_operation(operation: Operation) -> Operation:
        match operation:
            case Branch(condition, then, otherwise):
                return Branch(condition, changed(then), changed(otherwise))
            case Loop(condition, body):
                return Loop(condition, changed(body))
            case Gate() if not _clifford(operation):
                return draw(clifford_gates)
            case Unitary():
                return draw(clifford_gates)
            case _:
                return operation

    clifford_gates = any_gate(program.num_qubits).filter(_clifford)
    return program._replace(operations=changed(program.operations))


def _clifford(gate: Gate) -> bool:
    return is_clifford(gate.name, gate.angles, gate.controls)
