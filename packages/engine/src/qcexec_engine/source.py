"""Guards on the text itself, before the parser reads it.

The parser takes minutes and gigabytes for some short texts, and says nothing useful of others. One
pass over the text's tokens finds what is certainly wrong at a small part of a parser's cost; what
is not found here ends at the limits of the process that runs the engine.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Final

from qiskit.circuit.equivalence_library import SessionEquivalenceLibrary

from qcexec_engine.errors import (
    CircuitTooLarge,
    EngineError,
    IncludeRefused,
    InvalidText,
    NonFiniteParameter,
    SyntaxFault,
    UnboundParameter,
    UnsupportedFeature,
)
from qcexec_engine.limits import Limits

_STANDARD_GATES: Final = "stdgates.inc"
# A sum or product could be so large that the importer aborts the process.
_NUMBER = re.compile(r"\d[\d_]{0,299}|0[xX][\da-fA-F][\da-fA-F_]{0,299}")
# A floating-point number has at most 309 digits before its point.
_MAX_DIGITS: Final = 300
_OPENQASM_2: Final = (
    "this is OpenQASM 2, and OpenQASM 3 is needed; Qiskit converts it:"
    " qiskit.qasm3.dumps(qiskit.qasm2.loads(text))"
)
_SHADOW: Final = (
    "in a circuit with 'ctrl' or 'negctrl', this gate needs another name:"
    " under control, Qiskit would take it for its own gate of this name"
)
_KNOWN_TO_QISKIT = frozenset(
    key.name
    for key in SessionEquivalenceLibrary.keys()  # noqa: SIM118 - this mapping has no iterator
)
_INVALID = re.compile("[\x00\ud800-\udfff]")
# Nothing here may look far ahead in vain: a hostile text would make it do so at every step.
_TOKEN = re.compile(
    r"""
      (?P<comment>     //[^\n]* | /\*.*?(?:\*/|\Z) )
    | (?P<remark>      (?:\#?pragma\b|@\w)[^\n]* )
    | (?P<version>     OPENQASM\s+\d{1,9} )
    | (?P<include>     include\b\s*(?:"[^"\n]*"|'[^'\n]*')? )
    | (?P<declaration> (?:qubit|bit)\b\s*(?:\[[^\[\]\n;]{0,400}\])?
                     | (?:qreg|creg)\b\s*\w+\s*(?:\[[^\[\]\n;]{0,400}\])? )
    | (?P<physical>    \$\d{1,300} )
    | (?P<exponent>    (?:\d[\d_]*+(?:\.[\d_]*+)?|\.\d[\d_]*+)[eE][+-]?\d+ )
    | (?P<number>      \d\w* )
    | (?P<word>        [^\W\d]\w* )
    | (?P<mark>        [(){};]|\[|\] )
    """,
    re.VERBOSE | re.DOTALL,
)


def check(text: str, limits: Limits) -> None:
    """Refuses a text that is certain to fail, or to cost more than it may.

    Raises:
        InvalidText: it holds NUL or a lone surrogate.
        IncludeRefused: it includes another file than stdgates.inc.
        UnboundParameter: it declares an `input`.
        UnsupportedFeature: it is another version of OpenQASM than 3, gives the size of a register
            as an expression, or would have the importer take a gate for another.
        SyntaxFault: it holds no statement.
        NonFiniteParameter: a number is too large for a floating-point number.
        CircuitTooLarge: it nests too deep, declares too much, or its own gates come to too many
            operations.
    """
    if invalid := _INVALID.search(text):
        line, column = place(text, invalid.start())
        raise InvalidText(f"the character {invalid[0]!a} is not allowed", line, column)
    scan = _Scan(limits)
    for match in _TOKEN.finditer(text):
        fault = scan.take(match)
        if fault is not None:
            kind, message = fault
            raise kind(message, *place(text, match.start()))
    if not scan.previous:
        raise SyntaxFault("the circuit is empty")
    if scan.controls and scan.shadow is not None:
        raise UnsupportedFeature(_SHADOW, *place(text, scan.shadow))


def place(text: str, offset: int) -> tuple[int, int]:
    """The line and the column, both from 1, of an offset into a text."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


_Fault = tuple[type[EngineError], str]


@dataclass(slots=True)
class _Scan:
    """What the tokens so far come to; each further one is taken, or is the fault."""

    limits: Limits
    nesting: int = 0
    declarations: int = 0
    qubits: int = 0
    bits: int = 0
    calls: int = 0
    # The operations that a call of each of the text's own gates stands for.
    weights: dict[str, int] = field(default_factory=dict)
    gate: str | None = None
    gate_weight: int = 0
    # Whether anything is controlled, and where a gate takes a name that Qiskit has a meaning for.
    controls: bool = False
    shadow: int | None = None
    previous: str = ""

    def take(self, match: re.Match[str]) -> _Fault | None:
        token = match[0]
        fault: _Fault | None = None
        match match.lastgroup:
            case "comment" | "remark":
                return None
            case "number":
                if len(token) > _MAX_DIGITS:
                    fault = (NonFiniteParameter, f"a number of {len(token)} digits is too large")
            case "version":
                version = token.split()[1]
                if version != "3":
                    message = _OPENQASM_2 if version == "2" else f"OpenQASM {version} is not known"
                    fault = (UnsupportedFeature, message)
            case "include":
                if token[7:].strip().strip("\"'") not in {_STANDARD_GATES, ""}:
                    fault = (IncludeRefused, f'only "{_STANDARD_GATES}" can be included')
            case "declaration":
                fault = self._declare(token)
            case "physical":
                if int(token[1:]) >= self.limits.max_bits:
                    fault = (CircuitTooLarge, self._too_many_bits())
            case "exponent":
                if not math.isfinite(float(token.replace("_", ""))):
                    fault = (NonFiniteParameter, f"the number {token} is too large")
            case "word":
                fault = self._word(token, match.start())
            case _:
                fault = self._mark(token)
        self.previous = token
        return fault

    def _declare(self, token: str) -> _Fault | None:
        self.declarations += 1
        if self.declarations > self.limits.max_declarations:
            most = self.limits.max_declarations
            return CircuitTooLarge, f"at most {most} registers and scalars can be declared"
        _, bracket, size = token.rstrip("]").partition("[")
        if bracket and not _NUMBER.fullmatch(size.strip()):
            return UnsupportedFeature, "the size of a register has to be written as one number"
        width = int(size.replace("_", ""), 16 if "x" in size.lower() else 10) if bracket else 1
        if token.startswith("q"):
            self.qubits += width
        else:
            self.bits += width
        if max(self.qubits, self.bits) > self.limits.max_bits:
            return CircuitTooLarge, self._too_many_bits()
        return None

    def _too_many_bits(self) -> str:
        return f"at most {self.limits.max_bits} qubits and as many classical bits can be used"

    def _word(self, word: str, offset: int) -> _Fault | None:
        if word == "input":
            return (
                UnboundParameter,
                "input parameters have no value here: write the number in the circuit instead",
            )
        if self.previous == "gate":
            self.gate = word
            self.gate_weight = 0
            if word in _KNOWN_TO_QISKIT and self.shadow is None:
                self.shadow = offset
            return None
        self.controls = self.controls or word in {"ctrl", "negctrl"}
        weight = self.weights.get(word, 0)
        if self.gate is not None:
            self.gate_weight += weight
        self.calls += weight
        if self.calls > self.limits.max_defined_operations:
            most = self.limits.max_defined_operations
            return CircuitTooLarge, f"the circuit's own gates come to more than {most} operations"
        return None

    def _mark(self, mark: str) -> _Fault | None:
        if mark == ";":
            self.gate_weight += 1
        elif mark in "([{":
            self.nesting += 1
            if self.nesting > self.limits.max_nesting:
                return CircuitTooLarge, f"more than {self.limits.max_nesting} brackets are nested"
        else:
            self.nesting -= 1
            if mark == "}" and self.gate is not None:
                self.weights[self.gate] = self.gate_weight
                self.gate = None
        return None
