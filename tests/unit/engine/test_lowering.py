"""Lowered circuits are the circuits that were written, in other operations."""

import math

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from qiskit.circuit import QuantumCircuit
from qiskit.quantum_info import Operator

from qcexec_engine import Limits
from qcexec_engine.clifford import as_clifford
from qcexec_engine.lowering import Program, lower
from qcexec_engine.parsing import parse

NUM_QUBITS = 3
LIMITS = Limits(memory_bytes=1 << 20)
HEAD = f"""OPENQASM 3.0;
include "stdgates.inc";
gate own(alpha) a {{ rx(alpha) a; rz(alpha / 2) a; }}
gate pair(alpha, beta) a, b {{ own(alpha) a; ctrl @ own(beta) a, b; inv @ t b; }}
qubit[{NUM_QUBITS}] q;
bit[{NUM_QUBITS}] c;
"""
GATES = {
    1: ["h", "id", "sx", "inv @ sx", "p({})", "u2({}, 0.5)", "U({}, 0.1, 0.2)", "own({})",
        "inv @ own({})"],
    2: ["cx", "ch", "cu({}, 0.1, 0.2, 0.3)", "negctrl @ y", "ctrl @ own({})", "pair({}, 0.4)",
        "swap"],
    3: ["ccx", "cswap", "ctrl(2) @ rz({})", "ctrl @ pair({}, 0.7)", "negctrl @ ctrl @ x"],
}  # fmt: skip
QUARTERS = ["h", "s", "p({})", "rz({})", "rx({})", "ry({})", "u2({}, {})", "U({}, {}, {})"]
QUARTER_ANGLES = ["0", "pi / 2", "pi", "-pi / 2", "3 * pi / 2", "-5 * pi / 2", "4 * pi"]


@st.composite
def statements(draw: st.DrawFn) -> str:
    width = draw(st.integers(1, 3))
    name = draw(st.sampled_from(GATES[width])).format(draw(st.floats(-7, 7)))
    qubits = draw(st.permutations(range(NUM_QUBITS)))[:width]
    return f"{name} {', '.join(f'q[{i}]' for i in qubits)};"


def lowered(body: str) -> Program:
    return lower(written(body), LIMITS)


def written(body: str) -> QuantumCircuit:
    return parse(HEAD + body + "c = measure q;", LIMITS)


def unitary(circuit: QuantumCircuit) -> Operator:
    bare = circuit.remove_final_measurements(inplace=False)
    assert bare is not None
    return Operator(bare)


@given(st.lists(statements(), max_size=8))
@hypothesis_settings(max_examples=40, deadline=None)
def test_lowering_changes_no_unitary(body: list[str]) -> None:
    text = " ".join(["h q;", *body])
    assert unitary(lowered(text).circuit).equiv(unitary(written(text)), atol=1e-7)


@given(st.lists(st.tuples(st.sampled_from(QUARTERS), st.integers(0, 2)), max_size=12), st.data())
@hypothesis_settings(max_examples=40, deadline=None)
def test_naming_quarter_turns_changes_no_unitary(
    gates: list[tuple[str, int]], data: st.DataObject
) -> None:
    angles = st.sampled_from(QUARTER_ANGLES)
    body = "x q; cp(pi) q[0], q[1];" + "".join(
        f"{name.format(*(data.draw(angles) for _ in range(3)))} q[{qubit}];"
        for name, qubit in gates
    )
    program = lowered(body)
    clifford = as_clifford(program)
    assert clifford is not None
    assert unitary(clifford).equiv(unitary(program.circuit), atol=1e-7)


@given(st.floats(-20, 20))
@hypothesis_settings(deadline=None)
def test_an_angle_that_is_no_quarter_turn_is_no_clifford_gate(angle: float) -> None:
    turns = angle / (math.pi / 2)
    named = as_clifford(lowered(f"rz({angle!r}) q[0];"))
    if abs(turns - round(turns)) > 1e-9:
        assert named is None
    elif angle == 0:
        assert named is not None
