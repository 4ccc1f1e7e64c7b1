"""Statements in sequence: at the top level, in braces, and one alone."""

from __future__ import annotations

from typing import Final

from qcexec_engine.language.calls import evaluation, named_statement
from qcexec_engine.language.cursor import Cursor
from qcexec_engine.language.lexer import END
from qcexec_engine.language.syntax import Block, Statement


def statements(cursor: Cursor) -> Block:
    """The statements from the cursor to the end of the text or to a '}', which stays."""
    tokens = cursor.tokens
    names = cursor.names
    found: list[Statement] = []
    while True:
        token = tokens[cursor.at]
        if token in names:
            found.append(named_statement(cursor))
        elif token in ("}", END):
            return tuple(found)
        else:
            statement = keyword_statement(cursor)
            if statement is not None:
                found.append(statement)


def block(cursor: Cursor) -> Block:
    """The statements in braces at the cursor."""
    opening = cursor.at
    cursor.expect("{")
    cursor.enter()
    inner = statements(cursor)
    cursor.leave()
    if cursor.tokens[cursor.at] == END:
        raise cursor.fault("this '{' is not closed", opening)
    cursor.at += 1
    return inner


def body(cursor: Cursor) -> Block:
    """A block, or the one statement that stands in its place."""
    if cursor.tokens[cursor.at] == "{":
        return block(cursor)
    cursor.enter()
    while _kind(cursor.tokens[cursor.at]) == _ANNOTATION:
        keyword_statement(cursor)
    if cursor.tokens[cursor.at] in cursor.names:
        statement: Statement | None = named_statement(cursor)
    else:
        statement = keyword_statement(cursor)
    cursor.leave()
    if statement is None:
        return ()
    return (statement,)


def keyword_statement(cursor: Cursor) -> Statement | None:
    """The statement at the cursor, which begins with no name; None for an empty one."""
    token = cursor.tokens[cursor.at]
    handler = cursor.handlers.get(token)
    if handler is None:
        handler = cursor.handlers.get(_kind(token))
    if handler is None:
        return evaluation(cursor)
    return handler(cursor)


_ANNOTATION: Final = "@name"


def _kind(token: str) -> str:
    # A pragma is a token with the rest of its line, and so is an annotation.
    if len(token) > 1 and token[0] == "@":
        return _ANNOTATION
    words = token.split(maxsplit=1)
    return words[0] if words else token
