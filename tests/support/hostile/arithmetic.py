"""Constant expressions that overflow, divide by nothing, or take all memory."""

from support.hostile.case import ANGLE, COMPLETED, REFUSED, SEMANTIC, Hostile, body, made

WRONG = ANGLE | REFUSED

ARITHMETIC = (
    body("a tower of powers", "rx(9**9**9**9) q[0];", WRONG),
    body("a tower of powers in a declaration", "const int a = 9**9**9**9;", WRONG),
    body("a power that takes a gigabyte", "rx(2**8000000000) q[0];", WRONG),
    body("a shift that takes a terabyte", "rx(1 << (1 << 40)) q[0];", WRONG | COMPLETED),
    body("a shift by a negative number", "rx(1 << -1) q[0];", WRONG),
    made(
        "a product of a thousand factors",
        lambda: "rx(9999999999" + "*9999999999" * 900 + ") q[0];",
        WRONG | COMPLETED,
    ),
    body("an integer divided by zero", "rx(1/0) q[0];", SEMANTIC | ANGLE),
    body("a remainder by zero", "rx(1 % 0) q[0];", SEMANTIC | ANGLE),
    body("a float divided by zero", "rx(1.0/0.0) q[0];", SEMANTIC | ANGLE),
    body("zero to a negative power", "rx(0 ** -1) q[0];", WRONG),
    body("a number beyond all floats", "rx(1e999) q[0];", WRONG),
    body("a number of three hundred digits", f"rx({'9' * 310}) q[0];", WRONG),
    body("infinity, by a product", "rx(1e308 * 10) q[0];", WRONG),
    body("not a number, by a difference", "rx(1e308*10 - 1e308*10) q[0];", WRONG),
    body("the logarithm of zero", "rx(log(0)) q[0];", WRONG),
    body("the root of minus one", "rx(sqrt(-1)) q[0];", WRONG),
    body("the arc sine of two", "rx(arcsin(2)) q[0];", WRONG),
    body("an exponential beyond all floats", "rx(exp(1000)) q[0];", WRONG),
    body("a rotation of bits by 2^63", f"rx(rotl(1, {2**63})) q[0];", WRONG | COMPLETED),
    body("the bits of a large number", f"rx(popcount({2**200})) q[0];", WRONG | COMPLETED),
    body("a tiny angle", "rx(5e-324) q[0];", COMPLETED, "00"),
    body("negative zero", "rx(-0.0) q[0];", COMPLETED, "00"),
    body("an angle of many turns", "rx(1e300) q[0];", COMPLETED),
    body("an integer of no bits", "int[0] a = 1;", REFUSED),
    body("an integer of a billion bits", "int[1000000000] a = 1;", REFUSED | COMPLETED),
    body("an integer of fewer than no bits", "int[-5] a = 1;", REFUSED),
    body("a register of an expression", "qubit[2*3] r; x q[0];", COMPLETED, "01"),
    body("a register of a fraction", "qubit[2.5] r;", SEMANTIC),
    body("a register of truth", "qubit[true] r;", SEMANTIC | COMPLETED),
    body("a register of itself", "qubit[r] r;", SEMANTIC),
    body("a register of a measured value", "c = measure q; qubit[c] r;", REFUSED),
    body("a register of nothing", "qubit[0] r;", SEMANTIC),
    body("a register of less than nothing", "bit[-1] r;", SEMANTIC),
    body("a constant of itself", "const int a = a + 1;", SEMANTIC),
    body(
        "a counter that never gets there",
        "int i = 0; while (i < 1000000000) { i += 1; }",
        REFUSED | COMPLETED,
    ),
    body(
        "a value that doubles",
        "int i = 1; for int j in [0:100000] { i = i * i; }",
        REFUSED | COMPLETED,
    ),
    body(
        "a float that explodes",
        "float f = 2; for int j in [0:100] { f = f * f; } rx(f) q[0];",
        WRONG,
    ),
    body("a bit string that is too long", 'c = "0101";', SEMANTIC),
    body(
        "a gate parameter that overflows inside",
        "gate g(a) b { rx(a ** a ** a) b; } g(99999) q[0];",
        WRONG,
    ),
    body(
        "a gate parameter that divides by zero inside",
        "gate g(a) b { rx(1 / (a - a)) b; } g(2) q[0];",
        WRONG,
    ),
    Hostile(
        "OpenQASM 2 with a tower of powers",
        lambda: (
            'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; creg c[1];'
            " rx(9^9^9^9) q[0]; measure q -> c;"
        ),
        WRONG,
    ),
)
