"""What a user is told about a text that is no OpenQASM: code, line, column, sentence."""

import dataclasses

import pytest

from qcexec_engine.errors import EngineError
from qcexec_engine.language.parser import parse
from qcexec_engine.limits import Limits

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nbit[2] c;\n'
TAIL = "\nc = measure q;\n"


def refusal(text: str, limits: Limits) -> EngineError:
    with pytest.raises(EngineError) as caught:
        parse(text, limits)
    return caught.value


@pytest.mark.parametrize(
    ("line", "column", "message"),
    [
        ("h q[0]", 7, "a ';' is missing after 'h q[0]'"),
        ("h q[0] // a remark", 7, "a ';' is missing after 'h q[0]'"),
        ("let a = q[0:1]", 15, "a ';' is missing after 'let a = q[0:1]'"),
        ("v = a + b", 10, "a ';' is missing after 'v = a + b'"),
        ("qubit r", 8, "a ';' is missing after 'qubit r'"),
        ("break", 1, "'break' stands outside of any loop"),
        ("h q[0;", 6, "']' is needed before ';'"),
        ("h q[0]];", 7, "',' or ';' is needed before ']'"),
        ("cx q[0] q[1];", 9, "',' or ';' is needed before 'q'"),
        ("cx q[0],, q[1];", 9, "a name is needed before ','"),
        ("rx(pi q[0];", 7, "',' or ')' is needed before 'q'"),
        ("rx(pi / ) q[0];", 9, "')' does not fit here"),
        ("rx(pi 2) q[0];", 7, "',' or ')' is needed before '2'"),
        ("rx(+1) q[0];", 4, "'+' does not fit here"),
        ("rx(measure q) q;", 4, "'measure' does not fit here"),
        ("rx({1}) q;", 4, "'{' does not fit here"),
        ("if (c == 1 { h q[0]; }", 12, "')' is needed before '{'"),
        ("if c == 1 { h q[0]; }", 4, "'(' is needed before 'c'"),
        ("h q[0]; §", 9, "cannot read '§'"),
        ("\x01", 1, "cannot read '\\x01'"),
        ("\u00a0h q;", 1, "cannot read '\\xa0'"),
        ("x² q;", 1, "cannot read 'x²'"),
        ("x $;", 3, "cannot read '$'"),
        ("inv @x q[0];", 5, "write a space after the '@' of '@x'"),
        ("/* a remark", 1, "this comment is not closed"),
        ('include "stdgates.inc', 9, "this string is not closed"),
        ("include stdgates.inc;", 9, "a file's name stands in quotation marks"),
        ('include "";', 9, "a file's name stands in quotation marks"),
        ('rx("02") q[0];', 4, "a string of other characters than 0 and 1 is no value"),
        ("while (c == 0) { } continue;", 20, "'continue' stands outside of any loop"),
        ("OPENQASM 3.0;", 1, "the version stands at the beginning of the text, once"),
        ("qubit q[2];", 8, "the size stands before the name: 'qubit[2] q;'"),
        ("int n[8];", 6, "the size stands before the name: 'int[2] n;'"),
        ("qubit if;", 7, "'if' is a word of the language and cannot be a name"),
        ("qubit 3;", 7, "a name is needed before '3'"),
        ("const x = 3;", 7, "'const' is followed by a type: 'const float x = 0.5;'"),
        ("const float x;", 14, "'=' is needed before ';'"),
        ("ctrl x q[0];", 6, "'@' is needed before 'x'"),
        ("ctrl @ q[0];", 12, "a name is needed before ';'"),
        ("measure q[0] c[0];", 14, "'->' or ';' is needed before 'c'"),
        ("delay q[0];", 7, "'[' is needed before 'q'"),
        ("for int i in [3] { }", 14, "'[3]' does not fit here"),
        ("for int i in [c] { }", 16, "':' is needed before ']'"),
        ("for int i of [0:3] { }", 11, "'in' is needed before 'of'"),
        ("switch (c) { x q; }", 14, "'case' or 'default' or '}' is needed before 'x'"),
        ("gate g(a b) r { }", 10, "')' is needed before 'b'"),
        ("gate g { }", 8, "a name is needed before '{'"),
        ("complex[int] z;", 9, "'float' is needed before 'int'"),
        ("else { }", 1, "'else' does not fit here"),
        ("}", 1, "this '}' closes nothing"),
        ("{ h q[0];", 1, "this '{' is not closed"),
        ("gate g r { h r;", 10, "this '{' is not closed"),
        ("def f() ] { }", 9, "']' does not fit here"),
        ("a" * 50 + "² q;", 1, f"cannot read '{'a' * 40}...'"),
    ],
)
def test_a_fault_on_one_line_is_told_with_its_place(
    line: str, column: int, message: str, limits: Limits
) -> None:
    error = refusal(HEAD + line + TAIL, limits)
    found = (error.code, error.line, error.column, error.message)
    assert found == ("syntax_error", 5, column, message)
    assert error.retry_helps is False


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("x q", 1, 4, "a ';' is missing after 'x q'"),
        ("x q\n\n// the end", 1, 4, "a ';' is missing after 'x q'"),
        ("x q[1", 1, 6, "']' is missing at the end of the text"),
        ("v =", 1, 4, "the text ends too early"),
        ("x q,", 1, 5, "a name is missing"),
        ("cal { {", 1, 8, "'}' is missing at the end of the text"),
        ("x q; @note a", 1, 6, "an annotation stands before a statement"),
        ("{ @note a\n}", 1, 3, "an annotation stands before a statement"),
        ("OPENQASM 3.0", 1, 13, "a ';' is missing after 'OPENQASM 3.0'"),
        ("OPENQASM three;", 1, 10, "'OPENQASM' is followed by a version: 'OPENQASM 3.0;'"),
        ("OPENQASM", 1, 9, "'OPENQASM' is followed by a version: 'OPENQASM 3.0;'"),
        ("OPENQASM 2.0; bit[2] c;", 1, 18, "'[2]' does not fit here"),
        ("OPENQASM 2.0; h q; @a b", 1, 20, "write a space after the '@' of '@a'"),
    ],
)
def test_a_fault_at_an_end_is_told_where_something_is_missing(
    text: str, line: int, column: int, message: str, limits: Limits
) -> None:
    error = refusal(text, limits)
    found = (error.code, error.line, error.column, error.message)
    assert found == ("syntax_error", line, column, message)


@pytest.mark.parametrize("text", ["", "  \n", "// a remark\n", "/* another */", "\ufeff"])
def test_an_empty_text_is_called_empty(text: str, limits: Limits) -> None:
    error = refusal(text, limits)
    assert (error.code, error.message) == ("syntax_error", "the circuit is empty")


@pytest.mark.parametrize("version", ["1.0", "4", "4.0", "30", "2" * 3])
def test_an_unknown_version_is_unsupported(version: str, limits: Limits) -> None:
    error = refusal(f"\nOPENQASM {version};", limits)
    assert (error.code, error.line, error.column) == ("unsupported_feature", 2, 1)
    assert f"OpenQASM {version} is not known" in error.message


@pytest.mark.parametrize("character", ["\0", chr(0xD800), chr(0xDC80)])
@pytest.mark.parametrize("before", ["h q; // ", "é; /* ", '"'])
def test_characters_that_no_text_can_hold_are_refused_wherever_they_are(
    before: str, character: str, limits: Limits
) -> None:
    error = refusal("\n" + before + character, limits)
    assert (error.code, error.line, error.column) == ("invalid_text", 2, len(before) + 1)
    assert f"the character {character!a} is not allowed" == error.message


def test_the_length_of_a_text_counts_in_bytes(limits: Limits) -> None:
    few = dataclasses.replace(limits, max_text_bytes=10)
    parse("x q; // é", few)
    assert refusal("x q; // éé", few).code == "circuit_too_large"
    assert refusal("x q; // abc", few).code == "circuit_too_large"
