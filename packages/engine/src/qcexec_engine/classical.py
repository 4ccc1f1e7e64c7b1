"""Classical expressions that only a run can evaluate, over a memory of bits.

The memory is one non-negative integer (`qcexec_engine.program`). Values are integers of any size;
`Wrap` brings them back to the width of their type, as OpenQASM's arithmetic does.

An expression is compiled to a chain: a leaf, then one step for each node on the way from that leaf
up its left side to the root. So a sum of ten thousand terms needs no recursion, and what users
write most, a bit or a comparison of bits with a constant, is one closure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias


class Constant(NamedTuple):
    """A value that the text gives."""

    value: int


class Bits(NamedTuple):
    """Bits of the memory as an unsigned number, the lowest bit first."""

    indices: tuple[int, ...]


class Wrap(NamedTuple):
    """A value cut to a width, and read as two's complement where it is signed."""

    value: Expression
    width: int
    signed: bool


class Negation(NamedTuple):
    """`op` is one of "-", "~" and "!"; "~" gives a negative number: wrap it."""

    op: str
    value: Expression


class Calculation(NamedTuple):
    """Two operands under one of + - * / % ** & | ^ << >> == != < <= > >= && ||.

    Comparisons give 0 or 1. Division truncates towards zero, and the remainder has the sign of the
    dividend, as in C; by zero it raises ZeroDivisionError. Shifts and powers have a right operand
    that is not negative; a shift by more than 4096 gives 0 (left) or what the sign says (right).
    """

    op: str
    left: Expression
    right: Expression


Expression: TypeAlias = Constant | Bits | Wrap | Negation | Calculation
Evaluate: TypeAlias = Callable[[int], int]


def compiled(expression: Expression) -> Evaluate:
    """A function from the memory to the expression's value.

    It raises ArithmeticError for a division by zero, for a negative shift or exponent, and for a
    power of more than 65,536 bits that is not wrapped.
    """
    if isinstance(expression, Calculation):
        compared = _bits_against_constant(expression)
        if compared is not None:
            return compared
    leaf, nodes = _left_side(expression)
    start = _leaf(leaf)
    steps = _steps(nodes)
    if not steps:
        return start
    if len(steps) == 1:
        only = steps[0]
        return lambda memory: only(start(memory), memory)

    def evaluate(memory: int) -> int:
        value = start(memory)
        for step in steps:
            value = step(value, memory)
        return value

    return evaluate


def read_bits(expression: Expression) -> frozenset[int]:
    """The bits of the memory that the expression's value may depend on."""
    found: set[int] = set()
    left = [expression]
    while left:
        node = left.pop()
        if isinstance(node, Bits):
            found.update(node.indices)
        elif isinstance(node, Calculation):
            left += (node.left, node.right)
        elif not isinstance(node, Constant):
            left.append(node.value)
    return frozenset(found)


_Step: TypeAlias = Callable[[int, int], int]
"""From the value so far and the memory to the next value."""

_FURTHEST_SHIFT: Final = 4096
_WIDEST_POWER: Final = 65_536


def _bits_against_constant(node: Calculation) -> Evaluate | None:
    """A comparison for equality of neighbouring bits with a constant, without moving the bits."""
    if node.op not in ("==", "!=") or not isinstance(node.left, Bits):
        return None
    if not isinstance(node.right, Constant) or not _are_neighbours(node.left.indices):
        return None
    indices, value = node.left.indices, node.right.value
    if not 0 <= value < 1 << len(indices):
        return (lambda _memory: 0) if node.op == "==" else (lambda _memory: 1)
    mask = (1 << len(indices)) - 1 << indices[0]
    wanted = value << indices[0]
    if node.op == "==":
        return lambda memory: memory & mask == wanted
    return lambda memory: memory & mask != wanted


def _left_side(expression: Expression) -> tuple[Constant | Bits, list[Expression]]:
    """The leaf at the end of the left side, and the nodes above it from there up to the root."""
    nodes: list[Expression] = []
    while not isinstance(expression, Constant | Bits):
        nodes.append(expression)
        expression = expression.left if isinstance(expression, Calculation) else expression.value
    nodes.reverse()
    return expression, nodes


def _leaf(leaf: Constant | Bits) -> Evaluate:
    if isinstance(leaf, Constant):
        value = leaf.value
        return lambda _memory: value
    indices = leaf.indices
    if len(indices) == 1:
        only = indices[0]
        return lambda memory: memory >> only & 1
    if _are_neighbours(indices):
        lowest, mask = indices[0], (1 << len(indices)) - 1
        return lambda memory: memory >> lowest & mask
    places = tuple(enumerate(indices))
    return lambda memory: sum((memory >> index & 1) << place for place, index in places)


def _are_neighbours(indices: tuple[int, ...]) -> bool:
    return bool(indices) and indices == tuple(range(indices[0], indices[0] + len(indices)))


def _steps(nodes: list[Expression]) -> tuple[_Step, ...]:
    steps: list[_Step] = []
    for node, above in zip(nodes, [*nodes, None][1:], strict=True):
        if isinstance(node, Wrap):
            steps.append(_wrap(node.width, node.signed))
        elif isinstance(node, Negation):
            steps.append(_NEGATIONS[node.op])
        elif isinstance(node, Calculation):
            right = compiled(node.right)
            if node.op == "**" and isinstance(above, Wrap):
                steps.append(_power_modulo(right, above.width))
            else:
                steps.append(_CALCULATIONS[node.op](right))
    return tuple(steps)


def _wrap(width: int, signed: bool) -> _Step:
    mask = (1 << width) - 1
    if not signed:
        return lambda value, _memory: value & mask
    sign = 1 << width >> 1
    return lambda value, _memory: ((value & mask) ^ sign) - sign


def _power_modulo(right: Evaluate, width: int) -> _Step:
    """A power that is wrapped at once is never written out in full."""
    modulus = 1 << width
    return lambda value, memory: pow(value, _not_negative(right(memory)), modulus)


def _power(value: int, exponent: int) -> int:
    _not_negative(exponent)
    if abs(value) > 1 and value.bit_length() * exponent > _WIDEST_POWER:
        raise OverflowError(f"a power has more than {_WIDEST_POWER} bits")
    return int(value**exponent)


def _shift_left(value: int, distance: int) -> int:
    return value << distance if _not_negative(distance) <= _FURTHEST_SHIFT else 0


def _shift_right(value: int, distance: int) -> int:
    return value >> _not_negative(distance) if distance <= _FURTHEST_SHIFT else -(value < 0)


def _not_negative(value: int) -> int:
    if value < 0:
        raise ArithmeticError("a shift's distance or an exponent is negative")
    return value


def _quotient(value: int, divisor: int) -> int:
    quotient = abs(value) // abs(divisor)
    return quotient if (value < 0) == (divisor < 0) else -quotient


def _remainder(value: int, divisor: int) -> int:
    remainder = abs(value) % abs(divisor)
    return -remainder if value < 0 else remainder


_NEGATIONS: Final[dict[str, _Step]] = {
    "-": lambda value, _memory: -value,
    "~": lambda value, _memory: ~value,
    "!": lambda value, _memory: not value,
}

_CALCULATIONS: Final[dict[str, Callable[[Evaluate], _Step]]] = {
    "+": lambda right: lambda value, memory: value + right(memory),
    "-": lambda right: lambda value, memory: value - right(memory),
    "*": lambda right: lambda value, memory: value * right(memory),
    "/": lambda right: lambda value, memory: _quotient(value, right(memory)),
    "%": lambda right: lambda value, memory: _remainder(value, right(memory)),
    "**": lambda right: lambda value, memory: _power(value, right(memory)),
    "&": lambda right: lambda value, memory: value & right(memory),
    "|": lambda right: lambda value, memory: value | right(memory),
    "^": lambda right: lambda value, memory: value ^ right(memory),
    "<<": lambda right: lambda value, memory: _shift_left(value, right(memory)),
    ">>": lambda right: lambda value, memory: _shift_right(value, right(memory)),
    "==": lambda right: lambda value, memory: value == right(memory),
    "!=": lambda right: lambda value, memory: value != right(memory),
    "<": lambda right: lambda value, memory: value < right(memory),
    "<=": lambda right: lambda value, memory: value <= right(memory),
    ">": lambda right: lambda value, memory: value > right(memory),
    ">=": lambda right: lambda value, memory: value >= right(memory),
    "&&": lambda right: lambda value, memory: bool(value and right(memory)),
    "||": lambda right: lambda value, memory: bool(value or right(memory)),
}
