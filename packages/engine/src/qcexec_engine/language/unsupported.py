"""Statements that the language has and the engine does not run: read to their ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qcexec_engine.language.cursor import Cursor
from qcexec_engine.language.syntax import Unsupported

# What each word begins, and whether that ends with a block or with a semicolon.
_KINDS: Final[Mapping[str, tuple[str, bool]]] = {
    "array": ("an array", False),
    "cal": ("a calibration (cal)", True),
    "def": ("a subroutine (def)", True),
    "defcal": ("a calibration (defcal)", True),
    "defcalgrammar": ("a calibration (defcalgrammar)", False),
    "extern": ("an external function (extern)", False),
    "input": ("an input parameter", False),
    "output": ("an output parameter", False),
    "return": ("a return from a subroutine", False),
}
UNSUPPORTED: Final = frozenset(_KINDS)
"""The keywords that begin such statements."""

_OPENING: Final = frozenset("([{")
_CLOSING: Final = frozenset(")]}")


def unsupported(cursor: Cursor) -> Unsupported:
    """The statement at the cursor, which is at one of `UNSUPPORTED`."""
    at = cursor.at
    tokens = cursor.tokens
    what, has_block = _KINDS[tokens[at]]
    if cursor.read_plain is not None:
        # The semicolon that ends it may be in a token with others.
        raise cursor.unexpected()
    depth = 0
    while True:
        token = tokens[cursor.at]
        if not token:
            raise cursor.missing("}" if has_block else ";")
        cursor.at += 1
        if token in _OPENING:
            depth += 1
        elif token in _CLOSING:
            depth -= 1
            if depth < 0:
                cursor.at -= 1
                raise cursor.unexpected()
        if depth == 0 and token == ("}" if has_block else ";"):
            return Unsupported(what, at)
