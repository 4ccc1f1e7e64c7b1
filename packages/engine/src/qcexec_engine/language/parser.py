"""From a text to the tree of its statements, by recursive descent.

`parse` decides which version of OpenQASM a text is, which says which words are keywords; every
keyword that begins a statement has a handler, and a name begins a gate call or an assignment.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from qcexec_engine.errors import CircuitTooLarge, InvalidText, SyntaxFault, UnsupportedFeature
from qcexec_engine.language import control_flow, declarations, directives, operations
from qcexec_engine.language.blocks import statements
from qcexec_engine.language.calls import modified_call
from qcexec_engine.language.cursor import Cursor, Handler
from qcexec_engine.language.expressions import TYPES
from qcexec_engine.language.lexer import END, tokenize
from qcexec_engine.language.source import Source
from qcexec_engine.language.syntax import Statement, Text
from qcexec_engine.language.unsupported import UNSUPPORTED, unsupported
from qcexec_engine.limits import Limits


class Parsed(NamedTuple):
    """A text's tree, and the text itself for the places of its tokens."""

    text: Text
    source: Source


def parse(text: str, limits: Limits, *, plainly: bool = False) -> Parsed:
    """The syntax tree of an OpenQASM 3 or OpenQASM 2 text.

    Args:
        text: as it was sent.
        limits: which bound its length and its nesting.
        plainly: whether most statements are taken whole and gate calls stay text
            (`syntax.PlainCall`), which is several times as quick. The places of errors are then
            wrong, also of those that the tree's elaboration raises, and some are other errors.

    Raises:
        InvalidText: it holds NUL or lone surrogates.
        SyntaxFault: it does not follow the grammar.
        CircuitTooLarge: it is too long or too deeply nested, or an expression is too long.
        InvalidAngle: it holds a number that no floating-point number can be.
        UnsupportedFeature: it is of another version, or holds complex numbers.
    """
    _check_characters(text, limits)
    source = Source(text.removeprefix("\ufeff"))
    plainly = plainly and text.isascii()
    tokens = tokenize(source.text, plainly=plainly)
    if tokens[0] == END:
        raise SyntaxFault("the circuit is empty", 1, 1)
    version = _version(tokens, source)
    keywords, handlers = (_KEYWORDS_2, _HANDLERS_2) if version == 2 else (_KEYWORDS, _HANDLERS)
    cursor = Cursor(tokens, keywords, version, handlers, source, limits.max_nesting)
    if plainly:
        cursor.read_plain = _plain_statement
    if tokens[0] == _VERSION:
        cursor.at = 2
        cursor.end_statement()
    tree = statements(cursor)
    if tokens[cursor.at] != END:
        raise cursor.fault("this '}' closes nothing")
    return Parsed(Text(version, tree), source)


def _plain_statement(text: str, version: int) -> Statement:
    """A statement that was taken whole, without its semicolon."""
    read = _read_statement if len(text) > _SHORT else _read_short_statement
    return read(text, version)


def _read_statement(text: str, version: int) -> Statement:
    parsed, _ = parse(f"OPENQASM {version};{text};", _ENOUGH)
    statement: Statement = parsed.statements[0]
    return statement


def _check_characters(text: str, limits: Limits) -> None:
    size = len(text)
    if text.isascii():
        invalid = text.find("\0")
    else:
        size = len(text.encode("utf-8", "surrogatepass"))
        found = _INVALID.search(text)
        invalid = -1 if found is None else found.start()
    if size > limits.max_text_bytes:
        message = f"the text has {size} bytes, and at most {limits.max_text_bytes} are allowed"
        raise CircuitTooLarge(message)
    if invalid >= 0:
        message = f"the character {text[invalid]!a} is not allowed"
        raise InvalidText(message, *Source(text).place_of_character(invalid))


def _version(tokens: list[str], source: Source) -> int:
    if tokens[0] != _VERSION:
        return 3
    number = tokens[1]
    if number == "3.0":
        return 3
    if _VERSION_NUMBER.fullmatch(number) is None:
        raise SyntaxFault("'OPENQASM' is followed by a version: 'OPENQASM 3.0;'", *source.place(1))
    major = number.partition(".")[0]
    if major not in ("2", "3"):
        message = f"OpenQASM {number[:40]} is not known: the versions are 2.0, 3.0 and 3.1"
        raise UnsupportedFeature(message, *source.place(0))
    return int(major)


_read_short_statement: Final = functools.lru_cache(maxsize=1024)(_read_statement)
_SHORT: Final = 256
"""In characters: what is longer hardly comes again, and would take more memory to keep."""
_ENOUGH: Final = Limits(memory_bytes=0)
_INVALID: Final = re.compile("[\0\ud800-\udfff]")
_VERSION: Final = "OPENQASM"
_VERSION_NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")

_SHARED: Final[Mapping[str, Handler]] = {
    _VERSION: directives.version,
    ";": directives.empty,
    "barrier": operations.barrier,
    "creg": declarations.classical_register,
    "gate": declarations.gate,
    "if": control_flow.condition,
    "include": directives.include,
    "measure": operations.measure,
    "pragma": directives.pragma,
    "#pragma": directives.pragma,
    "qreg": declarations.quantum_register,
    "reset": operations.reset,
}
_HANDLERS_2: Final[Mapping[str, Handler]] = {**_SHARED, "opaque": declarations.opaque}
_HANDLERS: Final[Mapping[str, Handler]] = {
    **_SHARED,
    "@name": directives.annotation,
    "{": control_flow.scope,
    "box": control_flow.box,
    "break": control_flow.jump_from_loop,
    "const": declarations.constant,
    "continue": control_flow.jump_from_loop,
    "ctrl": modified_call,
    "delay": operations.delay,
    "end": control_flow.end,
    "for": control_flow.for_loop,
    "gphase": modified_call,
    "inv": modified_call,
    "let": declarations.alias,
    "negctrl": modified_call,
    "pow": modified_call,
    "qubit": declarations.qubits,
    "switch": control_flow.switch,
    "while": control_flow.while_loop,
    **dict.fromkeys(TYPES, declarations.variable),
    **dict.fromkeys(UNSUPPORTED, unsupported),
}
_KEYWORDS_2: Final = frozenset(filter(str.isidentifier, _HANDLERS_2))
_KEYWORDS: Final = frozenset(filter(str.isidentifier, _HANDLERS)).union(
    ("case", "default", "durationof", "else", "false", "in", "mutable", "readonly", "true", "void")
)
