"""Expressions, by precedence climbing.

A level of precedence costs no recursion, an operator's right side one call; parentheses, brackets
and unary operators are counted as nesting, operators as such, so that neither this parser nor who
walks the tree can run out of Python's frames.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from qcexec_engine.errors import UnsupportedFeature
from qcexec_engine.language.cursor import Cursor
from qcexec_engine.language.literals import bit_string, duration_of, number
from qcexec_engine.language.syntax import (
    Binary,
    Call,
    Cast,
    Element,
    Expression,
    Index,
    Literal,
    Name,
    Operator,
    Range,
    Set,
    Type,
)

TYPES: Final = frozenset(
    ("bit", "int", "uint", "float", "angle", "bool", "complex", "duration", "stretch")
)
"""The keywords that begin a scalar type."""

Operand: TypeAlias = Name | Element | Index
"""What names bits or qubits."""

# Higher binds tighter. Above all stand unary operators, and above those the power: `**`, and in
# OpenQASM 2 `^`: there `^` is read before anybody could take it for an exclusive or.
_PRECEDENCE: Final[Mapping[str, int]] = {
    "||": 1,
    "&&": 2,
    "|": 3,
    "^": 4,
    "&": 5,
    "==": 6,
    "!=": 6,
    "<": 7,
    "<=": 7,
    ">": 7,
    ">=": 7,
    "<<": 8,
    ">>": 8,
    "+": 9,
    "-": 9,
    "*": 10,
    "/": 10,
    "%": 10,
}
_LOWEST: Final = 1
# A named tuple's own constructor takes twice as long.
_new = tuple.__new__
_UNARY: Final = frozenset("-~!")
_DIGITS: Final = frozenset("0123456789")
# What shows a name or number to be an operand as it is.
_AFTER_OPERAND: Final = frozenset("),;]:}") | _PRECEDENCE.keys() - {"^"}
_AFTER_SECOND: Final = frozenset((":", "]", ","))


def expression(cursor: Cursor) -> Expression:
    """The expression at the cursor.

    Raises:
        SyntaxFault: there is none.
        CircuitTooLarge: it has too many operators, or nests too deep.
    """
    cursor.operators = 0
    return _binary(cursor, _LOWEST)


def expressions(cursor: Cursor, end: str) -> tuple[Expression, ...]:
    """One expression or more, separated by commas, with a last comma allowed before `end`."""
    cursor.operators = 0
    return _expressions(cursor, end)


def arguments(cursor: Cursor) -> tuple[Expression, ...]:
    """The arguments of a gate, from behind the '(' to behind the ')'."""
    cursor.operators = 0
    if cursor.tokens[cursor.at] == ")":
        cursor.at += 1
        return ()
    first = _binary(cursor, _LOWEST)
    if cursor.tokens[cursor.at] == ")":
        cursor.at += 1
        return (first,)
    return (first, *_more_arguments(cursor))


def operand(cursor: Cursor) -> Operand:
    """What names bits or qubits: a name or a physical qubit, with or without indices."""
    at = cursor.at
    token = cursor.tokens[at]
    if token not in cursor.names and not _is_physical(token):
        raise cursor.no_name()
    cursor.operators = 0
    return _named(cursor)


def designator(cursor: Cursor) -> Expression | None:
    """The expression in brackets at the cursor, such as a register's size; None without any."""
    cursor.operators = 0
    return _designator(cursor)


def classical_type(cursor: Cursor) -> Type:
    """The scalar type at the cursor, which is at one of `TYPES`."""
    cursor.operators = 0
    return _type(cursor)


def domain(cursor: Cursor) -> Range | Set | Expression:
    """What a `for` goes through: a set, a range in brackets, or an expression."""
    cursor.operators = 0
    if cursor.tokens[cursor.at] == "{":
        return _set(cursor)
    if not cursor.skip("["):
        return _binary(cursor, _LOWEST)
    found = _range(cursor)
    if not isinstance(found, Range):
        raise cursor.missing(":")
    cursor.expect("]")
    return found


def _set(cursor: Cursor) -> Set:
    at = cursor.at
    cursor.expect("{")
    cursor.enter()
    values = _expressions(cursor, "}")
    cursor.leave()
    cursor.expect("}")
    return Set(values, at)


def _range(cursor: Cursor) -> Range | Expression:
    # An expression where no colon follows it.
    at = cursor.at
    tokens = cursor.tokens
    start = None
    if tokens[at] != ":":
        start = _binary(cursor, _LOWEST)
        if tokens[cursor.at] != ":":
            return start
    cursor.at += 1
    second = None if tokens[cursor.at] in _AFTER_SECOND else _binary(cursor, _LOWEST)
    if not cursor.skip(":"):
        return Range(start, None, second, at)
    return Range(start, second, _binary(cursor, _LOWEST), at)


def _expressions(cursor: Cursor, end: str) -> tuple[Expression, ...]:
    values = [_binary(cursor, _LOWEST)]
    while cursor.skip(","):
        if cursor.tokens[cursor.at] == end:
            break
        values.append(_binary(cursor, _LOWEST))
    return tuple(values)


def _binary(cursor: Cursor, least: int) -> Expression:
    tokens = cursor.tokens
    at = cursor.at
    token = tokens[at]
    left: Expression
    if tokens[at + 1] not in _AFTER_OPERAND:
        left = _unary(cursor)
    elif token in cursor.names:
        cursor.at = at + 1
        left = _new(Name, (token, at))
    elif token[:1] in _DIGITS:
        left = number(cursor)
    else:
        left = _unary(cursor)
    while True:
        at = cursor.at
        op = tokens[at]
        precedence = _PRECEDENCE.get(op, 0)
        if precedence < least:
            return left
        cursor.count_operator()
        cursor.at = at + 1
        left = _new(Binary, (op, left, _binary(cursor, precedence + 1), at))


def _unary(cursor: Cursor) -> Expression:
    at = cursor.at
    token = cursor.tokens[at]
    if token in _UNARY:
        cursor.enter()
        cursor.at = at + 1
        negated = Operator(token, _unary(cursor), at)
        cursor.leave()
        return negated
    base = _primary(cursor)
    at = cursor.at
    if cursor.tokens[at] != ("**" if cursor.version == 3 else "^"):
        return base
    cursor.count_operator()
    cursor.enter()
    cursor.at = at + 1
    power = Binary("**", base, _unary(cursor), at)
    cursor.leave()
    return power


def _primary(cursor: Cursor) -> Expression:
    at = cursor.at
    tokens = cursor.tokens
    token = tokens[at]
    if token in cursor.names:
        if tokens[at + 1] == "(":
            return _indexed(cursor, _call(cursor), at)
        return _named(cursor)
    if token[:1] in _DIGITS or (len(token) > 1 and token[0] == "."):
        return number(cursor)
    parse = _PRIMARIES.get(token) or _PRIMARIES.get(token[:1])
    if parse is None:
        raise cursor.unexpected()
    return _indexed(cursor, parse(cursor), at)


def _named(cursor: Cursor) -> Operand:
    at = cursor.at
    name = cursor.tokens[at]
    cursor.at = at + 1
    if cursor.tokens[at + 1][:1] != "[":
        return Name(name, at)
    indices = _indices(cursor)
    first = indices[0]
    named: Operand
    if len(indices) == 1 and isinstance(first, Literal) and type(first.value) is int:
        named = Element(name, first.value, at)
    else:
        named = Index(Name(name, at), indices, at)
    while cursor.tokens[cursor.at][:1] == "[":
        named = Index(named, _indices(cursor), at)
    return named


def _indexed(cursor: Cursor, base: Expression, at: int) -> Expression:
    while cursor.tokens[cursor.at][:1] == "[":
        base = Index(base, _indices(cursor), at)
    return base


def _indices(cursor: Cursor) -> tuple[Expression | Range | Set, ...]:
    tokens = cursor.tokens
    bracket = tokens[cursor.at]
    cursor.count_operator()
    cursor.at += 1
    if len(bracket) > 1:
        return (Literal(int(bracket[1:-1]), cursor.at - 1),)
    cursor.enter()
    if tokens[cursor.at] == "{":
        indices: list[Expression | Range | Set] = [_set(cursor)]
    else:
        indices = [_range(cursor)]
        while cursor.skip(","):
            if tokens[cursor.at] == "]":
                break
            indices.append(_range(cursor))
    cursor.leave()
    cursor.expect("]")
    return tuple(indices)


def _call(cursor: Cursor) -> Call:
    at = cursor.at
    name = cursor.tokens[at]
    cursor.at = at + 2
    if cursor.skip(")"):
        return Call(name, (), at)
    cursor.enter()
    first = _binary(cursor, _LOWEST)
    values = (first, *_more_arguments(cursor))
    cursor.leave()
    return Call(name, values, at)


def _more_arguments(cursor: Cursor) -> list[Expression]:
    values = []
    while cursor.skip(","):
        if cursor.tokens[cursor.at] == ")":
            break
        values.append(_binary(cursor, _LOWEST))
    if not cursor.skip(")"):
        raise cursor.missing(",", ")")
    return values


def _designator(cursor: Cursor) -> Expression | None:
    bracket = cursor.tokens[cursor.at]
    if bracket[:1] != "[":
        return None
    cursor.at += 1
    if len(bracket) > 1:
        return Literal(int(bracket[1:-1]), cursor.at - 1)
    cursor.enter()
    size = _binary(cursor, _LOWEST)
    cursor.leave()
    cursor.expect("]")
    return size


def _type(cursor: Cursor) -> Type:
    at = cursor.at
    name = cursor.tokens[at]
    cursor.at = at + 1
    if name != "complex":
        return Type(name, _designator(cursor), at)
    width = None
    if cursor.skip("["):
        if cursor.tokens[cursor.at] != "float":
            raise cursor.missing("float")
        width = _type(cursor).width
        cursor.expect("]")
    return Type(name, width, at)


def _parenthesised(cursor: Cursor) -> Expression:
    cursor.enter()
    cursor.at += 1
    inner = _binary(cursor, _LOWEST)
    cursor.leave()
    cursor.expect(")")
    return inner


def _truth(cursor: Cursor) -> Literal:
    cursor.at += 1
    return Literal(cursor.tokens[cursor.at - 1] == "true", cursor.at - 1)


def _physical(cursor: Cursor) -> Operand:
    if not _is_physical(cursor.tokens[cursor.at]):
        raise cursor.unexpected()
    return _named(cursor)


def _is_physical(token: str) -> bool:
    return len(token) > 1 and token[0] == "$"


def _power_call(cursor: Cursor) -> Call:
    # The name of a function, and of a gate modifier, which makes it a keyword.
    if cursor.tokens[cursor.at + 1] != "(":
        raise cursor.unexpected()
    return _call(cursor)


def _cast(cursor: Cursor) -> Cast:
    at = cursor.at
    cursor.enter()
    target = _type(cursor)
    cursor.expect("(")
    inner = _binary(cursor, _LOWEST)
    cursor.leave()
    cursor.expect(")")
    return Cast(target, inner, at)


def _array(cursor: Cursor) -> Expression:
    raise UnsupportedFeature("arrays are not supported", *cursor.source.place(cursor.at))


# By the token, or else by its first character.
_PRIMARIES: Final[Mapping[str, Callable[[Cursor], Expression]]] = {
    "(": _parenthesised,
    "true": _truth,
    "false": _truth,
    '"': bit_string,
    "'": bit_string,
    "$": _physical,
    "pow": _power_call,
    "array": _array,
    "durationof": duration_of,
    **dict.fromkeys(TYPES, _cast),
}
