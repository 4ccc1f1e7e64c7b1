"""From a text to its tokens, as plain strings: one regular expression, applied in one pass.

A token is found by what it looks like and nothing else is kept of it: what it means, the parser
decides, and where it stood, `qcexec_engine.language.source` finds out when an error needs it.
White space and comments are skipped. An index that is one number, `[3]`, is a token of its own,
for most of a circuit's text is operands like `q[3]`. A character that begins no token is a token,
too, which then fits nowhere.

Every repetition is possessive and every alternative decided by its first characters, so that the
time is linear in the length of any text: what begins and does not end, such as a comment, is one
token up to where the search for its end gave up.
"""

from __future__ import annotations

import re
from itertools import groupby
from operator import itemgetter
from typing import Final

END: Final = ""
"""The token behind the last one."""

KEYWORDS: Final = (
    "OPENQASM", "angle", "array", "barrier", "bit", "bool", "box", "break", "cal", "case",
    "complex", "const", "continue", "creg", "ctrl", "def", "default", "defcal", "defcalgrammar",
    "delay", "duration", "durationof", "else", "end", "extern", "false", "float", "for", "gate",
    "gphase", "if", "in", "include", "input", "int", "inv", "let", "measure", "mutable", "negctrl",
    "opaque", "output", "pow", "pragma", "qreg", "qubit", "readonly", "reset", "return", "stretch",
    "switch", "true", "uint", "void", "while",
)  # fmt: skip
"""The words of either version of OpenQASM that are no names, in alphabetical order."""

LOOK_AHEAD: Final = 3
"""How many tokens behind any token that is not `END` can be looked at."""


def pattern(text: str) -> re.Pattern[str]:
    """The expression that finds the tokens of a text, as its only group."""
    return _ASCII if text.isascii() else _UNICODE


def tokenize(text: str, *, plainly: bool = False) -> list[str]:
    """The tokens of a text, with `LOOK_AHEAD` times `END` behind them.

    Args:
        text: of ASCII alone where it is read plainly.
        plainly: whether each plain call is one token, with its semicolon, and so is each of the
            commonest other statements, without it.
    """
    expression = _PLAIN if plainly else pattern(text)
    tokens: list[str] = expression.findall(text)
    tokens += (END,) * LOOK_AHEAD
    return tokens


def is_name(token: str) -> bool:
    """Whether a token consists of the letters that OpenQASM allows in a name; keywords do, too.

    Those are Unicode's letters (Lu, Ll, Lt, Lm, Lo) and letter numbers (Nl), the digits 0 to 9 and
    the underscore, and no digit comes first.
    """
    if token.isascii():
        return token.isidentifier()
    return not token[0].isdecimal() and all(map(_is_of_names, token))


def is_plain_call(token: str) -> bool:
    """Whether a token of a text that is read plainly is a call."""
    return token[-1:] == ";" and (token[0] not in _OTHERS or _is_no_pragma(token))


def is_plain_statement(token: str) -> bool:
    """Whether a token of a text that is read plainly, and no call, is a whole statement."""
    return " " in token and (token[0] not in _OTHERS or _is_no_pragma(token))


_OTHERS: Final = frozenset(";\"'@#/p")
"""What begins tokens with a semicolon or spaces that are neither; of those with p, pragmas."""


def _is_no_pragma(token: str) -> bool:
    return token[0] == "p" and not token.startswith("pragma")


def _none_of(words: tuple[str, ...]) -> str:
    """An expression that looks ahead for one of these words, by their first letters."""
    by_letter = [(letter, list(group)) for letter, group in groupby(words, itemgetter(0))]
    rests = [f"{letter}(?:{'|'.join(word[1:] for word in group)})" for letter, group in by_letter]
    return rf"(?!(?:{'|'.join(rests)})\b)"


_SKIPPED = (
    r"[ \t\r\n]*+"
    r"(?:(?://[^\r\n]*+|/\*[^*]*+(?:\*(?!/)[^*]*+)*+\*/)[ \t\r\n]*+)*+"
)
_PRAGMA = r"pragma\b[^\r\n]*+"
_ASCII_WORD = r"[A-Za-z_][A-Za-z0-9_]*+"
_UNICODE_WORD = r"[^\W\d]\w*+"
_ELEMENT = rf"{_ASCII_WORD}(?:\[[0-9]{{1,15}}+\])?+"
_OPERAND = rf"(?:{_ELEMENT}|\$[0-9]++)"
# No keyword begins a call. What follows an '@' is left to be read with its modifiers.
_PLAIN_CALL = (
    rf"(?<!@ ){_none_of(KEYWORDS)}"
    rf"{_ASCII_WORD}(?:\([-0-9.eE*/pi, ]*+\))?+ {_OPERAND}(?:, ?{_OPERAND})*+;"
)
_PLAIN_STATEMENT = (
    rf"(?:qubit(?:\[[0-9]{{1,15}}+\])?+ {_ASCII_WORD}"
    rf"|bit(?:\[[0-9]{{1,15}}+\])?+ {_ASCII_WORD}(?: = measure {_OPERAND})?+"
    rf"|[cq]reg {_ASCII_WORD}\[[0-9]{{1,15}}+\]"
    rf"|measure {_OPERAND} -> {_OPERAND}|reset {_OPERAND}"
    rf"|barrier {_OPERAND}(?:, ?{_OPERAND})*+"
    rf"|{_ELEMENT} = measure {_OPERAND}"
    rf"|include \"[a-z0-9.]++\")(?=;)"
)
_INDEX = r"\[[0-9]{1,15}+\]"
_MARK = r"[;,\[\](){}]"
_SHORT_INTEGER = r"[0-9]++(?=[\]:;,)])"
_BASED_INTEGER = r"0[xX][0-9a-fA-F_]++|0[oO][0-7_]++|0[bB][01_]++"
_NUMBER = (
    r"(?:[0-9][0-9_]*+(?:\.[0-9_]*+)?+|\.[0-9][0-9_]*+)"
    r"(?:[eE][+-]?[0-9][0-9_]*+)?+"
    r"(?:[ \t]*+(?:dt|ns|us|µs|μs|ms|s|im)(?!\w))?+"
)
_OPERATOR = r"\*\*=?|<<=?|>>=?|\+\+|->|&&|\|\||[-+*/%&|^~=!<>]="
_HASH_PRAGMA = r"#pragma\b[^\r\n]*+"
_ANNOTATION = r"@[^\W\d][^\r\n]*+"
_PHYSICAL_QUBIT = r"\$[0-9]++"
_STRING = r"\"[^\"\r\n]*+\"?+|'[^'\r\n]*+'?+"
_OPEN_COMMENT = r"/\*[\s\S]*+"
_ANY_CHARACTER = r"[\s\S]"
_END = r"\Z"


def _compiled(*words: str) -> re.Pattern[str]:
    # The most frequent kinds come first.
    kinds = (
        _PRAGMA,
        *words,
        _INDEX,
        _MARK,
        _SHORT_INTEGER,
        _BASED_INTEGER,
        _NUMBER,
        _OPERATOR,
        _HASH_PRAGMA,
        _ANNOTATION,
        _PHYSICAL_QUBIT,
        _STRING,
        _OPEN_COMMENT,
        _ANY_CHARACTER,
        _END,
    )
    return re.compile(f"{_SKIPPED}({'|'.join(kinds)})")


_ASCII: Final = _compiled(_ASCII_WORD)
_PLAIN: Final = _compiled(_PLAIN_CALL, _PLAIN_STATEMENT, _ASCII_WORD)
_UNICODE: Final = _compiled(_UNICODE_WORD)


def _is_of_names(character: str) -> bool:
    if character.isascii():
        return character.isalnum() or character == "_"
    # The second are the letter numbers: no other numbers begin a name in Python either.
    return character.isalpha() or (character.isnumeric() and character.isidentifier())
