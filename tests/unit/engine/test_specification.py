"""What the specification says, held against the engine and against the oracle that judges it."""

import pytest

from qcexec_engine import Engine, EngineError, SemanticFault, SyntaxFault, UnsupportedFeature
from support.oracle import exact_distribution
from support.oracle.cases import CASES, Case
from support.oracle.verdict import LIMITS, judge_against

SHOTS = 256
HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q; qubit[2] r; bit[3] c; bit[2] d;\n'

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@every_case
def test_the_oracle_gives_what_the_specification_says(case: Case) -> None:
    assert exact_distribution(case.text) == pytest.approx(case.expected, abs=1e-9)


@every_case
def test_every_method_gives_what_the_specification_says(case: Case) -> None:
    judge_against(case.expected, case.text, shots=SHOTS)


@pytest.mark.parametrize(
    ("body", "error", "column"),
    [
        pytest.param("x q[3];", SemanticFault, 3, id="an index beyond the end"),
        pytest.param("x q[-4];", SemanticFault, 3, id="a negative index beyond the start"),
        pytest.param("x q[1:3];", SemanticFault, 5, id="a range beyond the end"),
        pytest.param("x q[{0, 3}];", SemanticFault, 5, id="a set with an index beyond the end"),
        pytest.param("c[3] = measure q[0];", SemanticFault, 1, id="a bit beyond the end"),
        pytest.param("if (c[3]) x q;", SemanticFault, 5, id="a bit of a condition beyond the end"),
        pytest.param("cx q, r;", SemanticFault, None, id="registers of different sizes"),
        pytest.param("c = measure r;", SemanticFault, None, id="a register into a longer one"),
        pytest.param("c = measure q[0];", SemanticFault, None, id="a qubit into a register"),
        pytest.param("c[0] = measure q;", SemanticFault, None, id="a register into a bit"),
        pytest.param("cx q[0], q[0];", SemanticFault, None, id="the same qubit twice"),
        pytest.param("cx q, q[0];", SemanticFault, None, id="the same qubit twice by broadcast"),
        pytest.param("cx q[0];", SemanticFault, None, id="too few qubits"),
        pytest.param("x q[0], q[1];", SemanticFault, None, id="too many qubits"),
        pytest.param("rx q[0];", SemanticFault, None, id="too few angles"),
        pytest.param("rx(1, 2) q[0];", SemanticFault, None, id="too many angles"),
        pytest.param("foo q[0];", SemanticFault, 1, id="a gate that nobody defined"),
        pytest.param("x p;", SemanticFault, 3, id="a qubit that nobody declared"),
        pytest.param("rx(t) q[0];", SemanticFault, 4, id="a name that nobody declared"),
        pytest.param("qubit[2] q;", SemanticFault, None, id="a name declared twice"),
        pytest.param("qubit pi;", SemanticFault, None, id="a name of the language's own"),
        pytest.param("rx(1/0) q[0];", SemanticFault, None, id="a division by zero"),
        pytest.param("rx(1%0) q[0];", SemanticFault, None, id="a remainder by zero"),
        pytest.param("break;", SyntaxFault, None, id="break without a loop"),
        pytest.param("continue;", SyntaxFault, None, id="continue without a loop"),
        pytest.param("for int i in [0:0:3] x q;", SemanticFault, None, id="a range of step 0"),
        pytest.param("const int n = 2; n = 3;", SemanticFault, None, id="a constant set again"),
        pytest.param("gate g a { x b; }", SemanticFault, None, id="a gate sees no other qubits"),
        pytest.param(
            "int n = 2; gate g a { rx(n) a; }", SemanticFault, None, id="a gate sees no variables"
        ),
        pytest.param("gate g a { x a[0]; }", EngineError, None, id="an index in a gate"),
        pytest.param("gate g a { g a; }", SemanticFault, None, id="a gate that calls itself"),
        pytest.param("gate g a { measure a; }", EngineError, None, id="a measurement in a gate"),
        pytest.param("gate g a, a { x a; }", SemanticFault, None, id="a gate's qubits alike"),
        pytest.param("ctrl(0) @ x q[0];", SemanticFault, None, id="no controls"),
        pytest.param("ctrl @ x q[0];", SemanticFault, None, id="a control without a qubit"),
        pytest.param("ctrl @ x q[0], q[0];", SemanticFault, None, id="a control on its target"),
        pytest.param(
            "switch (1) { case 1 { } case 1 { } }", SemanticFault, None, id="a case twice"
        ),
        pytest.param("if (true) { qubit p; }", SemanticFault, None, id="a qubit in a block"),
        pytest.param("if (true) { int n = 1; } n = 2;", SemanticFault, None, id="a block is left"),
        pytest.param("let a = q ++ q[0:1];", SemanticFault, None, id="a register joins itself"),
        pytest.param('bit[3] b = "01";', SemanticFault, None, id="too few digits for a register"),
        pytest.param("x q[0]", SyntaxFault, None, id="no semicolon"),
        pytest.param("def f(int a) -> int { return a; }", UnsupportedFeature, 1, id="a subroutine"),
        pytest.param("input float t;", UnsupportedFeature, 1, id="an input"),
        pytest.param("extern f(int) -> int;", UnsupportedFeature, 1, id="extern"),
        pytest.param("array[int, 3] a;", UnsupportedFeature, 1, id="an array"),
    ],
)
def test_what_the_specification_forbids_is_refused_with_its_place(
    body: str, error: type[EngineError], column: int | None
) -> None:
    text = f"{HEAD}{body}\nc[0] = measure q[0];"
    with pytest.raises(error) as caught:
        Engine(LIMITS).run(text, 16, seed=1)
    assert caught.value.code != "internal_error"
    assert caught.value.line in ((4,) if error is not SyntaxFault else (4, 5))
    if column is not None:
        assert caught.value.column == column


@pytest.mark.parametrize("gate", ["x", "h", "cx", "u3", "CX", "p"])
def test_standard_gates_are_unknown_without_their_include(gate: str) -> None:
    with pytest.raises(SemanticFault, match=r"line 1, column 28: .*stdgates\.inc"):
        Engine(LIMITS).run(f"OPENQASM 3.0; qubit[2] q;  {gate} q[0]; measure q;", 16, seed=1)
