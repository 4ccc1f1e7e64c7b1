"""One hostile text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
BITS = "qubit[2] q;\nbit[2] c;\n"
TAIL = "\nc = measure q;\n"

SYNTAX = frozenset({"syntax_error"})
SEMANTIC = frozenset({"semantic_error"})
LARGE = frozenset({"circuit_too_large"})
ANGLE = frozenset({"invalid_angle", "semantic_error"})
COMPLETED = frozenset({"completed"})
REFUSED = frozenset(
    {
        "circuit_too_large",
        "invalid_angle",
        "semantic_error",
        "syntax_error",
        "unsupported_feature",
    }
)


@dataclass(frozen=True, slots=True)
class Hostile:
    """A text, how it may end, and the counts that it must have where it completes.

    Attributes:
        name: what is hostile about it.
        text: makes it.
        endings: what it may end as.
        shots: how often it is to be run.
        counts: what a completed run must have counted; None where that is random.
    """

    name: str
    text: Callable[[], str]
    endings: frozenset[str]
    shots: int = 10
    counts: tuple[str, ...] | None = None


def body(name: str, statements: str, endings: frozenset[str], *keys: str) -> Hostile:
    """A text with two qubits `q` and two bits `c`, which are measured at its end."""
    text = HEAD + BITS + statements + TAIL
    return Hostile(name, lambda: text, endings, counts=keys or None)


def made(name: str, statements: Callable[[], str], endings: frozenset[str], *keys: str) -> Hostile:
    """The same, with statements that are too long to be kept."""
    return Hostile(name, lambda: HEAD + BITS + statements() + TAIL, endings, counts=keys or None)
