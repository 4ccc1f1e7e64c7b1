"""Every form of statement, and the tree that it becomes."""

from collections.abc import Callable
from typing import Any

import pytest

from qcexec_engine.language.parser import parse
from qcexec_engine.language.syntax import (
    Alias,
    Assignment,
    Barrier,
    Binary,
    BitString,
    Box,
    Call,
    Case,
    Cast,
    Concatenation,
    Declaration,
    Duration,
    Element,
    Evaluation,
    For,
    GateCall,
    GateDefinition,
    If,
    Include,
    Index,
    Jump,
    Literal,
    Measurement,
    MeasureStatement,
    Modifier,
    Name,
    Operator,
    Pragma,
    QubitDeclaration,
    Range,
    Reset,
    Set,
    Switch,
    Type,
    Unsupported,
    While,
)
from qcexec_engine.limits import Limits

Read = Callable[[str], tuple[Any, ...]]

A, B, C, J, Q, R = (Name(letter, 0) for letter in "abcjqr")
ONE, TWO, THREE = (Literal(number, 0) for number in (1, 2, 3))
BIT, INT = Type("bit", None, 0), Type("int", None, 0)


def called(name: str, *operands: Any, given: tuple[Any, ...] = (), by: Any = ()) -> GateCall:
    return GateCall(name, given, operands, by, 0)


X_ON_Q = called("x", Q)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('include "stdgates.inc";', Include("stdgates.inc", 0)),
        ("include 'qelib1.inc';", Include("qelib1.inc", 0)),
        ("qubit q;", QubitDeclaration("q", None, 0)),
        ("qubit[2] q;", QubitDeclaration("q", TWO, 0)),
        ("qubit[a] q;", QubitDeclaration("q", A, 0)),
        ("qreg q[2];", QubitDeclaration("q", TWO, 0)),
        ("creg c[2];", Declaration(Type("bit", TWO, 0), "c", None, False, 0)),
        ("creg c;", Declaration(BIT, "c", None, False, 0)),
        ("bit c;", Declaration(BIT, "c", None, False, 0)),
        (
            'bit[4] c = "01_01";',
            Declaration(Type("bit", Literal(4, 0), 0), "c", BitString("0101", 0), False, 0),
        ),
        ("bit c = measure q;", Declaration(BIT, "c", Measurement(Q, 0), False, 0)),
        ("const int n = 3;", Declaration(INT, "n", THREE, True, 0)),
        ("uint[2] n = 3;", Declaration(Type("uint", TWO, 0), "n", THREE, False, 0)),
        (
            "complex[float[2]] z;",
            Declaration(Type("complex", TWO, 0), "z", None, False, 0),
        ),
        ("stretch s;", Declaration(Type("stretch", None, 0), "s", None, False, 0)),
        (
            "duration d = 1.5 µs;",
            Declaration(Type("duration", None, 0), "d", Duration(0), False, 0),
        ),
        ("gate g q { }", GateDefinition("g", (), ("q",), (), 0)),
        ("gate g() q { x q; }", GateDefinition("g", (), ("q",), (X_ON_Q,), 0)),
        ("gate g(a, b) q, r { }", GateDefinition("g", ("a", "b"), ("q", "r"), (), 0)),
        ("x q;", X_ON_Q),
        ("x q[2];", called("x", Element("q", 2, 0))),
        ("x q[ 2 ];", called("x", Element("q", 2, 0))),
        ("x q[0x2];", called("x", Element("q", 2, 0))),
        ("x q[1234567];", called("x", Element("q", 1234567, 0))),
        ("x $3;", called("x", Name("$3", 0))),
        ("cx q, r,;", called("cx", Q, R)),
        ("x q[-1];", called("x", Index(Q, (Operator("-", ONE, 0),), 0))),
        ("x q[1][2];", called("x", Index(Element("q", 1, 0), (TWO,), 0))),
        ("x q[1:2], r;", called("x", Index(Q, (Range(ONE, None, TWO, 0),), 0), R)),
        ("x q[:];", called("x", Index(Q, (Range(None, None, None, 0),), 0))),
        ("x q[1:];", called("x", Index(Q, (Range(ONE, None, None, 0),), 0))),
        ("x q[1:3:2];", called("x", Index(Q, (Range(ONE, THREE, TWO, 0),), 0))),
        ("x q[::2];", called("x", Index(Q, (Range(None, None, TWO, 0),), 0))),
        ("x q[{1, 2}];", called("x", Index(Q, (Set((ONE, TWO), 0),), 0))),
        ("x q[1, 2:3];", called("x", Index(Q, (ONE, Range(TWO, None, THREE, 0)), 0))),
        ("g(1) q;", called("g", Q, given=(ONE,))),
        ("g() q;", called("g", Q)),
        ("g(1, a, ) q, $1;", called("g", Q, Name("$1", 0), given=(ONE, A))),
        ("g(1) $1;", called("g", Name("$1", 0), given=(ONE,))),
        ("x[10ns] q;", X_ON_Q),
        ("g(1)[2 * 10ns] q;", called("g", Q, given=(ONE,))),
        ("inv @ x q;", called("x", Q, by=(Modifier("inv", None, 0),))),
        (
            "ctrl(2) @ pow(-1) @ negctrl @ x q;",
            called(
                "x",
                Q,
                by=(
                    Modifier("ctrl", TWO, 0),
                    Modifier("pow", Operator("-", ONE, 0), 0),
                    Modifier("negctrl", None, 0),
                ),
            ),
        ),
        ("gphase(1);", called("gphase", given=(ONE,))),
        ("ctrl @ gphase(1) q;", called("gphase", Q, given=(ONE,), by=(Modifier("ctrl", None, 0),))),
        ("measure q;", MeasureStatement(Q, None, 0)),
        ("measure q -> c;", MeasureStatement(Q, C, 0)),
        ("c = measure q;", MeasureStatement(Q, C, 0)),
        (
            "c[1] = measure q[2];",
            MeasureStatement(Element("q", 2, 0), Element("c", 1, 0), 0),
        ),
        ("c ^= measure $1;", Assignment(C, "^=", Measurement(Name("$1", 0), 0), 0)),
        ("reset q;", Reset(Q, 0)),
        ("barrier;", Barrier((), 0)),
        ("barrier q, r;", Barrier((Q, R), 0)),
        ("delay[1ns];", Barrier((), 0)),
        ("delay[a] q;", Barrier((Q,), 0)),
        ("let a = q;", Alias("a", Q, 0)),
        (
            "let a = q[1:2] ++ r ++ $1;",
            Alias(
                "a",
                Concatenation((Index(Q, (Range(ONE, None, TWO, 0),), 0), R, Name("$1", 0)), 0),
                0,
            ),
        ),
        ("c[j] = 1;", Assignment(Index(C, (J,), 0), "=", ONE, 0)),
        ("if (a) x q;", If(A, (X_ON_Q,), (), 0)),
        ("if (a) { } else x q;", If(A, (), (X_ON_Q,), 0)),
        ("if (a) if (b) x q; else { }", If(A, (If(B, (X_ON_Q,), (), 0),), (), 0)),
        ("if (a) { } else if (b) x q;", If(A, (), (If(B, (X_ON_Q,), (), 0),), 0)),
        ("if (a) ;", If(A, (), (), 0)),
        ("if (a) @note\nx q;", If(A, (X_ON_Q,), (), 0)),
        ("for int i in [1:2] x q;", For(INT, "i", Range(ONE, None, TWO, 0), (X_ON_Q,), 0)),
        ("for i in {1, 2} { }", For(None, "i", Set((ONE, TWO), 0), (), 0)),
        ("for bit i in c { }", For(BIT, "i", C, (), 0)),
        ("while (a) { break; continue; }", While(A, (Jump("break", 0), Jump("continue", 0)), 0)),
        ("while (a) if (b) break;", While(A, (If(B, (Jump("break", 0),), (), 0),), 0)),
        (
            "switch (a) { case 1, 2 { x q; } default { } }",
            Switch(A, (Case((ONE, TWO), (X_ON_Q,), 0), Case((), (), 0)), 0),
        ),
        ("box { x q; }", Box((X_ON_Q,), 0)),
        ("box[1us] { x q; }", Box((X_ON_Q,), 0)),
        ("{ x q; }", Box((X_ON_Q,), 0)),
        ("end;", Jump("end", 0)),
        ("pragma noise  on ; ", Pragma("noise  on ;", 0)),
        ("#pragma braket verbatim", Pragma("braket verbatim", 0)),
        ("pragma", Pragma("", 0)),
        ("f(1);", Evaluation(Call("f", (ONE,), 0), 0)),
        ("f(1) + 2;", Evaluation(Binary("+", Call("f", (ONE,), 0), TWO, 0), 0)),
        ("a;", Evaluation(A, 0)),
        ("c[1];", Evaluation(Element("c", 1, 0), 0)),
        ("int(a);", Evaluation(Cast(INT, A, 0), 0)),
        ("-a;", Evaluation(Operator("-", A, 0), 0)),
    ],
)
def test_a_statement_becomes_its_node(read: Read, text: str, expected: Any) -> None:
    assert read(text) == (expected,)


@pytest.mark.parametrize(
    "op", ["=", "+=", "-=", "*=", "/=", "%=", "**=", "&=", "|=", "^=", "<<=", ">>="]
)
def test_every_assignment_keeps_its_operator(read: Read, op: str) -> None:
    assert read(f"a {op} b;") == (Assignment(A, op, B, 0),)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("def f(int a, readonly array[int, #dim = 1] b) -> bit { if (a) { } return 1; }", "(def)"),
        ("extern f(int[8]) -> int;", "(extern)"),
        ("array[int[8], 2] a = {{1, 2}, {3, 4}};", "array"),
        ("const array[int, 1] a = {1};", "array"),
        ("input float theta;", "input parameter"),
        ("output bit c;", "output parameter"),
        ("cal { play(drive($0), {1, 2}); }", "(cal)"),
        ("defcal rz(angle t) $0 { shift_phase(q0, -t); }", "(defcal)"),
        ('defcalgrammar "openpulse";', "(defcalgrammar)"),
        ("return measure q;", "return"),
    ],
)
def test_what_the_engine_does_not_run_is_named_and_what_follows_is_read(
    read: Read, text: str, what: str
) -> None:
    unsupported, following = read(f"{text} x q;")
    assert isinstance(unsupported, Unsupported)
    assert what in unsupported.what
    assert following == X_ON_Q


def test_annotations_comments_and_empty_statements_leave_no_node(read: Read) -> None:
    text = "@bind a, b; {\n@two.three\n/* x r; */ x q; // x r;\n;; /**/ /***/ /*/*/ x q;\n//"
    assert read(text) == (X_ON_Q, X_ON_Q)


def test_a_long_list_of_operands_is_read_without_nesting(read: Read) -> None:
    (call,) = read("x " + ", ".join(["q[1]"] * 100_000) + ";")
    assert len(call.operands) == 100_000


@pytest.mark.parametrize(
    ("text", "version"),
    [("", 3), ("OPENQASM 3;", 3), ("OPENQASM 3.0;", 3), ("OPENQASM 3.1;", 3), ("OPENQASM 2.0;", 2)],
)
def test_a_text_is_of_the_version_that_it_names(text: str, version: int, limits: Limits) -> None:
    for begin in ("", "\ufeff", "// a remark\n\n"):
        assert parse(f"{begin}{text} x q;", limits).text.version == version


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("opaque g(a, b) q, r;", GateDefinition("g", ("a", "b"), ("q", "r"), None, 0)),
        ("if (c == 1) x q;", If(Binary("==", C, ONE, 0), (X_ON_Q,), (), 0)),
        ("CX q[1], r;", called("CX", Element("q", 1, 0), R)),
        (
            "g(2^3^-a) q;",
            called(
                "g",
                Q,
                given=(Binary("**", TWO, Binary("**", THREE, Operator("-", A, 0), 0), 0),),
            ),
        ),
        (
            "g(-2^3 * 2) q;",
            called(
                "g",
                Q,
                given=(Binary("*", Operator("-", Binary("**", TWO, THREE, 0), 0), TWO, 0),),
            ),
        ),
        ("g(ln(2)) q;", called("g", Q, given=(Call("ln", (TWO,), 0),))),
        ("qreg input[2];", QubitDeclaration("input", TWO, 0)),
        ("x end;", called("x", Name("end", 0))),
        ("int q;", called("int", Q)),
    ],
)
def test_openqasm_2_has_forms_and_names_of_its_own(read: Read, text: str, expected: Any) -> None:
    assert read(f"OPENQASM 2.0; {text}") == (expected,)
