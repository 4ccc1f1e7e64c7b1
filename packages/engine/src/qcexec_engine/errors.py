"""What can be wrong with a circuit, as one hierarchy of typed errors.

    EngineError                     internal_error: the engine's own fault, or a simulator's
    +-- InvalidText                 invalid_text: the text holds NUL or lone surrogates
    +-- SyntaxFault                 syntax_error: the text is no OpenQASM
    +-- IncludeRefused              include_refused: another file than a standard one is asked for
    +-- SemanticFault               semantic_error: well-formed, yet contradictory or undefined
    |   +-- NoMeasurements          no_measurements: nothing would be counted
    |   +-- InvalidAngle            invalid_angle: an angle that is infinite or no number
    +-- UnsupportedFeature          unsupported_feature: OpenQASM that this service cannot run
    +-- CircuitTooLarge             circuit_too_large: more operations, bits or time than allowed
    +-- ResultTooLarge              result_too_large: the counts take more bytes than a result may

Every one but `internal_error` is the circuit's fault: the same text ends the same way again, and
no retry helps. Two codes more are the worker's, which alone can tell: `time_limit` and
`memory_limit`.
"""

from __future__ import annotations

from typing import ClassVar


class EngineError(Exception):
    """A run that ended without counts.

    Lines and columns count from 1; None where nobody knows the place. `str(error)` is the message
    for the user, led by the place where it is known.
    """

    code: ClassVar[str] = "internal_error"
    retry_helps: ClassVar[bool] = True
    """Whether the same text may end otherwise when it is run again."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message, line, column)
        self.message = message
        self.line = line
        self.column = column

    def __str__(self) -> str:
        if self.line is None:
            return self.message
        if self.column is None:
            return f"line {self.line}: {self.message}"
        return f"line {self.line}, column {self.column}: {self.message}"


class InvalidText(EngineError):
    """The text holds characters that no OpenQASM text can hold."""

    code = "invalid_text"
    retry_helps = False


class SyntaxFault(EngineError):
    """The text does not follow OpenQASM's grammar."""

    code = "syntax_error"
    retry_helps = False


class IncludeRefused(EngineError):
    """The text asks for a file other than stdgates.inc and qelib1.inc; none is ever opened."""

    code = "include_refused"
    retry_helps = False


class SemanticFault(EngineError):
    """The text is well-formed, yet what it says contradicts itself or names what is not there."""

    code = "semantic_error"
    retry_helps = False


class NoMeasurements(SemanticFault):
    """Nothing is measured, so there is nothing to count."""

    code = "no_measurements"


class InvalidAngle(SemanticFault):
    """A gate's angle is infinite or not a number."""

    code = "invalid_angle"


class UnsupportedFeature(EngineError):
    """Valid OpenQASM that the engine does not run."""

    code = "unsupported_feature"
    retry_helps = False


class CircuitTooLarge(EngineError):
    """The circuit has more operations, nesting or bits, or would take longer, than allowed."""

    code = "circuit_too_large"
    retry_helps = False


class ResultTooLarge(EngineError):
    """The distinct outcomes take more bytes than a result may have."""

    code = "result_too_large"
    retry_helps = False
