"""What a block may do, read off its syntax: which names it assigns to, and whether it jumps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qcexec_engine.elaboration.state import State
from qcexec_engine.language.syntax import (
    Assignment,
    Block,
    Box,
    Concatenation,
    Element,
    For,
    If,
    Jump,
    MeasureStatement,
    Name,
    Switch,
    While,
)


def assigned_names(state: State, block: Block) -> frozenset[str]:
    """The names that a block assigns to or measures into, in the blocks inside it, too."""
    kept = state.assigned.get(id(block))
    if kept is None:
        kept = frozenset(
            name
            for statement in _statements(block, into_loops=True)
            if type(statement) is Assignment or type(statement) is MeasureStatement
            for name in names_in(statement.target)
        )
        state.assigned[id(block)] = kept
    return kept


def measured_names(block: Block) -> frozenset[str]:
    """The names that a block measures into."""
    return frozenset(
        name
        for statement in _statements(block, into_loops=True)
        if type(statement) is MeasureStatement
        for name in names_in(statement.target)
    )


def jumps(block: Block) -> frozenset[str]:
    """Which of "break" and "continue" a block has for the loop that it is the body of."""
    return frozenset(
        statement.kind
        for statement in _statements(block, into_loops=False)
        if type(statement) is Jump and statement.kind != "end"
    )


def names_in(node: Any) -> Iterator[str]:
    """The names in an expression; none in None."""
    stack = [node]
    while stack:
        part = stack.pop()
        if type(part) is Name or type(part) is Element:
            yield part.name
        elif isinstance(part, tuple) and not isinstance(part, Concatenation):
            stack += [inner for inner in part if isinstance(inner, tuple)]


def _statements(block: Block, into_loops: bool) -> Iterator[Any]:
    """All statements of a block and of the blocks inside it."""
    stack: list[Block] = [block]
    while stack:
        for statement in stack.pop():
            yield statement
            if isinstance(statement, If):
                stack += (statement.then, statement.otherwise)
            elif isinstance(statement, Switch):
                stack += [case.body for case in statement.cases]
            elif isinstance(statement, Box) or (into_loops and isinstance(statement, For | While)):
                stack.append(statement.body)
