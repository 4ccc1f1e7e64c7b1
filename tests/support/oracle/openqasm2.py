"""OpenQASM 2 in the words of OpenQASM 3.

Nearly all of it is OpenQASM 3 as it stands. What is not: the version, names that are keywords now,
and `^` for a power.
"""

from __future__ import annotations

import re
from typing import Final

_WORDS: Final = re.compile(r'//[^\n]*|"[^"]*"|[A-Za-z_][A-Za-z_0-9]*|(?P<power>\^)', re.ASCII)
_NEW_WORDS: Final = frozenset(
    {
        *("angle", "annotation", "array", "bit", "bool", "box", "break", "cal", "case", "complex"),
        *("const", "continue", "ctrl", "def", "default", "defcal", "defcalgrammar", "delay"),
        *("durationof", "duration", "else", "end", "euler", "export", "extern", "false", "float"),
        *("for", "gphase", "im", "in", "input", "int", "inv", "let", "mutable", "negctrl", "nop"),
        *("output", "pow", "pragma", "qubit", "readonly", "return", "sizeof", "stretch", "switch"),
        *("tau", "true", "uint", "void", "while"),
    }
)


def translated(text: str) -> str:
    """The same circuit as OpenQASM 3, but for whole numbers, whose quotients are real in it."""
    return _WORDS.sub(_translated, text.replace("OPENQASM 2.0", "OPENQASM 3.0", 1))


def _translated(found: re.Match[str]) -> str:
    word = found.group()
    if found["power"]:
        return "**"
    if word in _NEW_WORDS:
        return f"{word}_"
    return word
