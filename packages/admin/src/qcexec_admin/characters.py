"""Text in the cells of a terminal, whatever characters it has.

Names come from outside. A control character among them could move the cursor or
change the terminal's settings, so each becomes a mark; wide characters take two
cells and combining ones none, so that columns stay straight.
"""

from __future__ import annotations

import unicodedata

MARK = "?"
"""Stands for a character that is not shown."""
CUT = "…"


def visible(text: str) -> str:
    r"""The text with a mark for what a terminal would act upon or can't show.

    >>> visible("pod\x1b[2J\n\u202ex")
    'pod?[2J??x'
    """
    return "".join(each if each.isprintable() else MARK for each in text)


def cells(text: str) -> int:
    """How many cells a visible text takes.

    >>> cells("abc"), cells("日本"), cells("e\u0301")
    (3, 4, 1)
    """
    return len(text) if text.isascii() else sum(map(_width, text))


def clip(text: str, width: int) -> str:
    """A visible text, cut to so many cells; a cut shows.

    >>> clip("worker-17", 20), clip("worker-17", 7), clip("日本語", 4), clip("ab", 0)
    ('worker-17', 'worker…', '日…', '')
    """
    if cells(text) <= width:
        return text
    return _head(text, width - 1) + CUT if width > 0 else ""


def shorten(text: str, width: int) -> str:
    """A visible text, with its middle cut out: names of pods differ at their ends.

    >>> shorten("qcexec-worker-7f9c4-x2x7k", 13), shorten("日本語", 5), shorten("ab", 1)
    ('qcexec…-x2x7k', '日…語', '…')
    """
    if cells(text) <= width or width < 1:
        return clip(text, width)
    tail = _head(text[::-1], (width - 1) // 2)[::-1]
    return _head(text, width - 1 - cells(tail)) + CUT + tail


def pad(text: str, width: int, *, right: bool = False) -> str:
    """A visible text in exactly so many cells; ``right`` puts it at the right."""
    text = shorten(text, width)
    blank = " " * (width - cells(text))
    return blank + text if right else text + blank


def _head(text: str, width: int) -> str:
    """As many characters from the front as fit."""
    for place, each in enumerate(text):
        width -= _width(each)
        if width < 0:
            return text[:place]
    return text


def _width(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
