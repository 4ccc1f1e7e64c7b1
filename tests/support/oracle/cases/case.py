"""A text and what the specification says its counts are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

HEAD: Final = 'OPENQASM 3.1;\ninclude "stdgates.inc";\n'


class Case(NamedTuple):
    """One thing that the specification says.

    Attributes:
        name: the thing.
        text: a circuit that shows it.
        expected: the probability of each key.
    """

    name: str
    text: str
    expected: Mapping[str, float]


def always(name: str, body: str, key: str) -> Case:
    """A circuit behind the usual head whose counts have one key."""
    return Case(name, HEAD + body, {key: 1.0})


def drawn(name: str, body: str, **expected: float) -> Case:
    """A circuit behind the usual head; keys are written with a leading "k"."""
    probabilities = {key.removeprefix("k"): probability for key, probability in expected.items()}
    return Case(name, HEAD + body, probabilities)


def holds(name: str, condition: str, setup: str = "", beside: str = "") -> Case:
    """A condition that is true after some declarations, known before the run or not.

    Args:
        name: of the case.
        condition: what is true.
        setup: statements before it.
        beside: the key of the bits that these declare.
    """
    body = f"{setup}\nqubit q;\nif ({condition}) {{ x q; }}\nbit verdict = measure q;"
    return always(name, body, f"1 {beside}".strip())
