"""Texts that nest or go on: refused beyond the limit, and never by Python's recursion limit."""

import dataclasses

import pytest

from qcexec_engine.errors import CircuitTooLarge
from qcexec_engine.language.cursor import MOST_OPERATORS
from qcexec_engine.language.parser import Parsed, parse
from qcexec_engine.limits import Limits

# Each way to nest: what one level begins with, the innermost part, and what one level ends with,
# between the beginning and the end of a statement.
NESTINGS = {
    "parentheses": ("v = ", "(", "1", ")", ";"),
    "a call's arguments": ("v = ", "f(", "1", ")", ";"),
    "a power's arguments": ("v = ", "pow(", "1", ")", ";"),
    "a gate's arguments": ("g(", "f(", "1", ")", ") q;"),
    "casts": ("v = ", "int(", "1", ")", ";"),
    "sizes of casts": ("v = ", "int[", "8", "](1)", ";"),
    "indices": ("x ", "q[", "r", "]", ";"),
    "sets": ("x ", "q[{", "r", "}]", ";"),
    "signs": ("v = ", "-", "1", "", ";"),
    "different signs": ("v = ", "-~!", "1", "", ";"),
    "powers": ("v = ", "1 **", "1", "", ";"),
    "powers of signs": ("v = ", "1 ** -", "1", "", ";"),
    "signed parentheses": ("v = ", "-(", "1", ")", ";"),
    "all levels of precedence": ("v = ", "1||1&&1|1^1&1==1<1<<1+1*(", "1", ")", ";"),
    "blocks": ("", "{", "x q;", "}", ""),
    "boxes": ("", "box {", "x q;", "}", ""),
    "conditions": ("", "if (a) ", "x q;", "", ""),
    "conditions with blocks": ("", "if (a) {", "x q;", "}", ""),
    "else-if chains": ("", "if (a) { } else ", "x q;", "", ""),
    "loops": ("", "while (a) ", "break;", "", ""),
    "for-loops": ("", "for i in {1} {", "break;", "}", ""),
    "switches": ("", "switch (a) { case 1 {", "x q;", "} }", ""),
    "annotated": ("", "if (a) @note\n", "x q;", "", ""),
    "gate definitions": ("", "gate g q {", "x q;", "}", ""),
    "blocks with parentheses": ("", "if ((a)) {", "v = ((((1))));", "}", ""),
}


def nested(kind: str, levels: int) -> str:
    begin, before, inner, after, end = NESTINGS[kind]
    return begin + before * levels + inner + after * levels + end


def deeper(frames: int, text: str, limits: Limits) -> Parsed:
    """Parses with so many more frames of Python's stack in use."""
    return deeper(frames - 1, text, limits) if frames else parse(text, limits)


@pytest.mark.parametrize("kind", NESTINGS)
def test_no_nesting_reaches_pythons_recursion_limit(kind: str, limits: Limits) -> None:
    for levels in (200, 10_000):
        with pytest.raises(CircuitTooLarge) as caught:
            deeper(100, nested(kind, levels), limits)
        assert caught.value.line is not None


@pytest.mark.parametrize("kind", NESTINGS)
def test_nesting_up_to_the_limit_is_read_by_a_caller_that_is_itself_deep(
    kind: str, limits: Limits
) -> None:
    levels = 0
    while levels < limits.max_nesting:
        levels += 1
        try:
            deeper(100, nested(kind, levels), limits)
        except CircuitTooLarge:
            break
    assert levels >= 20, "ordinary nesting is refused"


def test_the_limit_is_the_one_given(limits: Limits) -> None:
    few = dataclasses.replace(limits, max_nesting=3)
    parse("v = (((1)));", few)
    with pytest.raises(CircuitTooLarge, match="more than 3 levels") as caught:
        parse("v =\n ((((1))));", few)
    assert (caught.value.line, caught.value.column) == (2, 5)
    parse("v = ((1)); " * 10 + "if (a) { x q; } " * 10, few)


@pytest.mark.parametrize(
    "repeated", ["+ 1", "* 1", "&& 1", "+ (1)", "+ f(1)", "+ c[1]", "+ int[(8)](1)", "== c[1] + 1"]
)
def test_one_expression_has_so_many_operators_and_no_more(repeated: str, limits: Limits) -> None:
    allowed = f"v = 1 {repeated * (MOST_OPERATORS // 4)};"
    parse(allowed * 10, limits)
    with pytest.raises(CircuitTooLarge, match=f"more than {MOST_OPERATORS} operators"):
        parse(f"v = 1 {repeated * (MOST_OPERATORS + 1)};", limits)


@pytest.mark.parametrize("index", ["[0]", "[ 0 ]", "[0:1]"])
def test_a_chain_of_indices_counts_as_operators(index: str, limits: Limits) -> None:
    for begin in ("x q", "v = q", "measure q", "q"):
        with pytest.raises(CircuitTooLarge):
            parse(f"{begin}{index * 100_000};", limits)


@pytest.mark.parametrize(
    "text",
    [
        "x q; " * 20_000,
        "x " + "q, " * 20_000 + "q;",
        "f(" + "1, " * 20_000 + "1);",
        "let a = " + "b ++ " * 20_000 + "b;",
        "inv @ " * 20_000 + "x q;",
        "switch (a) {" + "case 1 { } " * 20_000 + "}",
        "switch (a) { case " + "1, " * 20_000 + " 1 { } }",
        "for i in {" + "1, " * 20_000 + " 1 } { }",
        "@note\n" * 20_000 + "x q;",
        ";" * 20_000,
        "gate g(" + "a, " * 20_000 + "b) q { }",
        "def f() {" + "{" * 20_000 + "}" * 20_000 + "}",
        "v = durationof({" + "{" * 20_000 + "}" * 20_000 + "});",
    ],
)
def test_what_is_long_and_flat_is_read(text: str, limits: Limits) -> None:
    assert deeper(100, text, limits).text.statements or not text.strip(";")
