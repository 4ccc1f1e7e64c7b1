"""What an exception of the importer means, in the user's words.

The importer raises three kinds. Its parser (ANTLR) raises syntax errors whose exception knows the
token that did not fit. Its converter raises errors that begin with line and column. Everything that
the converter calls (Qiskit's constructors, Python's arithmetic) raises as it likes, without a
place: there the traceback still holds the statement that was being converted, and that knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from types import TracebackType

from antlr4 import Token
from antlr4.error.Errors import ParseCancellationException, RecognitionException
from openqasm3.ast import Identifier, QASMNode, QuantumGate
from openqasm3.parser import QASM3ParsingError
from qiskit.circuit.exceptions import CircuitError
from qiskit.qasm3 import QASM3ImporterError

from qcexec_engine.errors import (
    CircuitTooLarge,
    EngineError,
    SemanticFault,
    SyntaxFault,
    UnsupportedFeature,
)

_PLACED = re.compile(r"L?(?P<line>\d+)[,:]C?(?P<column>\d+): (?P<message>.*)", re.DOTALL)
_ARITY = re.compile(r"amount of qubit\((\d+)\)/clbit\(\d+\) arguments .* expectation \((\d+)\)")
# The converter's sentences: what kind of fault each tells, and how to say it more clearly.
_CONVERSIONS: tuple[tuple[re.Pattern[str], type[EngineError], Callable[[re.Match[str]], str]], ...]
_CONVERSIONS = (
    (
        re.compile("measurements must save"),
        SemanticFault,
        lambda _: "a measurement needs a bit for its result: write `c = measure q;`",
    ),
    (
        re.compile("Symbol '(.+)' already inserted"),
        SemanticFault,
        lambda found: f"'{found[1]}' is already defined",
    ),
    (
        re.compile("Undefined symbol '(.+)'"),
        SemanticFault,
        lambda found: f"'{found[1]}' is not defined",
    ),
    (
        re.compile("conditions must be .* not '(.+)'"),
        UnsupportedFeature,
        lambda found: (
            f"a condition of the form '{found[1]}' is not supported: write `c[0]` or"
            " `c[0] == true` for one bit, `c == 3` for a register"
        ),
    ),
    (
        re.compile(r"node of type (\w+) is not supported|'(\w+)' cannot be resolved"),
        UnsupportedFeature,
        lambda found: f"{_words(found[1] or found[2])} is not supported here",
    ),
    (
        re.compile("support|unhandled|can only handle|in Qiskit"),
        UnsupportedFeature,
        lambda found: found.string.rstrip("."),
    ),
)


def explain(error: Exception, text: str) -> EngineError:
    """The typed error for an exception that the importer raised on a text."""
    if isinstance(error, RecursionError):
        return CircuitTooLarge("the circuit is nested too deeply, or holds too long an expression")
    if isinstance(error, MemoryError):
        return CircuitTooLarge("the circuit takes more memory to read than there is")
    if isinstance(error, QASM3ParsingError):
        return _syntax_fault(error, text)
    if isinstance(error, QASM3ImporterError):
        return _conversion_fault(str(error.message), text)
    return _bare_fault(error, text)


def _syntax_fault(error: QASM3ParsingError, text: str) -> EngineError:
    if placed := _PLACED.fullmatch(str(error)):
        message = placed["message"]
        if unreadable := re.fullmatch("token recognition error at: '(.*)'", message, re.DOTALL):
            message = f"cannot read {_printable(unreadable[1])}"
        return SyntaxFault(message, int(placed["line"]), int(placed["column"]) + 1)
    cause = error.__cause__
    if isinstance(cause, ParseCancellationException) and cause.args:
        cause = cause.args[0]
    if not isinstance(cause, RecognitionException) or cause.offendingToken is None:
        return SyntaxFault("this is not OpenQASM 3")
    return _token_fault(cause, text)


def _token_fault(cause: RecognitionException, text: str) -> EngineError:
    token = cause.offendingToken
    line, column = token.line, token.column + 1
    found = "the end of the text" if token.type == Token.EOF else f"'{token.text.strip()}'"
    if token.text.startswith("@"):
        return SyntaxFault(f"write a space after the '@' of {found}", line, column)
    if text.split("\n")[line - 1].startswith("/*", column - 1):
        return SyntaxFault("this comment is not closed", line, column)
    expected = _expected(cause)
    if "';'" in expected and (previous := _previous(cause, token)) is not None:
        line, end = previous.line, previous.column + len(previous.text)
        statement = text.split("\n")[line - 1][:end].strip()
        return SyntaxFault(f"a ';' is missing after '{statement[-40:]}'", line, end + 1)
    if 0 < len(expected) <= 3:
        return SyntaxFault(
            f"{' or '.join(sorted(expected))} is needed before {found}", line, column
        )
    return SyntaxFault(f"{found} does not fit here", line, column)


def _printable(characters: str) -> str:
    return f"'{characters}'" if characters.isprintable() else repr(characters)


def _expected(cause: RecognitionException) -> set[str]:
    names = cause.recognizer.literalNames
    tokens = cause.getExpectedTokens()
    return {
        names[kind] for part in tokens.intervals or () for kind in part if 0 < kind < len(names)
    }


def _previous(cause: RecognitionException, token: Token) -> Token | None:
    """The token before one, where that stands on an earlier line or the text ends."""
    previous = cause.recognizer.getTokenStream().LB(1)
    ends = token.type == Token.EOF
    return previous if previous is not None and (ends or previous.line < token.line) else None


def _conversion_fault(message: str, text: str) -> EngineError:
    line = column = None
    if placed := _PLACED.fullmatch(message):
        message = placed["message"]
        line, column = _checked_place(int(placed["line"]), int(placed["column"]), text)
    for pattern, kind, sentence in _CONVERSIONS:
        if found := pattern.search(message):
            return kind(sentence(found), line, column)
    return SemanticFault(message.rstrip("."), line, column)


def _words(node_type: str) -> str:
    """The name of a part of the syntax in words: `SwitchStatement` is a switch statement."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", node_type).lower()
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _bare_fault(error: Exception, text: str) -> EngineError:
    node = _innermost_node(error.__traceback__)
    if node is None or node.span is None:
        return EngineError(f"the circuit could not be read: {type(error).__name__}: {error}")
    line, column = _checked_place(node.span.start_line, node.span.start_column, text)
    match error:
        case TypeError() if str(error).startswith("index must be"):
            message = "an index must be a constant number; a loop's variable cannot be one"
            return UnsupportedFeature(message, line, column)
        case IndexError():
            return SemanticFault("the index is out of range", line, column)
        case ZeroDivisionError():
            return SemanticFault("division by zero", line, column)
        case TypeError() if isinstance(node, QuantumGate):
            name = node.name.name
            return SemanticFault(f"wrong number of parameters for '{name}'", line, column)
        case CircuitError():
            return SemanticFault(_circuit_message(error), line, column)
        case OverflowError() | ValueError():
            return SemanticFault(f"a value is out of range: {error}", line, column)
        case _:
            return UnsupportedFeature(f"this cannot be converted: {error}", line, column)


def _circuit_message(error: CircuitError) -> str:
    message = str(error.message).rstrip(".")
    if arity := _ARITY.search(message):
        needed, given = int(arity[2]), int(arity[1])
        return f"the gate acts on {needed} qubit{'s' * (needed != 1)}, not on {given}"
    if message == "duplicate bit arguments":
        return "the same qubit is given twice"
    return message


def _innermost_node(traceback: TracebackType | None) -> QASMNode | None:
    """The innermost part of the program that was being converted when an exception was raised."""
    found = None
    while traceback is not None:
        node = traceback.tb_frame.f_locals.get("node")
        # An identifier may have a wrong column; what it stands in says as much.
        if isinstance(node, QASMNode) and node.span and not isinstance(node, Identifier):
            found = node
        traceback = traceback.tb_next
    return found


def _checked_place(line: int, column: int, text: str) -> tuple[int, int | None]:
    """A place with its column from 1; without it where the line has no such column.

    The parser gives some tokens their offset in the whole text for a column.
    """
    lines = text.split("\n")
    inside = 0 < line <= len(lines) and column < max(1, len(lines[line - 1]))
    return line, column + 1 if inside else None
