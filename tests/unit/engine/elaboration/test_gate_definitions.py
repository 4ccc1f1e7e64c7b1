"""Gates that texts define, the libraries, and what a gate's body sees."""

import math

import numpy
import pytest
from qiskit import qasm2
from qiskit.quantum_info import Operator

from qcexec_engine.elaboration.standard_gates import LIBRARIES, Standard
from qcexec_engine.program import Gate
from support.elaborated import elaborated, gates, matrix_of, refused, unitary

LIBRARY_2 = LIBRARIES["qelib1.inc"].gates
LIBRARY_3 = LIBRARIES["stdgates.inc"].gates


def call_of(gate: Standard) -> str:
    angles = ", ".join(str(0.3 + 0.4 * place) for place in range(gate.num_angles))
    if gate.name == "u0":
        angles = "2"
    qubits = ", ".join(f"q[{place}]" for place in range(gate.num_qubits))
    return f"{gate.name}({angles}) {qubits};" if angles else f"{gate.name} {qubits};"


def test_stdgates_has_the_gates_of_the_specification() -> None:
    names = """p x y z h s sdg t tdg sx rx ry rz cx cy cz cp crx cry crz ch swap ccx cswap cu
               CX phase cphase id u1 u2 u3"""
    assert set(LIBRARY_3) == set(names.split())


@pytest.mark.parametrize("name", sorted(set(LIBRARY_2) - {"ryy"}))
def test_each_gate_of_qelib1_is_qiskits(name: str) -> None:
    gate = LIBRARY_2[name]
    head = f'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[{gate.num_qubits}];\n'
    text = head + call_of(gate)
    expected = Operator(qasm2.loads(text, custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS))
    program = elaborated(text + "\nqreg other[1];\ncreg c[1];\nmeasure other[0] -> c[0];")
    found = matrix_of(program.operations[:-1], gate.num_qubits)
    assert Operator(found).equiv(expected)


@pytest.mark.parametrize("name", sorted(LIBRARY_3))
def test_a_gate_called_simply_is_what_its_expansion_says(name: str) -> None:
    gate = LIBRARY_3[name]
    call = call_of(gate)
    qubits = ", ".join(f"q[{place}]" for place in range(gate.num_qubits))
    arguments = call.partition(" q[")[0]
    simple = unitary(call, gate.num_qubits)
    undone = unitary(f"inv @ inv @ {arguments} {qubits};", gate.num_qubits)
    overlap = numpy.vdot(simple, undone)
    assert numpy.allclose(simple * (overlap / abs(overlap)), undone)


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        (
            "gate g(a, b) c, d { rx(a / b) d; cx c, d; } g(1, 4) q[2], q[0];",
            [Gate("rx", (0.25,), (0,)), Gate("x", (), (2, 0), 1)],
        ),
        ("gate g(a) q { rx(-a + pi) q; } g(1) q[1];", [Gate("rx", (math.pi - 1,), (1,))]),
        ("gate g(pi2) q { rx(cos(pi2)) q; } g(0) q[1];", [Gate("rx", (1.0,), (1,))]),
        ("const float k = 0.5; gate g q { rx(2 * k) q; } g q[1];", [Gate("rx", (1.0,), (1,))]),
        ("const int k = 2; gate g q { rx(1 / k) q; } g q[1];", [Gate("rx", (0.0,), (1,))]),
        ("const float k = 0.5; gate g(k) q { rx(k) q; } g(2) q[1];", [Gate("rx", (2.0,), (1,))]),
        (
            "const float k = 0.5; gate g q { rx(k) q; } { float k = 2; g q[1]; }",
            [Gate("rx", (0.5,), (1,))],
        ),
        (
            "gate g a { for int i in [1:2] { rx(0.5 * i) a; } } g q[1];",
            [Gate("rx", (0.5,), (1,)), Gate("rx", (1.0,), (1,))],
        ),
        ("gate g x { h x; } g q[1];", [Gate("h", (), (1,))]),
        ("gate g a { h a; barrier a; h a; } g q[1];", [Gate("h", (), (1,))] * 2),
        ("gate f a { x a; } gate g a { f a; f a; } g q[1];", [Gate("x", (), (1,))] * 2),
        ("gate e a { } e q[0];", []),
        ("gate g a, b { cx a, b; } g q, q[2];", None),
        (
            "qubit[2] r; qubit[2] k; gate g a, b { cx a, b; } g r, k;",
            [Gate("x", (), (3, 5), 1), Gate("x", (), (4, 6), 1)],
        ),
    ],
)
def test_a_call_is_its_body_on_the_calls_qubits(
    statements: str, expected: list[Gate] | None
) -> None:
    if expected is None:
        with pytest.raises(Exception, match="the same qubit is given twice"):
            gates("qubit[3] q;\n" + statements)
    else:
        assert gates("qubit[3] q;\n" + statements) == expected


def test_a_users_gate_called_like_a_standard_one_is_the_users() -> None:
    text = "gate h a { U(0, 0, 0.5) a; } qubit q; h q; bit c = measure q;"
    assert elaborated(text).operations[0] == Gate("u", (0.0, 0.0, 0.5), (0,))


def test_openqasm_2_lets_a_text_bring_its_own_version_of_a_library_gate() -> None:
    text = (
        'OPENQASM 2.0; include "qelib1.inc"; gate cu1(t) a, b { cx a, b; }'
        " qreg q[2]; creg c[2]; cu1(1) q[0], q[1]; measure q -> c;"
    )
    assert elaborated(text).operations[0] == Gate("x", (), (0, 1), 1)


@pytest.mark.parametrize(
    ("statement", "code", "column", "message"),
    [
        ("hh q[0];", "semantic_error", 1, "gate 'hh' is not defined"),
        ("cx q[0];", "semantic_error", 1, "the gate acts on 2 qubits, not on 1"),
        ("h q[0], q[1];", "semantic_error", 1, "the gate acts on 1 qubit, not on 2"),
        ("cx q[0], q[0];", "semantic_error", 10, "the same qubit is given twice"),
        ("cx q, q;", "semantic_error", 7, "the same qubit is given twice"),
        ("rx q[0];", "semantic_error", 1, "wrong number of parameters for 'rx'"),
        ("rx(pi, 2) q[0];", "semantic_error", 1, "wrong number of parameters for 'rx'"),
        ("h;", "semantic_error", 1, "gate 'h' is called without qubits"),
        ("rx(pi);", "semantic_error", 1, "gate 'rx' is called without qubits"),
        ("gate h a { }", "semantic_error", 1, "gate 'h' is already defined"),
        ("gate g a { g a; }", "semantic_error", 12, "gate 'g' is not defined"),
        ("gate g a { x q; }", "semantic_error", 14, "'q' is not defined"),
        ("gate g a { x a[0]; }", "semantic_error", 14, "has no index"),
        ("gate g a { rx(n) a; }", "semantic_error", 15, "'n' is not defined"),
        ("float n = 1; gate g a { rx(n) a; }", "semantic_error", 28, "a gate sees its parameters"),
        ("gate g a { cx a, a; }", "semantic_error", 12, "the same qubit is given twice"),
        ("gate g a { cx a; }", "semantic_error", 12, "acts on 2 qubits"),
        ("gate g a { rx a; }", "semantic_error", 12, "wrong number of parameters"),
        ("gate g a { reset a; }", "semantic_error", 12, "gate calls alone"),
        ("gate g a { measure a; }", "semantic_error", 12, "gate calls alone"),
        ("gate g a, a { }", "semantic_error", 1, "two parameters of one name"),
        ("if (true) { gate g a { } }", "semantic_error", 13, "outside of all blocks"),
        ("gate g(t) a { rx(1 / t) a; } g(0) q[0];", "semantic_error", 20, "division by zero"),
        ("gate g(t) a { rx(t * 1e300) a; } g(1e300) q[0];", "invalid_angle", 18, "infinite"),
    ],
)
def test_a_call_or_body_at_fault_is_told_with_its_place(
    statement: str, code: str, column: int, message: str
) -> None:
    error = refused(
        'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nbit[2] c;\n'
        f"{statement}\nc = measure q;"
    )
    assert (error.code, error.line, error.column) == (code, 5, column), str(error)
    assert message in error.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("qubit q; h q; bit c = measure q;", 'write `include "stdgates.inc";` before it'),
        ("qubit q; CX q, q;", 'include "stdgates.inc"'),
        ("OPENQASM 2.0; qreg q[1]; h q;", 'write `include "qelib1.inc";` before it'),
        ("OPENQASM 2.0; opaque f a; qreg q[1]; f q;", "gate 'f' is opaque"),
        ('gate h a { } include "stdgates.inc";', "'h' of stdgates.inc is already defined"),
        ('qubit h; include "stdgates.inc";', "'h' of stdgates.inc is already defined"),
        ('include "stdgates.inc"; qubit h;', "'h' is already defined"),
        ("qubit U;", "'U' is already defined"),
        ("qubit g; gate g a { }", "gate 'g' is already defined"),
    ],
)
def test_standard_gates_are_unknown_without_their_include(text: str, message: str) -> None:
    assert message in refused(text).message
