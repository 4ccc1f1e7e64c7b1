"""What would grow without end is refused soon, wherever the growth is."""

import time

import pytest

from qcexec_engine.limits import Limits
from support.elaborated import elaborated, refused

LIMITS = Limits(memory_bytes=1 << 26, max_operations=100_000)
HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[9] q;\nbit[9] c;\n'
TAIL = "\nc = measure q;\n"


def bomb(first: str, levels: int, call: str = "{g} a; {g} a;") -> str:
    """Gates each of which calls the former twice."""
    text = f"gate g0 a {{ {first} }}\n"
    for level in range(1, levels + 1):
        text += f"gate g{level} a {{ {call.format(g=f'g{level - 1}')} }}\n"
    return text + f"g{levels} q[0];"


@pytest.mark.parametrize(
    "statements",
    [
        bomb("x a;", 60),
        bomb("x a; h a;", 60, "pow(30) @ {g} a;"),
        bomb("h a;", 40, "inv @ {g} a; {g} a;"),
        "for int i in [1:1000000000] { }",
        "for int i in [1:1000000000] { x q[0]; }",
        "for int i in [1:10**30] { x q[0]; }",
        "for int i in [1:1000000000] { if (i == -1) break; }",
        "for int i in [1:100000] { for int j in [1:100000] { } }",
        "while (true) { }",
        "int i = 1; while (i > 0) { i = 1; }",
        "c = measure q; if (c[0]) { while (true) { x q[0]; } }",
        "gate e a { } for int i in [1:10000000] { e q[0]; }",
        "gate w a, b, c, d, e, f, g { x a; h g; } pow(9**15) @ w $0, $1, $2, $3, $4, $5, $6;",
        "gate g a { for int i in [1:10**12] { } } g q[0];",
        "gate g a { for int i in [1:10**12] { x a; } } g q[0];",
        "for int i in [1:20000] { h q; }",
        "for int i in [1:5000000] { x q[0]; c[0] = measure q[0]; if (c[0]) { break; } }",
    ],
)
def test_what_would_not_end_is_too_large(statements: str) -> None:
    begun = time.monotonic()
    error = refused(HEAD + statements + TAIL, LIMITS)
    assert error.code == "circuit_too_large"
    assert "operations" in error.message
    assert time.monotonic() - begun < 20


def test_empty_gates_that_double_come_to_nothing() -> None:
    assert len(elaborated(HEAD + bomb("", 60) + TAIL, LIMITS).operations) == 9


def test_gates_that_call_gates_too_deeply_are_too_large() -> None:
    error = refused(HEAD + bomb("x a;", 200, "{g} a;") + TAIL, LIMITS)
    assert error.code == "circuit_too_large"
    assert "more than 128 deep" in error.message


def test_gates_as_deep_as_allowed_need_no_deep_stack() -> None:
    text = HEAD + "if (true) { " * 120 + "x q[0];" + "}" * 120
    text += bomb("rx(" + "(" * 120 + "1" + ")" * 120 + ") a;", 127, "{g} a;") + TAIL
    assert len(elaborated(text, LIMITS).operations) == 11


def test_blocks_of_the_run_as_deep_as_allowed_are_elaborated() -> None:
    for opening in ("if (c[0]) { ", "while (c[0]) { c[0] = measure q[0]; "):
        text = HEAD + "c[0] = measure q[0];" + opening * 120
        assert elaborated(text + "x q[0];" + "}" * 120 + TAIL, LIMITS).operations


def test_operations_are_counted_up_to_the_limit() -> None:
    text = HEAD + "h q; cx q[0:3], q[4:7];" + TAIL
    needed = 9 + 4 + 9
    assert elaborated(text, Limits(memory_bytes=1, max_operations=needed)).operations
    assert refused(text, Limits(memory_bytes=1, max_operations=needed - 1)).code == (
        "circuit_too_large"
    )


def test_a_gate_that_is_called_often_is_written_out_once() -> None:
    body = "x a; " * 900
    text = HEAD + f"gate g a {{ {body} }} for int i in [1:90] {{ g q[0]; }}" + TAIL
    assert len(elaborated(text, LIMITS).operations) == 81_009
