"""Statements that begin with a name: gate calls above all, then assignments and expressions.

Gate calls are most of every text, so operands as they are mostly written, a name with or without
`[3]`, are read here in a loop that calls nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qcexec_engine.language.cursor import Cursor
from qcexec_engine.language.expressions import (
    Operand,
    arguments,
    designator,
    expression,
    operand,
)
from qcexec_engine.language.syntax import (
    Assignment,
    Element,
    Evaluation,
    Expression,
    GateCall,
    Measurement,
    MeasureStatement,
    Modifier,
    Name,
    Statement,
)
from qcexec_engine.language.values import value

_ASSIGNMENTS: Final = frozenset(
    ("=", "+=", "-=", "*=", "/=", "%=", "**=", "&=", "|=", "^=", "<<=", ">>=")
)
_SEPARATORS: Final = frozenset((",", ";"))
# Most indices, for a look-up is quicker than to read a number.
_INDICES: Final[Mapping[str, int]] = {f"[{index}]": index for index in range(1000)}
_MODIFIERS: Final = frozenset(("ctrl", "negctrl", "inv", "pow"))
# A named tuple's own constructor takes twice as long.
_new = tuple.__new__


def named_statement(cursor: Cursor) -> Statement:
    """The statement at the cursor, which is at a name."""
    at = cursor.at
    tokens = cursor.tokens
    mark = tokens[at + 1]
    if mark in cursor.names:
        cursor.at = at + 1
        return _new(GateCall, (tokens[at], (), operands(cursor), (), at))
    if mark == "(":
        cursor.at = at + 2
        values = arguments(cursor)
        following = tokens[cursor.at]
        if following in cursor.names:
            return _new(GateCall, (tokens[at], values, operands(cursor), (), at))
        if following[:1] in ("$", "["):
            return _call(cursor, tokens[at], values, (), at)
    elif mark[:1] == "$":
        cursor.at = at + 1
        return _call(cursor, tokens[at], (), (), at)
    elif mark[:1] == "[" or mark in _ASSIGNMENTS:
        return _assignment(cursor)
    cursor.at = at
    return evaluation(cursor)


def modified_call(cursor: Cursor) -> GateCall:
    """A gate call that begins with a modifier, or a call of gphase."""
    at = cursor.at
    tokens = cursor.tokens
    modifiers = []
    while tokens[cursor.at] in _MODIFIERS:
        modifiers.append(_modifier(cursor))
    name = "gphase" if cursor.skip("gphase") else cursor.name()
    values = arguments(cursor) if cursor.skip("(") else ()
    return _call(cursor, name, values, tuple(modifiers), at)


def operands(cursor: Cursor) -> tuple[Operand, ...]:
    """The operands of a statement, one at least; goes behind its semicolon."""
    tokens = cursor.tokens
    names = cursor.names
    found: list[Operand] = []
    at = cursor.at
    while True:
        name = tokens[at]
        mark = tokens[at + 1]
        if name in names and mark in _SEPARATORS:
            found.append(_new(Name, (name, at)))
            at += 1
        elif mark in _INDICES and tokens[at + 2] in _SEPARATORS and name in names:
            found.append(_new(Element, (name, _INDICES[mark], at)))
            at += 2
        else:
            cursor.at = at
            found.append(operand(cursor))
            at = cursor.at
        mark = tokens[at]
        if mark == ",":
            at += 1
            mark = tokens[at]
        elif mark != ";":
            cursor.at = at
            raise cursor.missing(",", ";")
        if mark == ";":
            cursor.at = at + 1
            return tuple(found)


def evaluation(cursor: Cursor) -> Evaluation:
    """An expression as a statement."""
    at = cursor.at
    found = Evaluation(expression(cursor), at)
    cursor.end_statement()
    return found


def _call(
    cursor: Cursor,
    name: str,
    values: tuple[Expression, ...],
    modifiers: tuple[Modifier, ...],
    at: int,
) -> GateCall:
    # A gate's duration changes no count; OpenQASM 2 has none.
    if cursor.version == 3:
        designator(cursor)
    elif cursor.tokens[cursor.at][:1] == "[":
        raise cursor.unexpected()
    if name == "gphase" and cursor.skip(";"):
        return GateCall(name, values, (), modifiers, at)
    return GateCall(name, values, operands(cursor), modifiers, at)


def _modifier(cursor: Cursor) -> Modifier:
    at = cursor.at
    cursor.at = at + 1
    argument = None
    if cursor.skip("("):
        argument = expression(cursor)
        cursor.expect(")")
    cursor.expect("@")
    return Modifier(cursor.tokens[at], argument, at)


def _assignment(cursor: Cursor) -> Statement:
    at = cursor.at
    tokens = cursor.tokens
    target = operand(cursor)
    op = tokens[cursor.at]
    if op in _ASSIGNMENTS:
        cursor.at += 1
        assigned = value(cursor)
        cursor.end_statement()
        if op == "=" and isinstance(assigned, Measurement):
            return MeasureStatement(assigned.operand, target, at)
        return Assignment(target, op, assigned, at)
    cursor.at = at
    if op in cursor.names or op[:1] == "$":
        cursor.at = at + 1
        return _call(cursor, tokens[at], (), (), at)
    return evaluation(cursor)
