"""The oracle itself, beside linear algebra that it shares nothing with."""

import math
import random

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import qasm3
from qiskit.circuit import Gate, QuantumCircuit
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.circuit.random import random_circuit
from qiskit.quantum_info import Operator, Statevector

from support.oracle import NotInterpreted, exact_distribution
from support.oracle.openqasm2 import translated
from support.oracle.state import EMPTY
from support.oracle.unitaries import Step, after, controlled, matrix_of, phase, powered, u_matrix

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
# Names of stdgates.inc whose gates Qiskit has under another one, or not at all.
QISKIT_NAMES = {"CX": "cx", "phase": "p", "cphase": "cp"}
GATES = [
    *("x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "id"),
    *("p", "phase", "u1", "rx", "ry", "rz", "u2", "u3"),
    *("cx", "cy", "cz", "ch", "swap", "CX", "cp", "cphase", "crx", "cry", "crz", "cu"),
    *("ccx", "cswap"),
]


@pytest.mark.parametrize("name", GATES)
def test_a_standard_gate_acts_as_qiskits_under_control(name: str) -> None:
    """But u2 and u3, which the specification turns back by half of their last two angles."""
    gate = _qiskit_gate(QISKIT_NAMES.get(name, name))
    angles = [0.3 + index for index in range(len(gate.params))]
    called = f"{name}({', '.join(map(str, angles))})" if angles else name
    operands = ", ".join(f"q[{qubit + 1}]" for qubit in range(gate.num_qubits))
    size = gate.num_qubits + 1
    circuit = QuantumCircuit(size)
    _turn(circuit)
    text = qasm3.dumps(circuit) + f"ctrl @ {called} q[0], {operands};\n"
    controlled_gate = type(gate)(*angles).control(1) if angles else gate.control(1)
    circuit.append(controlled_gate, range(size))
    if name in ("u2", "u3"):
        circuit.p(-sum(angles[-2:]) / 2, 0)
    _turn(circuit)
    turned_back = qasm3.dumps(_turned(size)).split(f"qubit[{size}] q;\n")[1]
    text += turned_back + f"bit[{size}] c = measure q;\n"
    _assert_equal(text, Statevector(circuit))


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(1, 5))
def test_static_circuits_have_the_distribution_of_their_state_vector(
    seed: int, num_qubits: int
) -> None:
    circuit = random_circuit(num_qubits, depth=4, max_operands=3, seed=seed)
    text = qasm3.dumps(circuit) + f"bit[{num_qubits}] measured = measure q;\n"
    _assert_equal(text, Statevector(circuit))


@given(*[st.floats(-7, 7)] * 3)
def test_u_is_qiskits_u_but_for_half_of_its_first_angle(
    theta: float, phi: float, lam: float
) -> None:
    circuit = QuantumCircuit(1)
    circuit.u(theta, phi, lam, 0)
    expected = numpy.exp(0.5j * theta) * Operator(circuit).data
    assert numpy.allclose(u_matrix(theta, phi, lam), expected)


@given(*[st.floats(-7, 7)] * 3, st.sampled_from([0.5, 1 / 3, -0.25, 1.5, 7.0]))
def test_a_power_commutes_with_its_gate_and_adds_up(
    theta: float, phi: float, lam: float, exponent: float
) -> None:
    gate = [Step(u_matrix(theta, phi, lam), (0,)), phase(0.7)]
    once = matrix_of(powered(gate, exponent, [0]), [0])
    whole = matrix_of(gate, [0])
    assert numpy.allclose(once @ whole, whole @ once)
    assert numpy.allclose(once @ once.conj().T, numpy.eye(2))
    rest = matrix_of(powered(gate, 1 - exponent, [0]), [0])
    assert numpy.allclose(once @ rest, whole)


@pytest.mark.parametrize(("gamma", "half"), [(math.pi, 0.5), (-math.pi, 0.5), (3.5, -1.391592)])
def test_the_principal_branch_of_a_power_ends_at_half_a_turn(gamma: float, half: float) -> None:
    root = matrix_of(powered([phase(gamma)], 0.5, []), [])[0, 0]
    expected = half * math.pi if half == 0.5 else half
    assert root == pytest.approx(complex(math.cos(expected), math.sin(expected)), abs=1e-6)


def test_controls_on_qubits_in_known_states_leave_them_out_of_the_tensor() -> None:
    flip = controlled([Step(u_matrix(math.pi, 0, math.pi), (2,))], [(0, 0), (1, 1)])
    assert after(EMPTY, flip).live == ()
    one = EMPTY._replace(ones=frozenset({1}))
    assert after(one, flip).live == (2,)


def test_histories_that_nothing_can_tell_apart_become_one() -> None:
    rounds = "h q; c = measure q; reset q; c = 0;\n" * 40
    assert exact_distribution(HEAD + "qubit q; bit c;\n" + rounds) == pytest.approx({"0": 1.0})


def test_probabilities_of_a_long_feedback_sum_to_one() -> None:
    rounds = "h q; c[0] = measure q; if (c[0]) { c[1] = !c[1]; }\n" * 30
    exact = exact_distribution(HEAD + "qubit q; bit[2] c;\n" + rounds)
    assert sum(exact.values()) == pytest.approx(1.0)
    assert exact["01"] + exact["00"] == pytest.approx(0.5)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("qubit q; bit c; c = measure p;", id="a name that is not there"),
        pytest.param("qubit[2] q; cx q[0], q[0];", id="a qubit twice"),
        pytest.param("qubit[2] q; x q[2];", id="an index out of range"),
        pytest.param("qubit[2] q; qubit[3] r; cx q, r;", id="registers of different sizes"),
        pytest.param("qubit q; int n = 1 / 0;", id="a division by zero"),
        pytest.param("qubit q; while (true) { x q; }", id="a loop without an end"),
        pytest.param("def f(int a) -> int { return a; }", id="a subroutine"),
    ],
)
def test_what_the_oracle_does_not_know_has_no_distribution(body: str) -> None:
    with pytest.raises(NotInterpreted):
        exact_distribution(HEAD + body)


def test_openqasm_2_names_that_became_keywords_are_still_names() -> None:
    text = 'qreg bit[2]; // for\nx bit[0]; rx(2^3) bit[1]; include "let.inc";'
    expected = 'qreg bit_[2]; // for\nx bit_[0]; rx(2**3) bit_[1]; include "let.inc";'
    assert translated(text) == expected


def _assert_equal(text: str, state: Statevector) -> None:
    expected = state.probabilities_dict(decimals=12)
    exact = exact_distribution(text)
    for key in exact.keys() | expected.keys():
        assert exact.get(key, 0.0) == pytest.approx(expected.get(key, 0.0), abs=1e-9)


def _qiskit_gate(name: str) -> Gate:
    known: dict[str, Gate] = get_standard_gate_name_mapping()
    return known[name]


def _turn(circuit: QuantumCircuit) -> None:
    """Brings every qubit out of the basis, each by other angles."""
    angles = random.Random(1)
    for qubit in range(circuit.num_qubits):
        circuit.ry(angles.uniform(0.5, 2.5), qubit)
        circuit.rz(angles.uniform(0.5, 2.5), qubit)
        circuit.rx(angles.uniform(0.5, 2.5), qubit)


def _turned(num_qubits: int) -> QuantumCircuit:
    circuit = QuantumCircuit(num_qubits)
    _turn(circuit)
    return circuit
