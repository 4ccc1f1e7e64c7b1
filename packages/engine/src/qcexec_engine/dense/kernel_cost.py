"""How long the kernel takes, from the numbers of gates of each kind.

The kernel merges what it can, so a gate costs what it adds to its neighbours, and that depends on
them. The numbers are averages over circuits of many kinds, fitted by
`benchmarks/engine/fit_kernel.py` on the machine whose speed is the reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

Precision = Literal["double", "single"]

Kind = Literal[
    "turn", "phase", "linked_phase", "flip", "linked_flip", "linked_turn", "pair", "free"
]

# For each amplitude in double precision, by what a gate makes the kernel do.
NANOSECONDS: Final[Mapping[Kind, float]] = MappingProxyType(
    {
        "turn": 0.35,
        "phase": 0.02,
        "linked_phase": 0.1,
        "flip": 0.0,
        "linked_flip": 0.4,
        "linked_turn": 0.6,
        "pair": 1.0,
        "free": 0.0,
    }
)

_FIXED_SECONDS: Final = 130e-6
_PLANNING_SECONDS: Final = 1.2e-6
# Clearing the state, the first pass, and reading the outcomes' probabilities.
_READ_NANOSECONDS: Final = 3.0
_SINGLE_SHARE: Final = 0.55

_PHASES: Final = frozenset({"z", "s", "sdg", "t", "tdg", "rz", "p"})
_PAIRS: Final = frozenset({"iswap", "rxx", "ryy", "rzx", "ecr", "dcx", "unitary"})


def seconds(
    gate_counts: Mapping[tuple[str, int], int], num_qubits: int, precision: Precision
) -> float:
    """What it takes to get from a circuit to its final state, at the reference speed."""
    num_gates = 0
    nanoseconds = _READ_NANOSECONDS
    for (name, controls), count in gate_counts.items():
        num_gates += count
        nanoseconds += count * NANOSECONDS[kind_of(name, controls)]
    if precision == "single":
        nanoseconds *= _SINGLE_SHARE
    return _FIXED_SECONDS + num_gates * _PLANNING_SECONDS + nanoseconds * 1e-9 * (1 << num_qubits)


def kind_of(name: str, controls: int) -> Kind:
    """What a gate with so many controls makes the kernel do."""
    if name in _PHASES or name == "rzz":
        return "linked_phase" if controls or name == "rzz" else "phase"
    if name in ("x", "y"):
        return "linked_flip" if controls else "flip"
    if name == "swap":
        return "linked_flip" if controls else "free"
    if name in _PAIRS:
        return "pair"
    return "linked_turn" if controls else "turn"
