"""Where the tokens of a text stand, found out by reading it again: only errors ask for it."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from qcexec_engine.language.lexer import pattern

_LINE_END: Final = re.compile(r"\r\n|\r|\n")


class Source:
    """A text, for the places in it. Lines and columns count from 1, columns in characters."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def place(self, at: int) -> tuple[int, int]:
        """The line and column at which a token begins, by its number."""
        return self.place_of_character(self._span(at)[0])

    def end(self, at: int) -> tuple[int, int]:
        """The line and column of the first character behind a token."""
        return self.place_of_character(self._span(at)[1])

    def line_up_to(self, at: int) -> str:
        """A token's line up to and with the token, without white space around it."""
        end = self._span(at)[1]
        line_start = end - self.place_of_character(end)[1] + 1
        return self.text[line_start:end].strip()

    def place_of_character(self, offset: int) -> tuple[int, int]:
        """The line and column of a character, by its offset into the text."""
        line = 1
        line_start = 0
        for line_end in _LINE_END.finditer(self.text, 0, offset):
            line += 1
            line_start = line_end.end()
        return line, offset - line_start + 1

    def _span(self, at: int) -> tuple[int, int]:
        tokens = pattern(self.text).finditer(self.text)
        found = next(islice(tokens, at, None), None)
        return found.span(1) if found is not None else (len(self.text), len(self.text))
