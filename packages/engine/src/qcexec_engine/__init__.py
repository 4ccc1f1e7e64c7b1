"""OpenQASM text in, counts and a report out.

`Engine` is the whole of it, and `run` is one for a single circuit; everything else here is what
they take and give. Importing this package imports no simulator: the first run does, or `preload`
before it.
"""

from qcexec_engine.engine import Engine, preload, run
from qcexec_engine.errors import (
    CircuitTooLarge,
    EngineError,
    IncludeRefused,
    InvalidAngle,
    InvalidText,
    NoMeasurements,
    ResultTooLarge,
    SemanticFault,
    SyntaxFault,
    UnsupportedFeature,
)
from qcexec_engine.limits import Limits, Precision
from qcexec_engine.report import METHODS, Completed, DoesNotFit, Needs, Report

__all__ = [
    "METHODS",
    "CircuitTooLarge",
    "Completed",
    "DoesNotFit",
    "Engine",
    "EngineError",
    "IncludeRefused",
    "InvalidAngle",
    "InvalidText",
    "Limits",
    "Needs",
    "NoMeasurements",
    "Precision",
    "Report",
    "ResultTooLarge",
    "SemanticFault",
    "SyntaxFault",
    "UnsupportedFeature",
    "preload",
    "run",
]
