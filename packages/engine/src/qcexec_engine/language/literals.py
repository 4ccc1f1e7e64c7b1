"""Numbers, durations and bit strings, from their tokens to their values."""

from __future__ import annotations

import re
import sys
from typing import Final

from qcexec_engine.errors import InvalidAngle, UnsupportedFeature
from qcexec_engine.language.cursor import Cursor
from qcexec_engine.language.syntax import BitString, Duration, Literal

# The longest number that a floating-point number can hold has 309 decimal digits, and more where
# zeros lead; what is longer is not worth reading.
_MOST_CHARACTERS: Final = 400
_LARGEST: Final = sys.float_info.max
_DECIMAL_END: Final = frozenset("0123456789.")
_OPENING: Final = frozenset("([{")
_CLOSING: Final = frozenset(")]}")
_BASES: Final = {"x": 16, "X": 16, "o": 8, "O": 8, "b": 2, "B": 2}
_LONE_UNDERSCORE: Final = re.compile(r"(?<![0-9])_|_(?![0-9])")
_LONE_UNDERSCORE_HEXADECIMAL: Final = re.compile(r"(?<![0-9a-fA-F])_|_(?![0-9a-fA-F])")
# A named tuple's own constructor takes twice as long.
_new = tuple.__new__
_BIT_STRING: Final = re.compile(r"[01](?:_?[01])*+")


def number(cursor: Cursor) -> Literal | Duration:
    """The number at the cursor, a token that begins with a digit, or a point and a digit.

    Raises:
        SyntaxFault: its underscores do not stand between digits.
        InvalidAngle: a floating-point number cannot hold it.
        UnsupportedFeature: it is imaginary.
    """
    at = cursor.at
    token = cursor.tokens[at]
    cursor.at = at + 1
    value: int | float
    if (
        token[-1] in _DECIMAL_END
        and len(token) <= _MOST_CHARACTERS
        and "_" not in token
        and token[1:2] not in _BASES
    ):
        value = int(token) if token.isdecimal() else float(token)
        if value <= _LARGEST:
            return _new(Literal, (value, at))
    return _unusual_number(cursor, token, at)


def bit_string(cursor: Cursor) -> BitString:
    """The bit string at the cursor, a token that begins with a quotation mark."""
    token = cursor.tokens[cursor.at]
    digits = token[1:-1]
    if len(token) < 2 or token[-1] != token[0]:
        raise cursor.unexpected()
    if token[0] != '"' or _BIT_STRING.fullmatch(digits) is None:
        raise cursor.fault("a string of other characters than 0 and 1 is no value")
    cursor.at += 1
    return BitString(digits.replace("_", ""), cursor.at - 1)


def duration_of(cursor: Cursor) -> Duration:
    """`durationof({ ... })` at the cursor; what it measures is only looked through."""
    at = cursor.at
    cursor.at = at + 1
    cursor.expect("(")
    depth = 1
    while depth:
        token = cursor.tokens[cursor.at]
        if not token:
            raise cursor.missing(")")
        depth += (token in _OPENING) - (token in _CLOSING)
        cursor.at += 1
    return Duration(at)


def _unusual_number(cursor: Cursor, token: str, at: int) -> Literal | Duration:
    # A duration, an imaginary number, one with a base or with underscores, or one too large.
    if token[-1] in "st":
        return Duration(at)
    if token[-1] == "m":
        message = "complex numbers are not supported"
        raise UnsupportedFeature(message, *cursor.source.place(at))
    base = _BASES.get(token[1:2], 10)
    lone = _LONE_UNDERSCORE_HEXADECIMAL if base == 16 else _LONE_UNDERSCORE
    if lone.search(token) is not None:
        raise cursor.fault("a number's underscores have to stand between two digits", at)
    digits = token.replace("_", "")
    if len(digits) > _MOST_CHARACTERS:
        message = f"a number of {len(digits)} digits is too large"
        raise InvalidAngle(message, *cursor.source.place(at))
    whole = base != 10 or digits.isdecimal()
    value = int(digits, base) if whole else float(digits)
    if value > _LARGEST:
        message = f"a number of {len(digits)} digits" if whole else f"the number {digits}"
        raise InvalidAngle(f"{message} is too large", *cursor.source.place(at))
    return Literal(value, at)
