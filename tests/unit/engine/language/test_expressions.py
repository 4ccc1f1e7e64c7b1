"""Operators, their precedence, and literals."""

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcexec_engine.errors import InvalidAngle, SyntaxFault, UnsupportedFeature
from qcexec_engine.language.parser import parse
from qcexec_engine.language.syntax import (
    Binary,
    BitString,
    Call,
    Cast,
    Duration,
    Element,
    Expression,
    Literal,
    Name,
    Operator,
    Type,
)
from qcexec_engine.limits import Limits

Read = Callable[[str], tuple[Any, ...]]

# From the specification's table, what binds tightest first.
LEVELS = (
    ("*", "/", "%"),
    ("+", "-"),
    ("<<", ">>"),
    ("<", "<=", ">", ">="),
    ("==", "!="),
    ("&",),
    ("^",),
    ("|",),
    ("&&",),
    ("||",),
)
RANK = {op: rank for rank, level in enumerate(LEVELS) for op in level}
A, B, C = (Name(letter, 0) for letter in "abc")


def value(read: Read, text: str) -> Any:
    (assignment,) = read(f"v = {text};")
    return assignment.value


@pytest.mark.parametrize(("first", "second"), list(product(RANK, RANK)))
def test_two_operators_group_as_the_specification_has_it(
    read: Read, first: str, second: str
) -> None:
    if RANK[first] <= RANK[second]:
        expected = Binary(second, Binary(first, A, B, 0), C, 0)
    else:
        expected = Binary(first, A, Binary(second, B, C, 0), 0)
    assert value(read, f"a {first} b {second} c") == expected


@pytest.mark.parametrize("unary", ["-", "~", "!"])
def test_a_power_binds_tighter_than_a_sign_and_a_sign_than_all_others(
    read: Read, unary: str
) -> None:
    signed = Operator(unary, A, 0)
    assert value(read, f"{unary}a ** b") == Operator(unary, Binary("**", A, B, 0), 0)
    assert value(read, f"b ** {unary}a * c") == Binary("*", Binary("**", B, signed, 0), C, 0)
    assert value(read, f"{unary}{unary}a") == Operator(unary, signed, 0)
    for op in RANK:
        assert value(read, f"{unary}a {op} b") == Binary(op, signed, B, 0)
        assert value(read, f"b {op} {unary}a") == Binary(op, B, signed, 0)


def test_powers_group_to_the_right(read: Read) -> None:
    assert value(read, "a ** b ** c") == Binary("**", A, Binary("**", B, C, 0), 0)
    assert value(read, "(a ** b) ** c") == Binary("**", Binary("**", A, B, 0), C, 0)


atoms = st.sampled_from([A, Literal(2, 0), Element("c", 1, 0), Call("f", (A, B), 0), Duration(0)])
expressions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds(Operator, st.sampled_from("-~!"), inner, st.just(0)),
        st.builds(Binary, st.sampled_from([*RANK, "**"]), inner, inner, st.just(0)),
        st.builds(Cast, st.just(Type("int", Literal(8, 0), 0)), inner, st.just(0)),
    ),
    max_leaves=30,
)


@given(expressions)
def test_an_expression_written_with_all_its_parentheses_is_read_back(
    read: Read, expression: Expression
) -> None:
    assert value(read, spelt(expression)) == expression


def spelt(node: Expression) -> str:
    match node:
        case Operator(op, operand, _):
            return f"{op}({spelt(operand)})"
        case Binary(op, left, right, _):
            return f"({spelt(left)}){op}({spelt(right)})"
        case Cast(_, inner, _):
            return f"int[8]({spelt(inner)})"
        case Call(name, arguments, _):
            return f"{name}({', '.join(map(spelt, arguments))})"
        case Element(name, position, _):
            return f"{name}[{position}]"
        case Duration():
            return "10 ns"
        case Literal() | Name():
            return str(node[0])
    raise AssertionError(node)


@given(st.integers(0, 2**64), st.sampled_from(["{:d}", "{:#x}", "{:#X}", "{:#o}", "{:_d}"]))
def test_a_whole_number_is_read_back(read: Read, number: int, style: str) -> None:
    assert value(read, style.format(number)) == Literal(number, 0)


@given(st.integers(0, 2**64))
def test_a_binary_number_is_read_back(read: Read, number: int) -> None:
    assert value(read, f"{number:#b}") == Literal(number, 0)
    assert value(read, f"0B{number:_b}") == Literal(number, 0)


@given(st.floats(0, allow_infinity=False, allow_nan=False))
def test_a_floating_point_number_is_read_back_to_the_last_bit(read: Read, number: float) -> None:
    assert value(read, repr(number)) == Literal(number, 0)


@pytest.mark.parametrize(
    ("text", "number"),
    [("1.", 1.0), (".5", 0.5), ("1e3", 1e3), ("1.E+3", 1e3), ("1_0.2_5e-1_0", 10.25e-10),
     ("007", 7), ("0.0", 0.0)],
)  # fmt: skip
def test_numbers_have_all_the_forms_of_the_specification(
    read: Read, text: str, number: float
) -> None:
    found = value(read, text)
    assert found == Literal(number, 0)
    assert type(found.value) is type(number)


@pytest.mark.parametrize("unit", ["dt", "ns", "us", "µs", "μs", "ms", "s"])
@pytest.mark.parametrize("number", ["1", "1.5", ".5", "1e3 ", "1_0\t"])
def test_a_number_with_a_unit_is_a_duration(read: Read, number: str, unit: str) -> None:
    assert value(read, number + unit) == Duration(0)


def test_other_values_have_nodes_of_their_own(read: Read) -> None:
    assert value(read, "true") == Literal(True, 0)
    assert value(read, "false") == Literal(False, 0)
    assert value(read, '"0_1"') == BitString("01", 0)
    assert value(read, "durationof({ x q; { } })") == Duration(0)
    assert value(read, "int[8](a)") == Cast(Type("int", Literal(8, 0), 0), A, 0)
    assert value(read, "float(a)") == Cast(Type("float", None, 0), A, 0)
    assert value(read, "sizeof(a, 2)") == Call("sizeof", (A, Literal(2, 0)), 0)
    assert value(read, "pow(a, b)") == Call("pow", (A, B), 0)
    assert value(read, "π") == Name("π", 0)


@pytest.mark.parametrize(
    "text", ["1_", "1__0", "0x_1", "0x1_", "0b_1", "0o_7", "1_.5", "1._5", "1_e5", "1e5_", "1e_5"]
)
def test_an_underscore_that_is_not_between_digits_is_refused(text: str, limits: Limits) -> None:
    with pytest.raises(SyntaxFault) as caught:
        parse(f"v = {text};", limits)
    assert caught.value.line == 1


@pytest.mark.parametrize(
    "text",
    ["1e999", "1e309", "9" * 309, "9" * 5000, "0x" + "f" * 257, "0b" + "1" * 5000, "1_0e9_9_9"],
)
def test_a_number_beyond_floating_point_is_refused(text: str, limits: Limits) -> None:
    with pytest.raises(InvalidAngle, match="too large") as caught:
        parse(f"v = {text};", limits)
    assert (caught.value.line, caught.value.column) == (1, 5)


@pytest.mark.parametrize("text", ["1.7976931348623157e308", "9" * 308, "0x" + "f" * 255, "0" * 399])
def test_the_largest_numbers_are_taken(read: Read, text: str) -> None:
    assert value(read, text).value >= 0


@pytest.mark.parametrize("text", ["2im", "2.5 im"])
def test_imaginary_numbers_are_unsupported(text: str, limits: Limits) -> None:
    with pytest.raises(UnsupportedFeature, match="complex numbers"):
        parse(f"v = {text};", limits)
