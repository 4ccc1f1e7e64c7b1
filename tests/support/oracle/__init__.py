"""A slow reference that says what the counts of an OpenQASM text are drawn from.

It shares nothing with the engine: the language's reference parser reads the text, gates are what
the specification writes them as, and every history of measurements is followed with its
probability, so what comes out is exact, and is the meaning of one shot after the other.
"""

from support.oracle.distribution import Distribution, exact_distribution
from support.oracle.errors import NotInterpreted

__all__ = ["Distribution", "NotInterpreted", "exact_distribution"]
