"""Classical expressions: their values are those of OpenQASM's integers, however they are nested."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcexec_engine.classical import (
    Bits,
    Calculation,
    Constant,
    Expression,
    Negation,
    Wrap,
    compiled,
    read_bits,
)

_NUM_BITS = 8
MEMORIES = st.integers(0, (1 << _NUM_BITS) - 1)


def _leaves() -> st.SearchStrategy[Expression]:
    indices = st.permutations(range(_NUM_BITS)).flatmap(
        lambda order: st.integers(0, _NUM_BITS).map(lambda size: tuple(order[:size]))
    )
    neighbours = st.tuples(st.integers(0, 4), st.integers(1, 4)).map(
        lambda place: tuple(range(place[0], place[0] + place[1]))
    )
    return st.builds(Bits, indices | neighbours) | st.builds(Constant, st.integers(-9, 300))


def _nodes(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    ops = [
        "+",
        "-",
        "*",
        "/",
        "%",
        "**",
        "&",
        "|",
        "^",
        "<<",
        ">>",
        "==",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "&&",
        "||",
    ]
    return (
        st.builds(Calculation, st.sampled_from(ops), inner, inner)
        | st.builds(Negation, st.sampled_from("-~!"), inner)
        | st.builds(Wrap, inner, st.integers(1, 9), st.booleans())
    )


EXPRESSIONS = st.recursive(_leaves(), _nodes, max_leaves=8)


def _bits_of(number: int, width: int) -> list[int]:
    return [number // 2**place % 2 for place in range(width)]


def _value(node: Expression, memory: int) -> int:
    """Plainly and slowly, by the nodes' documentation."""
    match node:
        case Constant(value):
            return value
        case Bits(indices):
            bits = _bits_of(memory, _NUM_BITS)
            return sum(bits[index] * 2**place for place, index in enumerate(indices))
        case Wrap(value, width, signed):
            bits = _bits_of(_value(value, memory), width)
            weights = [2**place for place in range(width)]
            if signed:
                weights[-1] = -weights[-1]
            return sum(bit * weight for bit, weight in zip(bits, weights, strict=True))
        case Negation(op, value):
            inner = _value(value, memory)
            return {"-": -inner, "~": -inner - 1, "!": int(inner == 0)}[op]
        case Calculation("&&", left, right):
            return int(_value(left, memory) != 0 and _value(right, memory) != 0)
        case Calculation("||", left, right):
            return int(_value(left, memory) != 0 or _value(right, memory) != 0)
        case Calculation(op, left, right):
            return _calculated(op, _value(left, memory), _value(right, memory))


def _calculated(op: str, left: int, right: int) -> int:
    if op in ("**", "<<", ">>") and right < 0:
        raise ArithmeticError
    match op:
        case "+" | "-" | "*":
            return {"+": left + right, "-": left - right, "*": left * right}[op]
        case "/":
            size = abs(left) // abs(right)
            return int(size * math.copysign(1, left) * math.copysign(1, right))
        case "%":
            return left - _calculated("/", left, right) * right
        case "**":
            if abs(left) > 1 and left.bit_length() * right > 65_536:
                raise ArithmeticError
            return int(left**right)
        case "&" | "|" | "^":
            return {"&": left & right, "|": left | right, "^": left ^ right}[op]
        case "<<":
            return int(left * 2**right) if right <= 4096 else 0
        case ">>":
            return int(left // 2**right) if right <= 4096 else -(left < 0)
        case _:
            return int(_compared(op, left, right))


def _compared(op: str, left: int, right: int) -> bool:
    below, same = left < right, left == right
    return {
        "==": same,
        "!=": not same,
        "<": below,
        "<=": below or same,
        ">": not (below or same),
        ">=": not below,
    }[op]


@given(EXPRESSIONS, MEMORIES)
def test_a_compiled_expression_has_the_value_that_its_nodes_say(
    expression: Expression, memory: int
) -> None:
    try:
        expected = _value(expression, memory)
    except ArithmeticError:
        # A power that is wrapped at once is computed where the plain one would be too large.
        return
    assert compiled(expression)(memory) == expected


@given(EXPRESSIONS, MEMORIES)
def test_only_the_bits_that_are_read_can_change_a_value(
    expression: Expression, memory: int
) -> None:
    others = [bit for bit in range(_NUM_BITS) if bit not in read_bits(expression)]
    flipped = memory ^ sum(1 << bit for bit in others)
    assert _outcome(expression, memory) == _outcome(expression, flipped)


def _outcome(expression: Expression, memory: int) -> int | str:
    try:
        return compiled(expression)(memory)
    except ArithmeticError:
        return "no value"


@pytest.mark.parametrize(
    ("op", "left", "right", "expected"),
    [
        ("/", -7, 2, -3),
        ("/", 7, -2, -3),
        ("%", -7, 2, -1),
        ("%", 7, -2, 1),
        ("<<", 1, 5000, 0),
        (">>", -1, 5000, -1),
        (">>", 5, 5000, 0),
        ("**", 2, 10, 1024),
    ],
)
def test_division_shifts_and_powers_at_their_edges(
    op: str, left: int, right: int, expected: int
) -> None:
    assert compiled(Calculation(op, Constant(left), Constant(right)))(0) == expected


@pytest.mark.parametrize("op", ["/", "%"])
def test_a_division_by_zero_is_no_value(op: str) -> None:
    evaluate = compiled(Calculation(op, Constant(1), Bits((0,))))
    assert evaluate(1) in (0, 1)
    with pytest.raises(ZeroDivisionError):
        evaluate(0)


def test_what_is_not_needed_is_not_computed() -> None:
    divided = Calculation("/", Constant(1), Bits((0,)))
    guarded = Calculation("&&", Calculation("!=", Bits((0,)), Constant(0)), divided)
    assert compiled(guarded)(0) == 0


@pytest.mark.parametrize("op", ["**", "<<", ">>"])
def test_a_negative_exponent_or_distance_is_no_value(op: str) -> None:
    with pytest.raises(ArithmeticError):
        compiled(Calculation(op, Bits((0,)), Constant(-1)))(1)


def test_a_huge_power_neither_hangs_nor_fills_the_memory() -> None:
    power = Calculation("**", Constant(9), Calculation("**", Constant(9), Constant(9)))
    with pytest.raises(ArithmeticError):
        compiled(power)(0)
    assert compiled(Wrap(power, 8, False))(0) == pow(9, 9**9, 256)


def test_a_sum_of_many_terms_needs_no_deep_recursion() -> None:
    term: Expression = Bits((0,))
    for _ in range(20_000):
        term = Wrap(Calculation("+", term, Bits((0,))), 32, False)
    assert compiled(term)(1) == 20_001
    assert read_bits(term) == {0}
