"""Statements in sequence: at the top level, in braces, and one alone."""

from __future__ import annotations

from typing import Final

from qcexec_engine.language.calls import evaluation, named_statement
from qcexec_engine.language.cursor import Cursor, PlainReader
from qcexec_engine.language.lexer import END, is_plain_call, is_plain_statement
from qcexec_engine.language.plain_calls import gate_call
from qcexec_engine.language.syntax import Block, Statement


def statements(cursor: Cursor) -> Block:
    """The statements from the cursor to the end of the text or to a '}', which stays."""
    tokens = cursor.tokens
    found: list[Statement] = []
    while True:
        if cursor.read_plain is not None:
            _take_plain(cursor, cursor.read_plain, found)
        token = tokens[cursor.at]
        if token in ("}", END):
            return tuple(found)
        if token in cursor.names:
            found.append(named_statement(cursor))
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
    _check_plain(cursor, inner)
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
    token = cursor.tokens[cursor.at]
    if cursor.read_plain is not None and is_plain_call(token):
        statement: Statement | None = token
        cursor.at += 1
    elif token in cursor.names:
        statement = named_statement(cursor)
    else:
        statement = keyword_statement(cursor)
    cursor.leave()
    if statement is None:
        return ()
    _check_plain(cursor, (statement,))
    return (statement,)


def keyword_statement(cursor: Cursor) -> Statement | None:
    """The statement at the cursor, which begins with no name; None for an empty one."""
    token = cursor.tokens[cursor.at]
    if cursor.read_plain is not None and is_plain_statement(token):
        cursor.at += 2
        return cursor.read_plain(token, cursor.version)
    handler = cursor.handlers.get(token)
    if handler is None:
        handler = cursor.handlers.get(_kind(token))
    if handler is None:
        return evaluation(cursor)
    return handler(cursor)


_ANNOTATION: Final = "@name"


def _check_plain(cursor: Cursor, inner: Block) -> None:
    """Reads plain calls that the elaboration may never come to, so that none of them is wrong."""
    if cursor.read_plain is not None:
        for statement in inner:
            if isinstance(statement, str):
                gate_call(statement, cursor.version, cursor.max_nesting)


def _take_plain(cursor: Cursor, read_plain: PlainReader, found: list[Statement]) -> None:
    """Takes the plain calls and statements at the cursor, as far as they go."""
    tokens = cursor.tokens
    at = cursor.at
    append = found.append
    while True:
        token = tokens[at]
        if token[-1:] == ";":
            if not is_plain_call(token):
                break
            append(token)
            at += 1
        elif is_plain_statement(token):
            append(read_plain(token, cursor.version))
            at += 2
        else:
            break
    cursor.at = at


def _kind(token: str) -> str:
    # A pragma is a token with the rest of its line, and so is an annotation.
    if len(token) > 1 and token[0] == "@":
        return _ANNOTATION
    words = token.split(maxsplit=1)
    return words[0] if words else token
