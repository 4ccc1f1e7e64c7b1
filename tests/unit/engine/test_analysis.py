"""What is known of a program before it runs."""

import pytest
from hypothesis import given, settings

from qcexec_engine import gates
from qcexec_engine.analysis.circuit import analyse
from qcexec_engine.classical import Bits
from qcexec_engine.program import (
    Branch,
    Gate,
    Loop,
    Measure,
    Operation,
    Program,
    Register,
    Reset,
    Unitary,
)
from support.random_programs import dynamic_programs

_H = [Gate("h", (), (qubit,)) for qubit in range(4)]
_CX = Gate("x", (), (0, 1), 1)


def _program(*operations: Operation, qubits: int = 4, bits: int = 4) -> Program:
    return Program(qubits, (Register("c", bits),), operations, bits)


def _measures(count: int) -> list[Measure]:
    return [Measure(qubit, qubit) for qubit in range(count)]


def test_a_bell_circuit() -> None:
    circuit = analyse(_program(_H[0], _CX, *_measures(2), bits=2))
    assert circuit.num_qubits == 2
    assert circuit.depth == 3
    assert circuit.num_operations == 4
    assert circuit.gate_counts == {("h", 0): 1, ("x", 1): 1}
    assert circuit.terminal == ((0, 0), (1, 1))
    assert circuit.clifford


def test_depth_and_operations_are_those_of_the_text() -> None:
    program = _program(Gate("x", (), (0,)), Gate("z", (), (0,)), _CX, Reset(1), *_measures(2))
    circuit = analyse(program)
    assert circuit.num_qubits == 0
    assert circuit.depth == 5
    assert circuit.num_operations == 6


def test_gates_on_other_qubits_lie_side_by_side() -> None:
    wide = Gate("x", (), (0, 1, 2), 2)
    assert analyse(_program(*_H, wide, *_H, *_measures(4))).depth == 4


def test_a_branch_is_as_deep_as_its_deeper_block() -> None:
    branch = Branch(Bits((0,)), (_H[1], _H[1], _H[2]), (_H[1],))
    circuit = analyse(_program(_H[0], Measure(0, 0), branch, Measure(2, 1)))
    assert circuit.depth == 3
    assert circuit.num_operations == 8
    assert circuit.terminal is None


def test_a_loop_counts_its_body_once() -> None:
    loop = Loop(Bits((0,)), (_H[0], Measure(0, 0)))
    circuit = analyse(_program(_H[0], Measure(0, 0), loop))
    assert circuit.depth == 4
    assert circuit.num_operations == 5
    assert circuit.gate_counts == {("h", 0): 2}


@pytest.mark.parametrize(
    ("gate", "is_clifford"),
    [
        (Gate("t", (), (0,)), False),
        (Gate("rx", (0.3,), (0,)), False),
        (Gate("rx", (0.0,), (0,)), True),
        (Gate("x", (), (2, 0, 1), 2), False),
        (Unitary(gates.matrix("x", ()), (0,)), False),
    ],
    ids=["t", "rx", "no turn", "toffoli", "unitary"],
)
def test_one_gate_decides_whether_a_circuit_is_clifford(
    gate: Gate | Unitary, is_clifford: bool
) -> None:
    every = [_H[0], _H[1], _H[2], gate, _H[0], _H[1], _H[2]]
    assert analyse(_program(*every, *_measures(3))).clifford is is_clifford


def test_every_angle_is_looked_at() -> None:
    quarter, odd = Gate("rx", (0.0,), (0,)), Gate("rx", (0.5,), (0,))
    for order in ((quarter, odd), (odd, quarter), (quarter, odd, quarter)):
        assert not analyse(_program(_H[0], *order, _H[0], *_measures(1))).clifford


def test_a_gate_inside_a_branch_decides_too() -> None:
    branch = Branch(Bits((0,)), (), (Gate("t", (), (1,)),))
    assert not analyse(_program(_H[0], Measure(0, 0), branch, _H[1], Measure(1, 1))).clifford


def test_gates_that_nobody_notices_are_not_counted() -> None:
    circuit = analyse(_program(_H[0], Gate("t", (), (0,)), _H[1], _CX, Measure(0, 0)))
    assert circuit.gate_counts == {("h", 0): 1}
    assert circuit.clifford
    assert circuit.num_operations == 5


@settings(max_examples=100, deadline=None)
@given(dynamic_programs())
def test_the_counts_are_those_of_the_program_that_is_left(program: Program) -> None:
    circuit = analyse(program)

    def count(block: tuple[Operation, ...]) -> int:
        total = 0
        for operation in block:
            if isinstance(operation, Gate | Unitary):
                total += 1
            elif isinstance(operation, Branch):
                total += count(operation.then) + count(operation.otherwise)
            elif isinstance(operation, Loop):
                total += count(operation.body)
        return total

    assert sum(circuit.gate_counts.values()) == count(circuit.program.operations)
