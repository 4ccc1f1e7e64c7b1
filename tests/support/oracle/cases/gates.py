"""What gates do: the library, definitions, modifiers, and the phases that a control shows."""

from math import cos, pi, sin
from typing import Final

from support.oracle.cases.case import HEAD, Case, always, drawn

_EIGHTH: Final = cos(pi / 8) ** 2


def _phase_seen(name: str, controlled: str, turns: float, head: str = "") -> Case:
    """A gate under control leaves its target as it is, and turns the control by part of a turn.

    The control is put into |+> and read behind an H, so 0 has probability cos(pi turns) ** 2.
    """
    text = f"{head}qubit a; qubit[2] b; bit c; x b[1]; h a; {controlled} h a; c = measure a;"
    zero = cos(pi * turns) ** 2
    expected = (("0", zero), ("1", 1 - zero))
    return Case(name, HEAD + text, {key: chance for key, chance in expected if chance > 1e-9})


LIBRARY: Final = (
    always("x", "qubit q; bit c; x q; c = measure q;", "1"),
    always("y flips", "qubit q; bit c; y q; c = measure q;", "1"),
    always("z turns", "qubit q; bit c; h q; z q; h q; c = measure q;", "1"),
    always("s twice is z", "qubit q; bit c; h q; s q; s q; h q; c = measure q;", "1"),
    always("sdg undoes s", "qubit q; bit c; h q; s q; sdg q; h q; c = measure q;", "0"),
    always(
        "t four times is z", "qubit q; bit c; h q; t q; t q; t q; t q; h q; c = measure q;", "1"
    ),
    always("tdg undoes t", "qubit q; bit c; h q; t q; tdg q; h q; c = measure q;", "0"),
    always("sx twice is x", "qubit q; bit c; sx q; sx q; c = measure q;", "1"),
    drawn(
        "t by itself", "qubit q; bit c; h q; t q; h q; c = measure q;", k0=_EIGHTH, k1=1 - _EIGHTH
    ),
    drawn("rx", "qubit q; bit c; rx(pi/4) q; c = measure q;", k0=_EIGHTH, k1=1 - _EIGHTH),
    drawn("ry", "qubit q; bit c; ry(-pi/4) q; c = measure q;", k0=_EIGHTH, k1=1 - _EIGHTH),
    drawn(
        "ry turns towards |1>",
        "qubit q; bit c; ry(pi/4) q; h q; c = measure q;",
        k0=(1 + sin(pi / 4)) / 2,
        k1=(1 - sin(pi / 4)) / 2,
    ),
    drawn("rx turns towards -i", "qubit q; bit c; rx(pi/2) q; s q; h q; c = measure q;", k0=1.0),
    drawn("rz", "qubit q; bit c; h q; rz(pi/4) q; h q; c = measure q;", k0=_EIGHTH, k1=1 - _EIGHTH),
    always("p", "qubit q; bit c; h q; p(pi) q; h q; c = measure q;", "1"),
    always(
        "phase and u1 are p",
        "qubit q; bit c; h q; phase(pi/2) q; u1(pi/2) q; h q; c = measure q;",
        "1",
    ),
    always("u2 is a Hadamard gate", "qubit q; bit c; u2(0, pi) q; h q; c = measure q;", "0"),
    always("u3", "qubit q; bit c; u3(pi/2, 0, pi) q; h q; c = measure q;", "0"),
    always("U", "qubit q; bit c; U(pi/2, 0, pi) q; h q; c = measure q;", "0"),
    always(
        "the second angle of U turns the outcome",
        "qubit q; bit c; U(pi/2, pi/2, pi) q; sdg q; h q; c = measure q;",
        "0",
    ),
    always(
        "the third angle of U turns what comes in",
        "qubit q; bit c; h q; s q; U(pi/2, 0, pi/2) q; c = measure q;",
        "0",
    ),
    always("id", "qubit q; bit c; x q; id q; c = measure q;", "1"),
    always(
        "cx has the control first",
        "qubit[2] q; bit[2] c; x q[0]; cx q[0], q[1]; c = measure q;",
        "11",
    ),
    always(
        "CX is cx",
        "qubit[2] q; bit[2] c; h q[0]; CX q[0], q[1]; CX q[0], q[1]; h q[0]; c = measure q;",
        "00",
    ),
    always("cy", "qubit[2] q; bit[2] c; x q[1]; cy q[1], q[0]; c = measure q;", "11"),
    always(
        "cz", "qubit[2] q; bit[2] c; x q[0]; h q[1]; cz q[0], q[1]; h q[1]; c = measure q;", "11"
    ),
    always("ch", "qubit[2] q; bit[2] c; x q[0]; ch q[0], q[1]; h q[1]; c = measure q;", "01"),
    always(
        "cp and cphase",
        "qubit[2] q; bit[2] c; x q[0]; h q[1]; cp(pi/2) q[0], q[1];"
        " cphase(pi/2) q[1], q[0]; h q[1]; c = measure q;",
        "11",
    ),
    drawn(
        "crx",
        "qubit[2] q; bit[2] c; x q[0]; crx(pi/4) q[0], q[1]; c = measure q;",
        k01=_EIGHTH,
        k11=1 - _EIGHTH,
    ),
    drawn(
        "cry",
        "qubit[2] q; bit[2] c; x q[0]; cry(pi/4) q[0], q[1]; c = measure q;",
        k01=_EIGHTH,
        k11=1 - _EIGHTH,
    ),
    drawn(
        "crz is not cp",
        "qubit[2] q; bit c; x q[1]; h q[0]; crz(pi/2) q[0], q[1]; h q[0]; c = measure q[0];",
        k0=_EIGHTH,
        k1=1 - _EIGHTH,
    ),
    always("swap", "qubit[2] q; bit[2] c; x q[0]; swap q[0], q[1]; c = measure q;", "10"),
    always("ccx", "qubit[3] q; bit[3] c; x q[0:1]; ccx q[0], q[1], q[2]; c = measure q;", "111"),
    always(
        "cswap", "qubit[3] q; bit[3] c; x q[0:1]; cswap q[0], q[1], q[2]; c = measure q;", "101"
    ),
    _phase_seen(
        "the fourth angle of cu turns the control", "cu(pi, 0, pi, pi/2) a, b[0]; cx a, b[0];", 0.25
    ),
    _phase_seen("cu without a fourth angle", "cu(0, 0, 0, 0) a, b[0];", 0.0),
)
"""The gates of stdgates.inc, each told from what it is likely to be mistaken for."""

PHASES: Final = (
    _phase_seen("gphase under control", "ctrl @ gphase(pi) a;", 0.5),
    _phase_seen("gphase under two controls", "ctrl(2) @ gphase(pi) a, b[1];", 0.5),
    _phase_seen(
        "gphase under a control that is 0",
        "negctrl @ gphase(pi) b[0]; ctrl @ gphase(pi/2) a;",
        0.25,
    ),
    _phase_seen("the phase of U", "ctrl @ U(2*pi, 0, 0) a, b[0];", 0.0),
    _phase_seen("U with half a turn is i x", "ctrl @ U(pi, 0, pi) a, b[0]; cx a, b[0];", 0.25),
    _phase_seen("rx has a phase of its own", "ctrl @ rx(2*pi) a, b[0];", 0.5),
    _phase_seen("ry has a phase of its own", "ctrl @ ry(2*pi) a, b[0];", 0.5),
    _phase_seen("rz on |0>", "ctrl @ rz(pi) a, b[0];", -0.25),
    _phase_seen("rz on |1>", "ctrl @ rz(pi) a, b[1];", 0.25),
    _phase_seen("p on |0> turns nothing", "ctrl @ p(pi) a, b[0];", 0.0),
    _phase_seen("p on |1>", "ctrl @ p(pi) a, b[1];", 0.5),
    _phase_seen("u1 on |0> turns nothing", "ctrl @ u1(pi) a, b[0];", 0.0),
    _phase_seen("u3 takes back half of its angles", "ctrl @ u3(0, pi/2, pi/2) a, b[0];", -0.25),
    _phase_seen(
        "u2 takes back half of its angles",
        "ctrl @ u2(pi, pi) a, b[0]; ctrl @ u2(0, 0) a, b[0];",
        0.5,
    ),
    _phase_seen("x has no phase", "ctrl @ x a, b[0]; cx a, b[0];", 0.0),
    _phase_seen("h has no phase", "ctrl @ h a, b[0]; ch a, b[0];", 0.0),
    _phase_seen("y squared has no phase", "ctrl @ y a, b[0]; cy a, b[0];", 0.0),
    _phase_seen(
        "sx has a phase against rx", "ctrl @ sx a, b[0]; ctrl @ inv @ rx(pi/2) a, b[0];", 0.125
    ),
    _phase_seen(
        "a defined gate keeps its gphase",
        "ctrl @ g a, b[0];",
        0.5,
        "gate g q { U(0, 0, 0) q; gphase(pi); } ",
    ),
    _phase_seen(
        "a defined gate that calls another keeps its gphase",
        "ctrl @ f a, b[0];",
        0.25,
        "gate g q { gphase(pi/4); } gate f q { g q; g q; } ",
    ),
    _phase_seen(
        "the inverse of a gphase", "ctrl @ inv @ gphase(pi/2) a; ctrl @ gphase(pi/2) a;", 0.0
    ),
    _phase_seen("a power of a gphase", "ctrl @ pow(2) @ gphase(pi/2) a;", 0.5),
    _phase_seen("a fractional power of a gphase", "ctrl @ pow(0.5) @ gphase(pi) a;", 0.25),
    always(
        "gphase alone changes nothing", "qubit q; bit c; h q; gphase(pi); h q; c = measure q;", "0"
    ),
)
"""Phases that nobody sees but under control."""

MODIFIERS: Final = (
    always("ctrl", "qubit[2] q; bit[2] c; x q[0]; ctrl @ x q[0], q[1]; c = measure q;", "11"),
    always("negctrl", "qubit[2] q; bit[2] c; negctrl @ x q[0], q[1]; c = measure q;", "10"),
    always(
        "negctrl on 1", "qubit[2] q; bit[2] c; x q[0]; negctrl @ x q[0], q[1]; c = measure q;", "01"
    ),
    always(
        "ctrl of two",
        "qubit[3] q; bit[3] c; x q[0:1]; ctrl(2) @ x q[0], q[1], q[2]; c = measure q;",
        "111",
    ),
    always(
        "ctrl of a constant",
        "const int n = 2; qubit[3] q; bit[3] c; x q[0:1]; ctrl(n) @ x q[0], q[1], q[2];"
        " c = measure q;",
        "111",
    ),
    always(
        "negctrl of two",
        "qubit[3] q; bit[3] c; negctrl(2) @ x q[0], q[1], q[2]; c = measure q;",
        "100",
    ),
    always(
        "the first modifier takes the first qubit",
        "qubit[3] q; bit[3] c; x q[0]; ctrl @ negctrl @ x q[0], q[1], q[2]; c = measure q;",
        "101",
    ),
    always(
        "the last modifier takes the last control",
        "qubit[3] q; bit[3] c; x q[1]; negctrl @ ctrl @ x q[0], q[1], q[2]; c = measure q;",
        "110",
    ),
    always(
        "ctrl of a controlled gate",
        "qubit[3] q; bit[3] c; x q[0:1]; ctrl @ cx q[0], q[1], q[2]; c = measure q;",
        "111",
    ),
    always(
        "ctrl of swap",
        "qubit[3] q; bit[3] c; x q[0:1]; ctrl @ swap q[0], q[1], q[2]; c = measure q;",
        "101",
    ),
    always(
        "ctrl of a defined gate",
        "gate g a, b { h a; cx a, b; h a; } qubit[3] q; bit[3] c; x q[0]; h q[1];"
        " ctrl @ g q[0], q[1], q[2]; h q[1]; cx q[1], q[2]; c = measure q;",
        "001",
    ),
    always(
        "ctrl on a register",
        "qubit[2] a; qubit[2] b; bit[2] c; x a[0]; ctrl @ x a, b; c = measure b;",
        "01",
    ),
    always("inv", "qubit q; bit c; h q; inv @ s q; s q; h q; c = measure q;", "0"),
    always(
        "inv of U",
        "qubit q; bit c; U(0.1, 0.2, 0.3) q; inv @ U(0.1, 0.2, 0.3) q; c = measure q;",
        "0",
    ),
    always(
        "inv turns the order round",
        "gate g q { h q; s q; } qubit q; bit c; g q; inv @ g q; c = measure q;",
        "0",
    ),
    always("inv of inv", "qubit q; bit c; h q; inv @ inv @ s q; s q; h q; c = measure q;", "1"),
    always(
        "inv under ctrl",
        "qubit[2] q; bit[2] c; x q[0]; h q[1]; ctrl @ inv @ s q[0], q[1];"
        " inv @ ctrl @ s q[0], q[1]; h q[1]; c = measure q;",
        "11",
    ),
    always("pow of two", "qubit q; bit c; h q; pow(2) @ s q; h q; c = measure q;", "1"),
    always("pow of zero", "qubit q; bit c; pow(0) @ x q; c = measure q;", "0"),
    always(
        "pow of a negative number",
        "qubit q; bit c; h q; pow(-1) @ s q; s q; h q; c = measure q;",
        "0",
    ),
    always("pow of minus two", "qubit q; bit c; h q; pow(-2) @ t q; s q; h q; c = measure q;", "0"),
    always("pow of a half", "qubit q; bit c; pow(0.5) @ x q; pow(0.5) @ x q; c = measure q;", "1"),
    _phase_seen(
        "pow of a half of x is sx, with its phase",
        "ctrl @ pow(0.5) @ x a, b[0]; ctrl @ inv @ sx a, b[0];",
        0.0,
    ),
    always(
        "pow of a half of z is s",
        "qubit q; bit c; h q; pow(0.5) @ z q; sdg q; h q; c = measure q;",
        "0",
    ),
    always(
        "pow of minus a half", "qubit q; bit c; h q; pow(-0.5) @ z q; s q; h q; c = measure q;", "0"
    ),
    always(
        "pow of a third",
        "qubit q; bit c; h q; pow(1/3.) @ z q; pow(2/3.) @ z q; h q; c = measure q;",
        "1",
    ),
    always(
        "pow of a quotient of whole numbers", "qubit q; bit c; pow(1/2) @ x q; c = measure q;", "0"
    ),
    always(
        "pow of a half of swap",
        "qubit[2] q; bit[2] c; x q[0]; pow(0.5) @ swap q[0], q[1];"
        " pow(0.5) @ swap q[0], q[1]; c = measure q;",
        "10",
    ),
    drawn(
        "pow of a half of swap halves",
        "qubit[2] q; bit[2] c; x q[0]; pow(0.5) @ swap q[0], q[1]; c = measure q;",
        k01=0.5,
        k10=0.5,
    ),
    _phase_seen("the principal branch of rz", "ctrl @ pow(0.5) @ p(1.5*pi) a, b[1];", -0.125),
    always(
        "pow of a defined gate",
        "gate g q { h q; z q; h q; } qubit q; bit c; pow(0.5) @ g q; pow(0.5) @ g q;"
        " c = measure q;",
        "1",
    ),
    always(
        "pow under ctrl",
        "qubit[2] q; bit[2] c; x q[0]; ctrl @ pow(3) @ x q[0], q[1]; c = measure q;",
        "11",
    ),
    always(
        "pow of a controlled gate",
        "qubit[2] q; bit[2] c; x q[0]; pow(0.5) @ ctrl @ x q[0], q[1];"
        " pow(0.5) @ cx q[0], q[1]; c = measure q;",
        "11",
    ),
    always(
        "pow of a constant",
        "const float k = 0.5; qubit q; bit c; pow(k) @ x q; pow(k) @ x q; c = measure q;",
        "1",
    ),
    always("a large power", "qubit q; bit c; pow(1001) @ x q; c = measure q;", "1"),
)
"""ctrl, negctrl, inv and pow."""

DEFINITIONS: Final = (
    always(
        "parameters shadow the names outside",
        "const float turn = 0.0; gate g(turn) q { rx(turn) q; }"
        " qubit q; bit c; g(pi) q; c = measure q;",
        "1",
    ),
    always(
        "qubits shadow the names outside",
        "qubit[2] q; gate g a, q { cx q, a; } bit[2] c; x q[1]; g q[0], q[1]; c = measure q;",
        "11",
    ),
    always(
        "constants are seen in a gate",
        "const float turn = pi; gate g q { rx(turn) q; } qubit q; bit c; g q; c = measure q;",
        "1",
    ),
    always(
        "parameters are angles, whose quotient is real",
        "gate g(t) q { rx(t/2*pi) q; } qubit q; bit c; g(1) q; g(1) q; c = measure q;",
        "1",
    ),
    always(
        "expressions of parameters",
        "gate g(a, b) q { rx(2*a - b**2) q; } qubit q; bit c; g(pi, sqrt(pi)) q; c = measure q;",
        "1",
    ),
    always("an empty body", "gate g q {} qubit q; bit c; x q; g q; c = measure q;", "1"),
    always(
        "an empty list of parameters",
        "gate g() q { x q; } qubit q; bit c; g q; g() q; x q; c = measure q;",
        "1",
    ),
    always(
        "a barrier in a body",
        "gate g a, b { x a; barrier a, b; cx a, b; } qubit[2] q; bit[2] c; g q[0], q[1];"
        " c = measure q;",
        "11",
    ),
    always(
        "gates of gates",
        "gate a q { x q; } gate b q { a q; } gate c0 q { b q; a q; b q; } qubit q;"
        " bit c; c0 q; c = measure q;",
        "1",
    ),
    always(
        "a gate on a register",
        "gate g(t) a, b { rx(t) a; cx a, b; } qubit[2] a; qubit[2] b; bit[2] c;"
        " g(pi) a, b; c = measure b;",
        "11",
    ),
    always(
        "a loop in a body",
        "gate g q { for int i in [1:3] { x q; } } qubit q; bit c; g q; c = measure q;",
        "1",
    ),
    Case(
        "a standard gate of one's own without the include",
        "OPENQASM 3.0; gate h q { U(pi, 0, pi) q; } qubit q; bit c; h q; c = measure q;",
        {"1": 1.0},
    ),
)
"""Gates that the text defines."""

GATES: Final = (*LIBRARY, *PHASES, *MODIFIERS, *DEFINITIONS)
