"""Where the parser is in the tokens, what it has counted so far, and the errors it raises there."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from qcexec_engine.errors import CircuitTooLarge, SyntaxFault
from qcexec_engine.language.lexer import END, is_name
from qcexec_engine.language.source import Source
from qcexec_engine.language.syntax import Statement

Handler: TypeAlias = Callable[["Cursor"], Statement | None]
"""Parses the statement at the cursor and leaves the cursor behind it."""

PlainReader: TypeAlias = Callable[[str, int], Statement]
"""Gives the statement that a token is, by the version of OpenQASM."""

MOST_OPERATORS: Final = 256
"""The most operators of one expression: those behind it walk its tree by recursion."""

_MARKS: Final = frozenset("[](){}:;,.+-*/%~!&|^<>=@_")


class Cursor:
    """A position in the tokens of a text.

    Attributes:
        tokens: the tokens, with `lexer.LOOK_AHEAD` times `lexer.END` behind them.
        at: the number of the token at which the parser is.
        version: 2 or 3, the version of OpenQASM.
        handlers: what parses a statement, by its first word.
        read_plain: reads tokens that are whole statements; None where there are no such.
        max_nesting: how deep a text may nest.
        loops: how many loops the cursor is in.
        operators: how many operators the expression at the cursor has had so far.
    """

    def __init__(
        self,
        tokens: list[str],
        keywords: frozenset[str],
        version: int,
        handlers: Mapping[str, Handler],
        source: Source,
        max_nesting: int,
    ) -> None:
        self.tokens = tokens
        self.at = 0
        self.version = version
        self.handlers = handlers
        self.source = source
        self.read_plain: PlainReader | None = None
        self.loops = 0
        self.operators = 0
        self._keywords = keywords
        self.max_nesting = max_nesting
        self._nesting = 0

    @functools.cached_property
    def names(self) -> frozenset[str]:
        """The tokens of this text that may be names: identifiers that are no keywords."""
        is_identifier = str.isidentifier if self.source.text.isascii() else is_name
        return frozenset(filter(is_identifier, set(self.tokens))) - self._keywords

    def skip(self, mark: str) -> bool:
        """Whether the cursor is at a certain token; if so, goes behind it."""
        if self.tokens[self.at] == mark:
            self.at += 1
            return True
        return False

    def expect(self, mark: str) -> None:
        """Goes behind a token that has to come here."""
        if self.tokens[self.at] != mark:
            raise self.missing(mark)
        self.at += 1

    def end_statement(self) -> None:
        """Goes behind the semicolon that has to come here."""
        self.expect(";")

    def name(self) -> str:
        """The name that has to come here; goes behind it."""
        token = self.tokens[self.at]
        if token not in self.names:
            raise self.no_name()
        self.at += 1
        return token

    def enter(self) -> None:
        """Counts one level of nesting, which recursion follows."""
        self._nesting += 1
        if self._nesting > self.max_nesting:
            message = f"the text is nested more than {self.max_nesting} levels deep"
            raise CircuitTooLarge(message, *self.source.place(self.at))

    def leave(self) -> None:
        """Ends a level of nesting."""
        self._nesting -= 1

    def count_operator(self) -> None:
        """Counts one operator of the expression at hand."""
        self.operators += 1
        if self.operators > MOST_OPERATORS:
            message = f"an expression has more than {MOST_OPERATORS} operators"
            raise CircuitTooLarge(message, *self.source.place(self.at))

    def fault(self, message: str, at: int | None = None) -> SyntaxFault:
        """An error at a token, or at the cursor."""
        return SyntaxFault(message, *self.source.place(self.at if at is None else at))

    def unexpected(self) -> SyntaxFault:
        """The token at the cursor fits nothing that may come here."""
        unreadable = self._unreadable()
        if unreadable is not None:
            return unreadable
        if self.tokens[self.at] == END:
            return self._ended("the text ends too early")
        return self.fault(f"{self._spelt()} does not fit here")

    def no_name(self) -> SyntaxFault:
        """A name has to come here, and something else does."""
        unreadable = self._unreadable()
        if unreadable is not None:
            return unreadable
        if self.tokens[self.at] == END:
            return self._ended("a name is missing")
        if self.tokens[self.at].isidentifier():
            return self.fault(f"{self._spelt()} is a word of the language and cannot be a name")
        return self.fault(f"a name is needed before {self._spelt()}")

    def unquoted(self, what: str) -> SyntaxFault:
        """Something has to come here in quotation marks."""
        return self._unreadable() or self.fault(f"{what} stands in quotation marks")

    def missing(self, mark: str, *others: str) -> SyntaxFault:
        """One of some marks has to come here, and something else does."""
        unreadable = self._unreadable()
        if unreadable is not None:
            return unreadable
        if ";" in (mark, *others) and self._begins_line():
            statement = self.source.line_up_to(self.at - 1)[-40:]
            return self._ended(f"a ';' is missing after '{statement}'")
        needed = " or ".join(f"'{needed}'" for needed in (mark, *others))
        if self.tokens[self.at] == END:
            return self._ended(f"{needed} is missing at the end of the text")
        return self.fault(f"{needed} is needed before {self._spelt()}")

    def _unreadable(self) -> SyntaxFault | None:
        token = self.tokens[self.at]
        if token.startswith("/*"):
            return self.fault("this comment is not closed")
        if token[:1] in ("'", '"') and (len(token) == 1 or token[-1] != token[0]):
            return self.fault("this string is not closed")
        if len(token) > 1 and token[0] == "@":
            return self.fault(f"write a space after the '@' of '{token.split()[0]}'")
        word = token[:1].isalpha() and not token.startswith("pragma")
        if (len(token) == 1 and token not in _MARKS and not token.isalnum()) or (
            word and not token.isascii() and token not in self.names
        ):
            return self.fault(f"cannot read {self._spelt()}")
        return None

    def _ended(self, message: str) -> SyntaxFault:
        if self.at == 0:
            return SyntaxFault(message, 1, 1)
        return SyntaxFault(message, *self.source.end(self.at - 1))

    def _begins_line(self) -> bool:
        if self.at == 0:
            return False
        if self.tokens[self.at] == END:
            return True
        return self.source.place(self.at)[0] > self.source.end(self.at - 1)[0]

    def _spelt(self) -> str:
        token = self.tokens[self.at]
        shown = token if len(token) <= 40 else token[:40] + "..."
        return f"'{shown}'" if shown.isprintable() else repr(shown)
