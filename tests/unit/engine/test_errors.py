"""What a user is told about a circuit that cannot run: code, line, column, sentence."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from qcexec_engine import Completed, DoesNotFit, EngineError, Limits, run

LIMITS = Limits(memory_bytes=1 << 26, max_qubits=20, max_operations=20_000)
HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nbit[2] c;\n'
TAIL = "\nc = measure q;\n"


def refusal(text: str, limits: Limits = LIMITS) -> EngineError:
    with pytest.raises(EngineError) as caught:
        run(text, 10, 1, limits)
    return caught.value


@pytest.mark.parametrize(
    ("line", "code", "column", "message"),
    [
        ("h q[0]", "syntax_error", 7, "a ';' is missing after 'h q[0]'"),
        ("h q[0;", "syntax_error", 6, "';' does not fit here"),
        ("cx q[0] q[1];", "syntax_error", 9, "';' is needed before 'q'"),
        ("if (c == 1 { h q[0]; }", "syntax_error", 12, "')' is needed before '{'"),
        ("h q[0]; §", "syntax_error", 9, "cannot read '§'"),
        ("\x01", "syntax_error", 1, "cannot read '\\x01'"),
        ("inv @x q[0];", "syntax_error", 5, "write a space after the '@' of '@x'"),
        ("/* a remark", "syntax_error", 1, "this comment is not closed"),
        ("break;", "syntax_error", 1, "'break' statement outside loop"),
        ("hh q[0];", "semantic_error", 1, "gate 'hh' is not defined"),
        ("h r;", "semantic_error", 3, "'r' is not defined"),
        ("h q[5];", "semantic_error", 3, "the index is out of range"),
        ("cx q[0];", "semantic_error", 1, "the gate acts on 2 qubits, not on 1"),
        ("h q[0], q[1];", "semantic_error", 1, "the gate acts on 1 qubit, not on 2"),
        ("cx q[0], q[0];", "semantic_error", 1, "the same qubit is given twice"),
        ("rx q[0];", "semantic_error", 1, "wrong number of parameters for 'rx'"),
        ("rx(pi, 2) q[0];", "semantic_error", 1, "wrong number of parameters for 'rx'"),
        ("rx(1 / 0) q[0];", "semantic_error", 4, "division by zero"),
        ("qubit q;", "semantic_error", 1, "'q' is already defined"),
        ("qubit[-1] r;", "unsupported_feature", 1, "has to be written as one number"),
        ("qubit[9999 * 9999999] r;", "unsupported_feature", 1, "has to be written as one number"),
        ("creg r[0xFFFFFFFF];", "circuit_too_large", 1, "at most 10000 qubits"),
        ("ctrl(-1) @ x q[0];", "semantic_error", 1, "a value is out of range"),
        ("measure q;", "semantic_error", 1, "a measurement needs a bit for its result"),
        ("int x = 3;", "unsupported_feature", 1, "declarations of type 'int' are not supported"),
        ("switch (c) { case 1 { } }", "unsupported_feature", 1, "a switch statement is not"),
        ("rx(sin(1)) q[0];", "unsupported_feature", 4, "a function call is not supported here"),
        ("if (c[0] == 1) x q[0];", "unsupported_feature", 5, "write `c[0]` or `c[0] == true`"),
        ("for int i in [0:1] { h q[i]; }", "unsupported_feature", 24, "a loop's variable cannot"),
        ("OPENQASM 2.0;", "unsupported_feature", 1, "this is OpenQASM 2"),
        ("OPENQASM 4;", "unsupported_feature", 1, "OpenQASM 4 is not known"),
        ('include "/etc/passwd";', "include_refused", 1, 'only "stdgates.inc" can be included'),
        ("input float angle;", "unbound_parameter", 1, "write the number in the circuit instead"),
        ("rx(1e999) q[0];", "non_finite_parameter", 4, "the number 1e999 is too large"),
        (f"rx({'9' * 400}) q[0];", "non_finite_parameter", 4, "a number of 400 digits"),
        ("h q[0]; // \ud800", "invalid_text", 12, "the character '\\ud800' is not allowed"),
        ("h q[0]; // \0", "invalid_text", 12, "the character '\\x00' is not allowed"),
        ("qubit[1000000000] r;", "circuit_too_large", 1, "at most 10000 qubits"),
        ("qubit[20_000] r;", "circuit_too_large", 1, "at most 10000 qubits"),
        (f"bit[{'1' * 200}] r;", "circuit_too_large", 1, "at most 10000 qubits"),
        ("x $1000000000;", "circuit_too_large", 3, "at most 10000 qubits"),
        ("rx(" + "(" * 70 + "1", "circuit_too_large", 67, "more than 64 brackets are nested"),
    ],
)
def test_a_fault_on_one_line_is_told_with_its_place(
    line: str, code: str, column: int, message: str
) -> None:
    error = refusal(HEAD + line + TAIL)
    assert (error.code, error.line, error.column) == (code, 5, column)
    assert message in error.message
    assert str(error) == f"line 5, column {column}: {error.message}"


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ("rx(1e308 * 10) q[0];", "non_finite_parameter", "a parameter of the gate 'rx'"),
        ("rx(1e308*10 - 1e308*10) q[0];", "non_finite_parameter", "a parameter of the gate 'rx'"),
        (
            f"rx({'9' * 290} * {'9' * 290}) q[0];",
            "non_finite_parameter",
            "a parameter of the gate 'rx'",
        ),
        ("pow(0.5) @ rx(1e308 * 10) q[0];", "non_finite_parameter", "is not finite"),
        ("rx(1" + "+1" * 3000 + ") q[0];", "circuit_too_large", "nested too deeply"),
        ("if (c[0]) " * 900 + "x q[0];", "circuit_too_large", "nested too deeply"),
        ("for int i in [1:5000000] { x q[0]; }", "circuit_too_large", "more than 20000"),
        (
            "for int i in [1:5000000] { x q[0]; if (c[0]) { break; } }",
            "circuit_too_large",
            "more than 20000",
        ),
        ("for int i in [1:1000000000] { }", "circuit_too_large", "more than 20000"),
    ],
)
def test_a_fault_of_no_certain_place_is_typed_all_the_same(
    body: str, code: str, message: str
) -> None:
    error = refusal(HEAD + body + TAIL)
    assert error.code == code
    assert message in str(error)


def test_gates_that_double_at_each_definition_are_refused_before_the_parser_sees_them() -> None:
    doubling = "".join(f"gate g{i + 1} a {{ g{i} a; g{i} a; }}\n" for i in range(40))
    error = refusal(HEAD + "gate g0 a { x a; }\n" + doubling + "g40 q[0];" + TAIL)
    assert error.code == "circuit_too_large"
    assert "the circuit's own gates come to more than 50000 operations" in str(error)


def test_thousands_of_declarations_are_refused_before_the_parser_sees_them() -> None:
    error = refusal(HEAD + "".join(f"qubit r{i};\n" for i in range(20_000)) + TAIL)
    assert (error.code, error.line) == ("circuit_too_large", 5 + 2000 - 2)


@pytest.mark.parametrize(
    ("declarations", "advice"),
    [
        ("qubit[2] q; bit[2] c;", "add `c = measure q;`"),
        ("qubit[2] q;", "add `bit[2] q_bits = measure q;`"),
        ("qubit[2] q; qubit[3] r; bit[3] d;", "`bit[2] q_bits = measure q; d = measure r;`"),
        ("qubit q;", "add `bit b = measure q;`"),
    ],
)
def test_a_circuit_that_measures_nothing_is_told_what_to_add(
    declarations: str, advice: str
) -> None:
    error = refusal(f'OPENQASM 3.0; include "stdgates.inc"; {declarations} h q;')
    assert error.code == "no_measurement"
    assert advice in str(error)


def test_a_gate_that_control_would_take_for_another_is_refused() -> None:
    text = """OPENQASM 3.0;
gate h a { U(pi, 0, pi) a; }
qubit[2] q; bit[2] c; ctrl @ h q[0], q[1]; c = measure q;"""
    error = refusal(text)
    assert (error.code, error.line, error.column) == ("unsupported_feature", 2, 6)
    assert "needs another name" in error.message


@pytest.mark.parametrize("text", ["", "  \n", "// a remark\n", "/* another */"])
def test_an_empty_text_is_called_empty(text: str) -> None:
    assert refusal(text).code == "syntax_error"
    assert "empty" in str(refusal(text))


@pytest.mark.parametrize(
    "text",
    ["/*" * 500_000, "bit[" * 250_000, "1" * 1_000_000, "1_" * 500_000, 'include "' * 100_000],
)
def test_a_hostile_megabyte_is_read_in_one_pass(text: str) -> None:
    assert refusal(text).code != "internal_error"


@pytest.mark.parametrize(
    "line",
    ["qubit[1_] r;", "qubit[0x_] r;", "rx(._e5) q[0];", "rx(1_e5_) q[0];", "bit[] r;", "x $;"],
)
def test_a_misspelt_number_is_no_fault_of_the_engine(line: str) -> None:
    end = outcome(HEAD + line + TAIL)
    assert not isinstance(end, EngineError) or end.code != "internal_error"


def test_words_in_comments_are_not_taken_for_statements() -> None:
    text = HEAD + '// input OPENQASM 2.0 include "x" ((((\n/* qubit[99999999] */ h q[0];' + TAIL
    assert isinstance(run(text, 10, 1, LIMITS), Completed)


def test_the_parser_writes_nothing_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    refusal(HEAD + "h q[0; §" + TAIL)
    assert capfd.readouterr().err == ""


def test_the_limits_are_those_given() -> None:
    text = HEAD + "for int i in [1:10] { x q[0]; }" + TAIL
    error = refusal(text, dataclasses.replace(LIMITS, max_operations=10))
    assert error.code == "circuit_too_large"


PIECES = (
    """
qubit[2] q;|bit[2] c;|bit b;|h q[0];|cx q[0], q[1];|c = measure q;|q|c|gate g(t) a { rx(t) a; }
g(1) q[0];|ctrl @|inv @|pow(2) @|if (c == 1)|{|}|for int i in [0:2]|rx(i) q[0];|while (b)
let a = q[0:1];|reset q;|barrier q;|1e9|-|(|)|[|]|;|pi|measure|=|->|$0|0x1F|"01"|@a|box
switch (c)|def f()|output|U(1, 2, 3)
gphase(1);|1ns|delay[1ns]|é
""".replace("\n", "|")
    .strip("|")
    .split("|")
)


def outcome(text: str) -> Completed | DoesNotFit | EngineError:
    try:
        return run(text, 2, 1, LIMITS)
    except EngineError as error:
        return error


@given(st.lists(st.sampled_from(PIECES), max_size=12))
@hypothesis_settings(max_examples=200, deadline=None)
def test_no_text_ends_in_an_untyped_error_or_as_the_engines_own_fault(pieces: list[str]) -> None:
    text = HEAD + "\n".join(pieces) + TAIL
    end = outcome(text)
    if isinstance(end, EngineError):
        assert end.code != "internal_error", str(end)
        assert end.message
        assert end.line is None or 1 <= end.line <= text.count("\n") + 1
