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
        ("hh q[0];", "semantic_error", 1, "gate 'hh' is not defined"),
        ("h r;", "semantic_error", 3, "'r' is not defined"),
        ("h q[5];", "semantic_error", 3, "the index 5 is out of range: 'q' has 2 elements"),
        ("cx q[0];", "semantic_error", 1, "the gate acts on 2 qubits, not on 1"),
        ("h q[0], q[1];", "semantic_error", 1, "the gate acts on 1 qubit, not on 2"),
        ("cx q[0], q[0];", "semantic_error", 10, "the same qubit is given twice"),
        ("rx q[0];", "semantic_error", 1, "wrong number of parameters for 'rx': it takes 1"),
        ("rx(1 / 0) q[0];", "semantic_error", 6, "division by zero"),
        ("qubit q;", "semantic_error", 1, "'q' is already defined"),
        ("qubit[-1] r;", "semantic_error", 1, "a size of -1 is out of range"),
        ("ctrl(-1) @ x q[0];", "semantic_error", 1, "there is at least 1 control"),
        ("creg r[0xFFFFFFFF];", "circuit_too_large", 1, "at most 10000 bits"),
        ("qubit[1000000000] r;", "circuit_too_large", 1, "at most 10000 qubits"),
        ("rx(" + "(" * 140 + "1", "circuit_too_large", 132, "more than 128 levels deep"),
        ("OPENQASM 2.0;", "syntax_error", 1, "the version stands at the beginning"),
        ('include "/etc/passwd";', "include_refused", 1, 'only "stdgates.inc" and "qelib1.inc"'),
        ("input float angle;", "unsupported_feature", 1, "an input parameter is not supported"),
        ("def f() { }", "unsupported_feature", 1, "a subroutine (def) is not supported"),
        ("c = measure q; rx(c) q[0];", "unsupported_feature", 19, "cannot depend on a measurement"),
        ("#pragma braket noise x q[0]", "unsupported_feature", 1, "the pragma 'braket noise'"),
        ("rx(1e999) q[0];", "invalid_angle", 4, "the number 1e999 is too large"),
        ("rx(1e308 * 10) q[0];", "invalid_angle", 4, "an angle is infinite or not a number"),
        ("h q[0]; // \ud800", "invalid_text", 12, "the character '\\ud800' is not allowed"),
        ("h q[0]; // \0", "invalid_text", 12, "the character '\\x00' is not allowed"),
    ],
)
def test_a_fault_on_one_line_is_told_with_its_place(
    line: str, code: str, column: int, message: str
) -> None:
    error = refusal(HEAD + line + TAIL)
    assert (error.code, error.line, error.column) == (code, 5, column)
    assert message in error.message
    assert str(error) == f"line 5, column {column}: {error.message}"
    assert not error.retry_helps


@pytest.mark.parametrize(
    ("declarations", "advice"),
    [
        ("qubit[2] q; bit[2] c;", "add `c = measure q;`"),
        ("qubit[2] q;", "add `bit[2] q_bits = measure q;`"),
        ("qubit[2] q; qubit[3] r; bit[3] d;", "`bit[2] q_bits = measure q; d = measure r;`"),
        ("qubit q;", "add `bit q_bits = measure q;`"),
    ],
)
def test_a_circuit_that_measures_nothing_is_told_what_to_add(
    declarations: str, advice: str
) -> None:
    error = refusal(f'OPENQASM 3.0; include "stdgates.inc"; {declarations} h q;')
    assert error.code == "no_measurements"
    assert advice in str(error)


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
