"""Random circuits of standard gates, written as texts in several ways."""

from typing import TypeAlias

import numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from qcexec_engine.elaboration.standard_gates import LIBRARIES
from qcexec_engine.program import Gate
from support.elaborated import gates, matrix_of

SIMPLE = LIBRARIES["stdgates.inc"].simple
NUM_QUBITS = 4
Call: TypeAlias = tuple[str, Gate]


def written(name: str, angles: tuple[float, ...], operands: list[str]) -> str:
    """A call as a text has it."""
    arguments = f"({', '.join(map(repr, angles))})" if angles else ""
    return f"{name}{arguments} {', '.join(operands)};"


@st.composite
def calls(draw: st.DrawFn) -> Call:
    """A gate of the library's, and the gate of the engine that it is."""
    name = draw(st.sampled_from(sorted(SIMPLE)))
    base, num_angles, num_qubits, controls = SIMPLE[name]
    qubits = tuple(draw(st.permutations(range(NUM_QUBITS)))[:num_qubits])
    angles = draw(st.tuples(*[st.floats(-10, 10)] * num_angles))
    return name, Gate(base, angles, qubits, controls)


def body_of(circuit: list[Call]) -> str:
    return "".join(
        written(name, gate.angles, [f"p{qubit}" for qubit in gate.qubits]) for name, gate in circuit
    )


@given(st.lists(st.tuples(calls(), st.integers(0, 2)), max_size=12))
def test_a_text_of_standard_gates_is_those_gates_in_order(circuit: list[tuple[Call, int]]) -> None:
    text = "qubit[4] q; let a = q[3:-1:0];\n"
    for (name, gate), form in circuit:
        operands = [
            (f"q[{qubit}]", f"q[{qubit - NUM_QUBITS}]", f"a[{NUM_QUBITS - 1 - qubit}]")[form]
            for qubit in gate.qubits
        ]
        text += written(name, gate.angles, operands) + "\n"
    assert gates(text) == [gate for (_, gate), _ in circuit]


@given(st.lists(calls(), max_size=8))
def test_a_definition_with_the_same_calls_is_the_same_circuit(circuit: list[Call]) -> None:
    definition = f"gate g p0, p1, p2, p3 {{ {body_of(circuit)} }}"
    found = gates(f"qubit[4] q; {definition} g q[0], q[1], q[2], q[3];")
    assert found == [gate for _, gate in circuit]


@settings(max_examples=30)
@given(st.lists(calls(), max_size=6), st.sampled_from(["ctrl", "negctrl"]))
def test_a_controlled_circuit_acts_where_its_control_says(
    circuit: list[Call], modifier: str
) -> None:
    definition = f"gate g p0, p1, p2, p3 {{ {body_of(circuit)} }}"
    call = f"{modifier} @ g q[4], q[0], q[1], q[2], q[3];"
    found = matrix_of(gates(f"qubit[5] q; {definition} {call}"), 5)
    where_one, where_zero = found[16:, 16:], found[:16, :16]
    acting, idle = (where_one, where_zero) if modifier == "ctrl" else (where_zero, where_one)
    assert numpy.allclose(idle, numpy.eye(16))
    plain = matrix_of([gate for _, gate in circuit], NUM_QUBITS)
    # Equal but for the global phase that the definition's gates have beside the engine's.
    assert numpy.isclose(abs(numpy.vdot(plain, acting)), 16)
