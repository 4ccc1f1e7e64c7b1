"""What can be wrong with a circuit, as one hierarchy of typed errors.

    EngineError                     internal_error: the engine's own fault, or Aer's
    +-- InvalidText                 invalid_text: the text holds NUL or lone surrogates
    +-- SyntaxFault                 syntax_error: the text is no OpenQASM 3
    +-- IncludeRefused              include_refused: another file than stdgates.inc is asked for
    +-- SemanticFault               semantic_error: well-formed, yet contradictory or undefined
    |   +-- NoMeasurement           no_measurement: nothing would be counted
    |   +-- UnboundParameter        unbound_parameter: an `input` for which there is no value
    |   +-- NonFiniteParameter      non_finite_parameter: an angle that is infinite or no number
    +-- UnsupportedFeature          unsupported_feature: OpenQASM that this service cannot run
    +-- CircuitTooLarge             circuit_too_large: more operations, nesting or bits than allowed
    |   +-- TooManyQubits           too_many_qubits: more than a state vector may have here

Every one but `internal_error` is the circuit's fault: the same text ends the same way again.
"""

from __future__ import annotations

from typing import ClassVar


class EngineError(Exception):
    """A run that ended without counts.

    Lines and columns count from 1; None where nobody knows the place. `str(error)` is the message
    for the user, led by the place where it is known.
    """

    code: ClassVar[str] = "internal_error"

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


class SyntaxFault(EngineError):
    """The text does not follow OpenQASM 3's grammar."""

    code = "syntax_error"


class IncludeRefused(EngineError):
    """The text asks for a file other than stdgates.inc; none is ever opened."""

    code = "include_refused"


class SemanticFault(EngineError):
    """The text is well-formed, yet what it says contradicts itself or names what is not there."""

    code = "semantic_error"


class NoMeasurement(SemanticFault):
    """Nothing is measured, so there is nothing to count."""

    code = "no_measurement"


class UnboundParameter(SemanticFault):
    """The circuit declares an input parameter, for which a task carries no value."""

    code = "unbound_parameter"


class NonFiniteParameter(SemanticFault):
    """A gate's angle is infinite or not a number."""

    code = "non_finite_parameter"


class UnsupportedFeature(EngineError):
    """Valid OpenQASM that the importer or the simulator cannot represent."""

    code = "unsupported_feature"


class CircuitTooLarge(EngineError):
    """The circuit has more operations, nesting or bits than the limits allow."""

    code = "circuit_too_large"


class TooManyQubits(CircuitTooLarge):
    """The circuit needs a state vector of more qubits than the limits allow."""

    code = "too_many_qubits"
