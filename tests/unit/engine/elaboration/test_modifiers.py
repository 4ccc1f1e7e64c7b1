"""ctrl, negctrl, inv and pow on gates of every kind, global phases included."""

import cmath
import math

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from qcexec_engine.gates import matrix
from qcexec_engine.program import Gate
from support.elaborated import gates, refused, unitary

ANGLES = st.floats(-9, 9, allow_nan=False).map(lambda angle: round(angle, 3))
ZERO = numpy.diag([1, 0]).astype(complex)
ONE = numpy.diag([0, 1]).astype(complex)


def under_control(own: NDArray[numpy.complex128]) -> NDArray[numpy.complex128]:
    """The gate on the higher qubits, where the lowest is one."""
    return numpy.kron(numpy.eye(len(own), dtype=complex), ZERO) + numpy.kron(own, ONE)


def specified_u(theta: float, phi: float, lam: float) -> NDArray[numpy.complex128]:
    """U by the formula of the specification."""
    turn = cmath.exp(1j * theta)
    return numpy.complex128(0.5) * numpy.array(
        [
            [1 + turn, -1j * cmath.exp(1j * lam) * (1 - turn)],
            [1j * cmath.exp(1j * phi) * (1 - turn), cmath.exp(1j * (phi + lam)) * (1 + turn)],
        ]
    )


def same(first: NDArray[numpy.complex128], second: NDArray[numpy.complex128]) -> bool:
    """Equality but for a global phase."""
    overlap = numpy.vdot(first, second)
    return bool(numpy.allclose(first * (overlap / abs(overlap)), second, atol=1e-9))


@given(theta=ANGLES, phi=ANGLES, lam=ANGLES)
@settings(max_examples=30)
def test_a_control_shows_the_phase_of_the_specifications_u(
    theta: float, phi: float, lam: float
) -> None:
    found = unitary(f"ctrl @ U({theta}, {phi}, {lam}) q[0], q[1];", 2)
    assert same(found, under_control(specified_u(theta, phi, lam)))


@given(theta=ANGLES, phi=ANGLES, lam=ANGLES, gamma=ANGLES)
@settings(max_examples=30)
def test_the_gates_of_stdgates_have_the_phases_that_it_gives_them(
    theta: float, phi: float, lam: float, gamma: float
) -> None:
    u = matrix("u", (theta, phi, lam))
    u3 = unitary(f"ctrl @ u3({theta}, {phi}, {lam}) q[0], q[1];", 2)
    assert same(u3, under_control(u * cmath.exp(-0.5j * (phi + lam))))
    u2 = unitary(f"ctrl @ u2({phi}, {lam}) q[0], q[1];", 2)
    expected = matrix("u", (math.pi / 2, phi, lam)) * cmath.exp(-0.5j * (phi + lam))
    assert same(u2, under_control(expected))
    cu = unitary(f"cu({theta}, {phi}, {lam}, {gamma}) q[0], q[1];", 2)
    assert same(cu, under_control(u * cmath.exp(1j * gamma)))


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ("ctrl @ x q[0], q[1];", [Gate("x", (), (0, 1), 1)]),
        ("ctrl @ cx q[0], q[1], q[2];", [Gate("x", (), (0, 1, 2), 2)]),
        ("ctrl(2) @ x q[2], q[1], q[0];", [Gate("x", (), (2, 1, 0), 2)]),
        ("ctrl @ ctrl @ z q[2], q[1], q[0];", [Gate("z", (), (2, 1, 0), 2)]),
        ("inv @ s q[0];", [Gate("sdg", (), (0,))]),
        ("inv @ ctrl @ t q[0], q[1];", [Gate("tdg", (), (0, 1), 1)]),
        ("ctrl @ inv @ rx(0.5) q[0], q[1];", [Gate("rx", (-0.5,), (0, 1), 1)]),
        ("pow(3) @ x q[0];", [Gate("x", (), (0,))]),
        ("pow(2) @ x q[0];", []),
        ("pow(0) @ h q[0];", []),
        ("pow(1000001) @ h q[0];", [Gate("h", (), (0,))]),
        ("pow(1e6) @ x q[0];", []),
        ("pow(1000000) @ rx(0.5) q[0];", [Gate("rx", (500000.0,), (0,))]),
        ("pow(-2) @ rx(0.5) q[0];", [Gate("rx", (-1.0,), (0,))]),
        ("pow(1/2) @ x q[0];", []),
        ("pow(4/2) @ x q[0];", []),
        ("pow(0.5) @ x q[0];", [Gate("sx", (), (0,))]),
        ("pow(0.5) @ cx q[0], q[1];", [Gate("sx", (), (0, 1), 1)]),
        ("pow(0.5) @ z q[0];", [Gate("p", (math.pi / 2,), (0,))]),
        ("pow(10**18) @ s q[0];", [Gate("p", (0.0,), (0,))]),
        ("gphase(1);", []),
        ("ctrl @ gphase(0.5) q[1];", [Gate("p", (0.5,), (1,))]),
        ("ctrl(2) @ gphase(0.5) q[1], q[0];", [Gate("p", (0.5,), (1, 0), 1)]),
        ("pow(2) @ ctrl @ gphase(0.5) q[1];", [Gate("p", (1.0,), (1,))]),
        ("negctrl @ id q[0], q[1];", []),
        (
            "negctrl @ x q[0], q[1];",
            [Gate("x", (), (0,)), Gate("x", (), (0, 1), 1), Gate("x", (), (0,))],
        ),
        ("const int k = 2; ctrl(k) @ x q[0], q[1], q[2];", [Gate("x", (), (0, 1, 2), 2)]),
        ("gate g a { gphase(0.5); } ctrl @ g q[0], q[1];", [Gate("p", (0.5,), (0,))]),
        ("gate g a { gphase(0.5); } ctrl @ inv @ g q[0], q[1];", [Gate("p", (-0.5,), (0,))]),
        ("gate g(t) a { pow(2) @ rx(t) a; } inv @ g(1) q[0];", [Gate("rx", (-2.0,), (0,))]),
    ],
)
def test_modified_gates_have_one_spelling(statements: str, expected: list[Gate]) -> None:
    assert gates("qubit[3] q;\n" + statements) == expected


BODIES = [
    "h a; t a; cx a, b; ry(0.4) b;",
    "gphase(0.7); x a; cp(0.3) b, a;",
    "U(0.3, 1.2, -0.4) a; ctrl @ u3(0.5, 0.1, 0.2) a, b; negctrl @ sx b, a;",
    "swap a, b; s a; cy b, a; inv @ u2(0.1, 0.9) b;",
    "pow(0.3) @ h a; pow(-1.7) @ cx a, b; crx(7) b, a;",
]


@pytest.mark.parametrize("body", BODIES)
def test_a_body_undone_is_the_identity(body: str) -> None:
    definition = f"gate g a, b {{ {body} }}\n"
    for undone in (
        "g q[0], q[1]; inv @ g q[0], q[1];",
        "pow(-1) @ g q[0], q[1]; g q[0], q[1];",
        "ctrl @ g q[2], q[0], q[1]; inv @ ctrl @ g q[2], q[0], q[1];",
        (
            "negctrl @ g q[2], q[0], q[1]; ctrl @ g q[2], q[0], q[1];"
            "pow(2) @ inv @ g q[0], q[1]; g q[0], q[1];"
        ),
    ):
        assert same(unitary(definition + undone, 3), numpy.eye(8, dtype=complex)), undone


@pytest.mark.parametrize("body", BODIES)
def test_whole_powers_repeat_and_roots_are_roots(body: str) -> None:
    definition = f"gate g a, b {{ {body} }}\n"
    once = unitary(definition + "ctrl @ g q[2], q[0], q[1];", 3)
    power = numpy.linalg.matrix_power
    for times in (2, 5, 100):
        raised = unitary(definition + f"ctrl @ pow({times}) @ g q[2], q[0], q[1];", 3)
        assert same(raised, power(once, times)), times
    for exponent, times in ((0.5, 2), (1 / 3, 3), (-0.25, -4)):
        root = unitary(definition + f"ctrl @ pow({exponent!r}) @ g q[2], q[0], q[1];", 3)
        assert same(power(root, times), once), exponent


@pytest.mark.parametrize("body", BODIES)
def test_a_fractional_power_is_the_principal_one(body: str) -> None:
    text = f"gate g a, b {{ {body} }}\nctrl @ pow(0.5) @ g q[2], q[0], q[1];"
    phases = numpy.angle(numpy.linalg.eigvals(unitary(text, 3)[4:, 4:]))
    assert numpy.all(phases > -math.pi / 2 - 1e-9)
    assert numpy.all(phases < math.pi / 2 + 1e-9)


@given(angle=ANGLES, exponent=st.floats(-3, 3).map(lambda value: round(value, 2)))
@settings(max_examples=40)
@pytest.mark.parametrize("name", ["rx", "ry", "rz", "p"])
def test_powers_of_rotations_are_principal_under_control(
    name: str, angle: float, exponent: float
) -> None:
    own = matrix(name, (angle,))
    values, vectors = numpy.linalg.eig(own)
    phases = numpy.angle(values)
    phases[phases < -math.pi + 1e-9] = math.pi
    raised = vectors @ numpy.diag(numpy.exp(1j * phases * exponent)) @ numpy.linalg.inv(vectors)
    if exponent == int(exponent):
        raised = numpy.linalg.matrix_power(own, int(exponent))
    found = unitary(f"ctrl @ pow({exponent}) @ {name}({angle}) q[0], q[1];", 2)
    assert same(found, under_control(raised))


@pytest.mark.parametrize(
    ("statement", "code", "column", "message"),
    [
        ("ctrl @ x q[0];", "semantic_error", 1, "the gate acts on 2 qubits, not on 1"),
        ("ctrl(100) @ x q[0], q[1];", "semantic_error", 1, "acts on 101 qubits, not on 2"),
        ("ctrl(0) @ x q[0];", "semantic_error", 1, "a value is out of range"),
        ("ctrl(-1) @ x q[0];", "semantic_error", 1, "a value is out of range"),
        ("ctrl(10**30) @ x q[0];", "semantic_error", 1, "a value is out of range"),
        ("ctrl(1.5) @ x q[0];", "semantic_error", 6, "a whole number"),
        ("inv(2) @ x q[0];", "semantic_error", 1, "'inv' takes no argument"),
        ("pow @ x q[0];", "semantic_error", 1, "'pow' needs an exponent"),
        ("pow(1e308*10) @ x q[0];", "invalid_angle", 1, "a power is infinite"),
        ("pow(1e300) @ rx(1e300) q[0];", "invalid_angle", 1, "a power makes an angle infinite"),
        ("pow(0.5) @ ctrl(7) @ u2(1, 2) q;", "semantic_error", 1, "acts on 8 qubits"),
        ("gphase(1) q[0];", "semantic_error", 1, "the gate acts on 0 qubits, not on 1"),
        ("c[0] = measure q[0]; pow(c[0]) @ x q[0];", "unsupported_feature", 22, "measurement"),
    ],
)
def test_a_modifier_that_does_not_fit_is_told_with_its_place(
    statement: str, code: str, column: int, message: str
) -> None:
    error = refused(
        'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nbit[2] c;\n'
        f"{statement}\nc = measure q;"
    )
    assert (error.code, error.line, error.column) == (code, 5, column), str(error)
    assert message in error.message


def test_a_root_of_a_wide_gate_is_refused() -> None:
    chain = " ".join(f"cx {a}, {b};" for a, b in zip("abcdef", "bcdefg", strict=True))
    error = refused(
        f'include "stdgates.inc"; gate g a, b, c, d, e, f, g {{ {chain} }}'
        " qubit[7] q; pow(0.5) @ g q[0], q[1], q[2], q[3], q[4], q[5], q[6]; bit r = measure q[0];"
    )
    assert error.code == "unsupported_feature"
    assert "up to 6 qubits" in error.message
