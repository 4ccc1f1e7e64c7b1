"""The quick way of reading a text takes nothing otherwise than the careful way takes it."""

from __future__ import annotations

from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcexec_engine.elaboration import elaborate, read
from qcexec_engine.errors import EngineError, SemanticFault, SyntaxFault
from qcexec_engine.language.parser import parse
from qcexec_engine.limits import Limits
from qcexec_engine.program import Program

_LIMITS = Limits(memory_bytes=1 << 20, max_bits=100, max_operations=5000)
_HEADS = (
    'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[4] q;\nbit[4] c;\n',
    'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[4];\ncreg c[4];\n',
    "qubit[2] q; bit c;",
)
# What plain calls and statements are made of, beside what looks like them.
_STATEMENTS = (
    "h q[0];", "cx q[0], q[1];", "cx q[0],q[1];", "cx q[1], q[1];", "x q;", "cx q, q[2];",
    "rz(0.25) q[2];", "rz(-pi/2) q[2];", "rx(e) q[0];", "u3(0.1,-2,3*pi/4) q[3];", "rz() q[1];",
    "rz(1e999) q[0];", "rz(1/0) q[0];", "rz(--1) q[0];", "rz(1 2) q[0];", "rz(1) q[0], q[1];",
    "h q[9];", "h r;", "nothing q[0];", "id q[0];", "ccx q[0], q[1], q[2];", "swap q[0], q[3];",
    "U(0.1, 0.2, 0.3) q[0];", "u2(0.1, 0.2) q[1];", "cu(1, 2, 3, 4) q[0], q[1];", "h $0;",
    "gate own(p, e) a, b { rx(p) a; rz(e/2) b; cx a, b; } own(0.5, 1) q[0], q[1];",
    "gate own a { h a; } own q[2];", "own q[3];", "own(0.5, 1) q[2], q[1];", "own(1,2) q, q[1];",
    "ctrl @ x q[0], q[1];", "inv @ s q[0];", "pow(2) @ t q[1];", "ctrl @ own q[0], q[1];",
    "c = measure q;", "c[0] = measure q[0];", "measure q[0] -> c[0];", "measure q -> c;",
    "measure q[0];", "c = measure q[0];", "bit d = measure q[1];", "bit[4] d = measure q;",
    "bit[2] r; r[0] = measure q[3];", "reset q[0];", "barrier q[0], q[1];", "barrier q;",
    "if (c == 1) x q[0];", "if (c == 1) { x q[0]; z q[1]; } else h q[1];", "if (true) y q[3];",
    "for int i in [0:2] h q[i];", "for int e in [0:2] { rz(e) q[1]; x q[2]; }",
    "for float e in {0.5, 1.5} rz(e) q[1];", "while (false) x q[0];",
    "{ x q[0]; qubit z; }", "{ int q = 3; x q[0]; }", "{ let r = q[1:2]; h r[0]; } h q[0];",
    "let r = q[0:1];", "h r[1];", "x r;", "qubit r;", "qubit[2] extra;", "bit b;", "int n = 3;",
    "c = 3;", "n += 1;", "qreg r[2];", "creg d[2];", "pragma x q[0];", "#pragma some thing;",
    "@note x q[0];", "opaque far a, b;", "far q[0], q[1];", "input x q[0];", "output y q[1];",
    "return x q;", "else x q[1];", "in x q[0];", "def f(qubit a) { x a; }", "extern f(int) -> int;",
    "if (false) { input some x; y q[0]; }", "include \"stdgates.inc\";", "include \"other.inc\";",
    "// x q[0];", "/* x q[0]; */", "x q[0]; // y q[1];", "gphase(0.5);", "end;", "x", "q[0];", ";",
    "cx q[0],\nq[1];", "h\nq[0];", "rz(0.5)\nq[0];", "a x q[0];", "OPENQASM x;", "delay[1ns] q[0];",
    "const float e = 0.5;", "const float p = 2; rx(p) q[1];", "switch (c) { case 1 { x q[0]; } }",
)  # fmt: skip
_TEXTS = st.tuples(st.sampled_from(_HEADS), st.lists(st.sampled_from(_STATEMENTS), max_size=8)).map(
    lambda parts: f"{parts[0]}{' '.join(parts[1])}\nc = measure q;\n"
)


@given(_TEXTS)
def test_what_the_quick_way_takes_is_what_the_text_says(text: str) -> None:
    try:
        quick = elaborate(parse(text, _LIMITS, plainly=True), _LIMITS)
    except EngineError:
        return
    assert _is_same(quick, elaborate(parse(text, _LIMITS), _LIMITS))


@given(_TEXTS, st.integers(min_value=0), st.integers(min_value=0))
def test_a_text_with_a_piece_cut_out_is_not_taken_for_another(
    text: str, start: int, length: int
) -> None:
    start %= len(text)
    text = text[:start] + text[start + length % 9 :]
    try:
        quick = elaborate(parse(text, _LIMITS, plainly=True), _LIMITS)
    except EngineError:
        return
    assert _is_same(quick, elaborate(parse(text, _LIMITS), _LIMITS))


@pytest.mark.parametrize("statement", [
    "h q[0];", "rz(0.25) q[2];", "rz(-pi/2) q[2];", "u2(0.1,0.2) q[0];", "cx q, q[3];", "x q;",
    "ctrl @ x q[0], q[1];", "if (c == 1) x q[0]; else y q[1];", "barrier q; reset q[0];",
    "gate own(p) a { rx(p) a; x a; } own(0.5) q[1];", "for int i in [0:2] { h q[i]; x q[3]; }",
    "bit d = measure q[1];", "c[2] = measure q[1];", "measure q[1] -> c[1];", "h $2;",
])  # fmt: skip
def test_valid_statements_take_the_quick_way(statement: str) -> None:
    text = f"{_HEADS[0]}{statement.replace('cx q, q[3]', 'qubit r; cx q, r')}\nc = measure q;"
    quick = elaborate(parse(text, _LIMITS, plainly=True), _LIMITS)
    assert _is_same(quick, elaborate(parse(text, _LIMITS), _LIMITS))


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("qubit[2] q;\nU(0, 0, 0) q[0];\nnothing q[0], q[1];\n", 3, 1),
        ('include "stdgates.inc";\nqubit[2] q;\ncx q[0], q[0];\n', 3, 10),
        ('include "stdgates.inc";\nqubit[2] q;\nh q[0];  h q[5];\n', 3, 12),
    ],
)
def test_errors_in_plain_calls_know_their_place(text: str, line: int, column: int) -> None:
    with pytest.raises(SemanticFault) as raised:
        read(f"{text}measure q;", _LIMITS)
    assert (raised.value.line, raised.value.column) == (line, column)


def test_a_syntax_error_is_told_by_the_careful_way() -> None:
    with pytest.raises(SyntaxFault, match="a ';' is missing after 'h q\\[0\\]'") as raised:
        read('include "stdgates.inc";\nqubit[2] q;\nh q[0]\ncx q[0], q[1];\n', _LIMITS)
    assert (raised.value.line, raised.value.column) == (3, 7)


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, Program):
        return all(_is_same(getattr(one, name), getattr(other, name)) for name in Program._fields)
    if isinstance(one, numpy.ndarray):
        return bool(numpy.array_equal(one, other))
    if isinstance(one, tuple):
        return (
            type(one) is type(other) and len(one) == len(other) and all(map(_is_same, one, other))
        )
    return bool(one == other)
