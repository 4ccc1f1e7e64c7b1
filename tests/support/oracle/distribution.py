"""What a text's counts are drawn from, exactly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeAlias

import openqasm3

from support.oracle.interpreter import run
from support.oracle.openqasm2 import translated
from support.oracle.world import World, first_world

Distribution: TypeAlias = Mapping[str, float]
"""Probabilities by key, as counts spell it; they sum to 1, but for histories below 1e-12."""

_VERSION: Final = re.compile(r"^\s*OPENQASM\s+2(\.0)?\s*;", re.MULTILINE)
_BUILT_IN_CX: Final = "gate CX a, b { ctrl @ U(pi, 0, pi) a, b; ctrl @ gphase(-pi/2) a; }"


def exact_distribution(text: str) -> Distribution:
    """The probability of every key that the counts of a text may hold.

    Args:
        text: OpenQASM 3 or 2, valid: the oracle judges what a circuit does, not whether it may.

    Raises:
        NotInterpreted: the text has what the oracle does not know, or breaks the language's rules.
        openqasm3.parser.QASM3ParsingError: it is no OpenQASM.
    """
    old = _VERSION.search(text) is not None
    world = first_world(2 if old else 3)
    if old:
        (world,) = run(openqasm3.parse(_BUILT_IN_CX).statements, [world])
    program = openqasm3.parse(translated(text) if old else text)
    probabilities: dict[str, float] = {}
    for end in run(program.statements, [world]):
        key = spelled(end)
        probabilities[key] = probabilities.get(key, 0.0) + end.probability
    return probabilities


def spelled(world: World) -> str:
    """The key of a world: bit 0 rightmost, the last declared register leftmost.

    Scalar bits alone are joined; beside registers each is a register of one.
    """
    words = [
        format(world.read(register.bits), f"0{len(register.bits.places)}b")
        for register in reversed(world.registers)
    ]
    all_scalar = all(register.bits.scalar for register in world.registers)
    return ("" if all_scalar else " ").join(words)
