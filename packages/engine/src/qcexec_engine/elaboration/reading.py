"""From a text to its program in two ways: quickly, and where that fails, with care.

Errors are rare, and only they need to know where each token stands. So a text is first read with
its gate calls as they are, which says nothing of places; of all that has one, the careful way
decides what is wrong and where, or that nothing is.
"""

from __future__ import annotations

from typing import Final

from qcexec_engine.elaboration.elaborator import elaborate
from qcexec_engine.errors import CircuitTooLarge, EngineError
from qcexec_engine.language.parser import parse
from qcexec_engine.limits import Limits
from qcexec_engine.program import Program


def read(text: str, limits: Limits) -> Program:
    """The program of an OpenQASM 3 or OpenQASM 2 text.

    Raises:
        EngineError: what `parse` and `elaborate` raise.
    """
    if len(text) <= _SHORT or text.count(";") * _LONGEST_STATEMENT >= len(text):
        try:
            return elaborate(parse(text, limits, plainly=True), limits)
        except EngineError as error:
            # That a circuit is too large as a whole, the careful way would find as late again.
            if isinstance(error, CircuitTooLarge) and error.line is None:
                raise
    return elaborate(parse(text, limits), limits)


_SHORT: Final = 1 << 15
"""In characters: such a text is soon read twice."""
_LONGEST_STATEMENT: Final = 128
"""In characters, on average: statements that are longer hold no calls that could stay text."""
