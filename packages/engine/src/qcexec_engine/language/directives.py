"""Statements about the text itself: its version, includes, pragmas, annotations."""

from __future__ import annotations

from qcexec_engine.language.cursor import Cursor
from qcexec_engine.language.lexer import END
from qcexec_engine.language.syntax import Include, Pragma


def include(cursor: Cursor) -> Include:
    """`include "file";`: nothing is opened here, or anywhere."""
    at = cursor.at
    cursor.at = at + 1
    file = cursor.tokens[cursor.at]
    if len(file) < 3 or file[0] not in "\"'" or file[-1] != file[0]:
        raise cursor.unquoted("a file's name")
    cursor.at += 1
    cursor.end_statement()
    return Include(file[1:-1], at)


def pragma(cursor: Cursor) -> Pragma:
    """`pragma text`, up to the end of the line."""
    cursor.at += 1
    token = cursor.tokens[cursor.at - 1]
    return Pragma(token.removeprefix("#").removeprefix("pragma").strip(), cursor.at - 1)


def annotation(cursor: Cursor) -> None:
    """`@name text`, up to the end of the line, before the statement that it is about."""
    cursor.at += 1
    if cursor.tokens[cursor.at] in ("}", END):
        raise cursor.fault("an annotation stands before a statement", cursor.at - 1)


def empty(cursor: Cursor) -> None:
    """A semicolon alone."""
    cursor.at += 1


def version(cursor: Cursor) -> None:
    """`OPENQASM 3.0;`, which a handler only sees where it does not belong."""
    raise cursor.fault("the version stands at the beginning of the text, once")
