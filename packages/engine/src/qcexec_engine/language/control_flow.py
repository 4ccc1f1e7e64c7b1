"""Conditions, loops, switches and scopes."""

from __future__ import annotations

from qcexec_engine.language.blocks import block, body
from qcexec_engine.language.cursor import Cursor
from qcexec_engine.language.expressions import (
    TYPES,
    classical_type,
    designator,
    domain,
    expression,
    expressions,
)
from qcexec_engine.language.syntax import (
    Block,
    Box,
    Case,
    Expression,
    For,
    If,
    Jump,
    Switch,
    While,
)


def condition(cursor: Cursor) -> If:
    """`if (condition) then else otherwise`; a further `if` behind `else` nests."""
    at = cursor.at
    cursor.at = at + 1
    asked = _in_parentheses(cursor)
    then = body(cursor)
    otherwise: Block = ()
    if cursor.version == 3 and cursor.skip("else"):
        otherwise = body(cursor)
    return If(asked, then, otherwise, at)


def for_loop(cursor: Cursor) -> For:
    """`for type variable in domain body`."""
    at = cursor.at
    cursor.at = at + 1
    declared = classical_type(cursor) if cursor.tokens[cursor.at] in TYPES else None
    variable = cursor.name()
    cursor.expect("in")
    values = domain(cursor)
    return For(declared, variable, values, _loop_body(cursor), at)


def while_loop(cursor: Cursor) -> While:
    """`while (condition) body`."""
    at = cursor.at
    cursor.at = at + 1
    asked = _in_parentheses(cursor)
    return While(asked, _loop_body(cursor), at)


def switch(cursor: Cursor) -> Switch:
    """`switch (target) { case values { } default { } }`."""
    at = cursor.at
    cursor.at = at + 1
    target = _in_parentheses(cursor)
    opening = cursor.at
    cursor.expect("{")
    cursor.enter()
    cases = []
    while not cursor.skip("}"):
        if not cursor.tokens[cursor.at]:
            raise cursor.fault("this '{' is not closed", opening)
        cases.append(_case(cursor))
    cursor.leave()
    return Switch(target, tuple(cases), at)


def box(cursor: Cursor) -> Box:
    """`box[duration] { body }`."""
    at = cursor.at
    cursor.at = at + 1
    designator(cursor)
    return Box(block(cursor), at)


def scope(cursor: Cursor) -> Box:
    """A block on its own."""
    at = cursor.at
    return Box(block(cursor), at)


def jump_from_loop(cursor: Cursor) -> Jump:
    """`break;` or `continue;`."""
    at = cursor.at
    kind = cursor.tokens[at]
    if not cursor.loops:
        raise cursor.fault(f"'{kind}' stands outside of any loop")
    return end(cursor)


def end(cursor: Cursor) -> Jump:
    """`end;`."""
    at = cursor.at
    cursor.at = at + 1
    cursor.end_statement()
    return Jump(cursor.tokens[at], at)


def _in_parentheses(cursor: Cursor) -> Expression:
    cursor.expect("(")
    inner = expression(cursor)
    cursor.expect(")")
    return inner


def _loop_body(cursor: Cursor) -> Block:
    cursor.loops += 1
    repeated = body(cursor)
    cursor.loops -= 1
    return repeated


def _case(cursor: Cursor) -> Case:
    at = cursor.at
    if cursor.skip("default"):
        return Case((), block(cursor), at)
    if not cursor.skip("case"):
        raise cursor.missing("case", "default", "}")
    return Case(expressions(cursor, "{"), block(cursor), at)
