"""OpenQASM text in, counts and a report out.

`run` is the whole of it; everything else here is what it takes and gives. Importing this package
imports no simulator: `run` does, or `preload` before it.
"""

from qcexec_engine.engine import preload, run
from qcexec_engine.errors import (
    CircuitTooLarge,
    EngineError,
    IncludeRefused,
    InvalidText,
    NoMeasurement,
    NonFiniteParameter,
    SemanticFault,
    SyntaxFault,
    TooManyQubits,
    UnboundParameter,
    UnsupportedFeature,
)
from qcexec_engine.limits import Limits
from qcexec_engine.report import Completed, DoesNotFit, Method, Needs, Report

__all__ = [
    "CircuitTooLarge",
    "Completed",
    "DoesNotFit",
    "EngineError",
    "IncludeRefused",
    "InvalidText",
    "Limits",
    "Method",
    "Needs",
    "NoMeasurement",
    "NonFiniteParameter",
    "Report",
    "SemanticFault",
    "SyntaxFault",
    "TooManyQubits",
    "UnboundParameter",
    "UnsupportedFeature",
    "preload",
    "run",
]
