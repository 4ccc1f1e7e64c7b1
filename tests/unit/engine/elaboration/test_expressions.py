"""The typing and arithmetic of expressions, seen by the angles they give."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcexec_engine.program import Gate
from support.elaborated import distribution, elaborated, gates, refused

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nbit[2] c;\n'
TAIL = "\nc = measure q;\n"


def angle(expression: str, before: str = "") -> float:
    """The angle that an expression gives, after statements."""
    gate = gates(f"qubit q;\n{before}\nrx({expression}) q;")[-1]
    assert isinstance(gate, Gate)
    return gate.angles[0]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1/2*pi", 0.0),
        ("pi/2", math.pi / 2),
        ("-pi/2", -math.pi / 2),
        ("3*pi/4", 3 * math.pi / 4),
        ("7/2", 3.0),
        ("-7/2", -3.0),
        ("7/-2", -3.0),
        ("-7%3", -1.0),
        ("7%-3", 1.0),
        ("7.5%2", 1.5),
        ("7.0/2", 3.5),
        ("2**3**2", 512.0),
        ("-2**2", -4.0),
        ("2**-1", 0.5),
        ("2.0**0.5", math.sqrt(2)),
        ("1 << 3 | 1", 9.0),
        ("6 & 3 ^ 1", 3.0),
        ("~5", -6.0),
        ("5 >> 1", 2.0),
        ("true", 1.0),
        ("!true", 0.0),
        ("(3 > 2) + (2 >= 2) + (1 != 1)", 2.0),
        ("τ/4 + π - tau/4 - pi + ℇ - euler", 0.0),
        ("cos(0) + sin(0) + tan(0)", 1.0),
        ("arccos(1) + arcsin(0) + arctan(0)", 0.0),
        ("exp(1)", math.e),
        ("log(euler)", 1.0),
        ("sqrt(2)", math.sqrt(2)),
        ("floor(2.7) + ceiling(2.2)", 5.0),
        ("mod(7, 4)", 3.0),
        ("pow(2, 5)", 32.0),
        ("popcount(13)", 3.0),
        ('rotl("0011", 1)', 6.0),
        ('rotr("0011", 1)', 9.0),
        ("int(2.9)", 2.0),
        ("int(-2.9)", -2.0),
        ("int[4](9)", -7.0),
        ("uint[4](17)", 1.0),
        ("float(7)/2", 3.5),
        ("bool(3)", 1.0),
        ('int[4]("1001")', -7.0),
        ('uint[4]("1001")', 9.0),
        ('"101" == 5', 1.0),
        ('"0110"[1]', None),
        ("0x1F", 31.0),
        ("0b101", 5.0),
        ("1_000", 1000.0),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1" + "+1" * 250, 251.0),
    ],
)
def test_an_expression_has_the_value_of_the_specification(
    expression: str, expected: float | None
) -> None:
    if expected is None:
        with pytest.raises(Exception, match="no bit or register"):
            angle(expression)
    else:
        assert angle(expression) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("before", "expression", "expected"),
    [
        ("uint[8] n = 255; n += 1;", "n", 0.0),
        ("uint[8] n = 255;", "n + 1", 256.0),
        ("uint[8] n = 0;", "-n - uint[8](1)", 255.0),
        ("int[8] n = 127; n += 1;", "n", -128.0),
        ("uint[8] n = 5; int[8] m = -1;", "n + m", 4.0),
        ("uint[8] n = 129;", "n << 1", 2.0),
        ("uint[8] n = 5;", "~n", 250.0),
        ("const int n = 7;", "n / 2", 3.0),
        ("int n = 7; n /= 2;", "n", 3.0),
        ("float n = 7; n /= 2;", "n", 3.5),
        ("int n = 2; n **= 3;", "n", 8.0),
        ("int n = 6; n -= 2; n *= 3; n %= 5; n <<= 2; n >>= 1; n |= 1; n &= 5; n ^= 4;", "n", 1.0),
        ("int n = 2.9;", "n", 2.0),
        ("angle a = -pi/2;", "a", 1.5 * math.pi),
        ("angle a = 3 * pi;", "a", math.pi),
        ("angle[4] a = 0.4;", "a", math.pi / 8),
        ("angle a = pi;", "a / 2", math.pi / 2),
        ("angle[4] a = pi; bit[4] b = a;", "b", 8.0),
        ('bit[4] b = "0100"; angle[4] a = angle[4](b);', "a", math.pi / 2),
        ("angle[4] a = pi;", "a >> 1", math.pi / 2),
        ("angle[4] a = 7 * pi / 8;", "a / 2", 3 * math.pi / 8),
        ("angle[4] a = 1.5 * pi;", "a << 1", math.pi),
        ("angle a = 1.5 * pi;", "a + a", math.pi),
        ("angle a = 1.5 * pi;", "-a", math.pi / 2),
        ("bool b = 2;", "b", 1.0),
        ("bit b = true;", "b", 1.0),
        ('bit[4] b = "0110";', "b[1] + b[3]", 1.0),
        ('bit[4] b = "0110";', "b[1:2]", 3.0),
        ('bit[4] b = "0111";', "b[-2:-1]", 1.0),
        ('bit[4] b = "0110"; b[0] = 1;', "b", 7.0),
        ('bit[4] b = "0110"; b[2:3] = "10";', "b", 10.0),
        ('bit[4] b = "0110"; b <<= 1;', "b", 12.0),
        ('bit[4] b = "0110";', "~b", 9.0),
        ("int[8] n = 5;", "n[0] + n[1] + n[2]", 2.0),
        ("int[8] n = 5; n[7] = 1;", "n", -123.0),
        ("float f = 1; { float f = 2; }", "f", 1.0),
    ],
)
def test_variables_keep_the_type_that_they_are_declared_with(
    before: str, expression: str, expected: float
) -> None:
    assert angle(expression, before) == pytest.approx(expected, abs=1e-12)


@given(
    left=st.integers(-1000, 1000),
    right=st.integers(-1000, 1000).filter(bool),
    divisor=st.integers(-1000, 1000).filter(bool),
)
def test_quotient_and_remainder_belong_together(left: int, right: int, divisor: int) -> None:
    total = left * right
    back = angle(f"({total}) / ({divisor}) * ({divisor}) + ({total}) % ({divisor})")
    assert back == total
    assert angle(f"({total}) / ({divisor})") == math.trunc(total / divisor)


@given(st.data())
def test_values_that_the_run_computes_equal_those_computed_beforehand(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["int[5]", "uint[5]", "uint[3]", "int[7]"]))
    op = data.draw(st.sampled_from(["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>", "**"]))
    compare = data.draw(st.sampled_from(["==", "!=", "<", "<=", ">", ">="]))
    value, other = data.draw(st.integers(0, 3)), data.draw(st.integers(1, 3))
    against = data.draw(st.integers(-5, 30))
    second = data.draw(st.sampled_from([f"{other}", f"uint[4]({other})", f"int[4]({other})"]))
    known = f"{kind} n = {value}; n = n {op} {second}; if (n {compare} {against}) x q[2];"
    flips = " ".join(f"x q[{bit}];" for bit in (0, 1) if value >> bit & 1)
    measured = (
        f"{flips} bit[2] m; m = measure q[0:1]; {kind} n = {kind}(uint[2](m));"
        f" n = n {op} {second}; if (n {compare} {against}) x q[2];"
    )
    text = 'OPENQASM 3.0; include "stdgates.inc"; qubit[3] q; %s bit r; r = measure q[2];'
    (beforehand,) = distribution(text % known)
    (by_run,) = distribution(text % measured)
    assert by_run[0] == beforehand


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("u1(1/2) q[0];", 0.5),
        ("u1(3*pi/2) q[0];", 1.5 * math.pi),
        ("u1(2^3) q[0];", 8.0),
        ("u1(-2^2) q[0];", -4.0),
        ("u1(sin(pi/2)) q[0];", 1.0),
        ("u1(ln(exp(2))) q[0];", 2.0),
        ("gate g(a) b { u1(a/4*3/2) b; } g(1) q[0];", 0.375),
        ("gate g b { u1(1+1/4+1/4+1/4) b; } g q[0];", 1.75),
    ],
)
def test_openqasm_2_divides_numbers_exactly(text: str, expected: float) -> None:
    program = elaborated(
        f'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; creg c[1]; {text} measure q -> c;'
    )
    gate = program.operations[0]
    assert isinstance(gate, Gate)
    assert list(gate.angles) == [pytest.approx(expected)]


@pytest.mark.parametrize(
    ("line", "code", "column", "message"),
    [
        ("rx(1 / 0) q[0];", "semantic_error", 6, "division by zero"),
        ("rx(1 % 0) q[0];", "semantic_error", 6, "division by zero"),
        ("rx(1.0 / 0) q[0];", "semantic_error", 8, "division by zero"),
        ("rx(1 + 2 / (1 - 1)) q[0];", "semantic_error", 10, "division by zero"),
        ("rx(9**9**9**9) q[0];", "semantic_error", 8, "more than 65536 bits"),
        ("rx(1 << 100000) q[0];", "semantic_error", 6, "more than 65536 bits"),
        ("rx(1 << -1) q[0];", "semantic_error", 6, "distance is negative"),
        ("rx(10**400) q[0];", "invalid_angle", 4, "too large"),
        ("rx(1e308 * 10) q[0];", "invalid_angle", 4, "infinite"),
        ("rx(1e308*10 - 1e308*10) q[0];", "invalid_angle", 4, "not a number"),
        ("rx(exp(1000)) q[0];", "invalid_angle", 4, "infinite"),
        ("rx(10.0**400) q[0];", "invalid_angle", 4, "infinite"),
        ("rx(log(0)) q[0];", "semantic_error", 4, "log(0.0) is not a real number"),
        ("rx(sqrt(-1)) q[0];", "semantic_error", 4, "not a real number"),
        ("rx((-1.0)**0.5) q[0];", "semantic_error", 10, "not a real number"),
        ("rx(sin(1, 2)) q[0];", "semantic_error", 4, "'sin' takes 1 argument, not 2"),
        ("rx(foo(1)) q[0];", "semantic_error", 4, "the function 'foo' is not defined"),
        ("rx(x) q[0];", "semantic_error", 4, "'x' is not defined"),
        ("rx(q) q[0];", "semantic_error", 4, "'q' is a qubit"),
        ("rx(1.5 & 1) q[0];", "semantic_error", 8, "works on bits and whole numbers"),
        ("rx(~1.5) q[0];", "semantic_error", 4, "works on bits and whole numbers"),
        ('rx("01" & "011") q[0];', "semantic_error", 9, "as many bits on both sides"),
        ('bit[2] d = "011";', "semantic_error", 1, "a value of 3 bits is assigned to 2 bits"),
        ("bit d = 1.5;", "semantic_error", 1, "cannot become"),
        ("int[0] n;", "semantic_error", 1, "out of range"),
        ("bool[2] n;", "semantic_error", 1, "a bool has no width"),
        ("int[20000] n;", "circuit_too_large", 1, "at most 10000 bits"),
        ("complex z;", "unsupported_feature", 1, "complex"),
        ("const int n = 3; n = 4;", "semantic_error", 18, "'n' is a constant"),
        ("int pi = 3;", None, 1, "already defined"),
        ("int n = 1; int n = 2;", "semantic_error", 12, "'n' is already defined"),
        ("int n = n;", "semantic_error", 9, "'n' is not defined"),
        ("c = measure q; rx(c) q[0];", "unsupported_feature", 19, "measurement"),
        ("c = measure q; float f = c[0];", "unsupported_feature", 16, "measurement"),
        ("c = measure q; h q[int(c)];", "unsupported_feature", 20, "known before the run"),
        ("c = measure q; const int n = c[0];", "unsupported_feature", 30, "depends on a measur"),
        (
            "float f = 1; c = measure q; if (c[0]) { f = 2; }",
            "unsupported_feature",
            41,
            "'f' would",
        ),
        ("c = measure q; int n = 1; n = n + 0.5 * c[0];", "unsupported_feature", 39, "measurement"),
        ("if (q) { }", "semantic_error", 5, "'q' is a qubit"),
        ("c = measure q; for int i in [0:c[0]] { }", "unsupported_feature", 32, "known before"),
        ("int n = measure q;", "unsupported_feature", 1, "a measurement gives bits"),
        ("int n; n = measure q;", "unsupported_feature", 8, "a measurement gives bits"),
    ],
)
def test_a_fault_in_an_expression_is_told_with_its_place(
    line: str, code: str | None, column: int, message: str
) -> None:
    error = refused(HEAD + line + TAIL)
    assert message in error.message, error.message
    assert (error.line, error.column) == (5, column)
    if code is not None:
        assert error.code == code
