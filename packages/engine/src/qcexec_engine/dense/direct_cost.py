"""How long the kernel takes without a plan, from the numbers of gates of each kind.

A gate takes a time of its own and one for each amplitude, by how many it changes and how. Gates on
one qubit are multiplied with their neighbours, so they count for less than they take alone. The
times were fitted by `benchmarks/engine/fit_kernel.py` on the machine whose speed is the
reference.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Final

FIXED_SECONDS: Final = 110e-6
"""Of a circuit, its sampling included."""


def seconds(gate_counts: Mapping[tuple[str, int], int], num_qubits: int) -> float:
    """What it takes to get from a circuit to the probabilities of its outcomes."""
    gates = 0
    nanoseconds = _READ_NANOSECONDS
    for (name, controls), count in gate_counts.items():
        gates += count
        nanoseconds += count * _nanoseconds(name, controls)
    if num_qubits >= _UNCACHED_QUBITS:
        nanoseconds *= _UNCACHED
    return FIXED_SECONDS + gates * _GATE_SECONDS + nanoseconds * 1e-9 * (1 << num_qubits)


def kind(name: str, controls: int) -> str:
    """What a gate is for the kernel, as far as time goes."""
    if name == "unitary":
        return "dense"
    if name in _PAIRS:
        return "dense" if controls else _PAIRS[name]
    if name in _PHASES:
        return _PHASE_KINDS[min(controls, 2)]
    if name == "x" or name == "y":
        return _FLIP_KINDS[min(controls, 2)]
    if name == "swap":
        return _FLIP_KINDS[min(controls, 1)]
    return _TURN_KINDS[min(controls, 2)]


_PHASES: Final = frozenset({"z", "s", "sdg", "t", "tdg", "rz", "p"})
_PAIRS: Final = {
    **dict.fromkeys(("rzz", "iswap"), "link"),
    **dict.fromkeys(("rxx", "ryy", "rzx", "ecr"), "turn of two"),
    "dcx": "flip",
}
_PHASE_KINDS: Final = ("phase", "link", "link of many")
_FLIP_KINDS: Final = ("name", "flip", "flip of many")
_TURN_KINDS: Final = ("turn", "controlled turn", "turn of many")

# For each amplitude.
NANOSECONDS: Final = {
    "name": 0.0,
    "phase": 0.1,
    "link": 0.3,
    "link of many": 0.2,
    "flip": 0.35,
    "flip of many": 0.25,
    "turn": 0.65,
    "controlled turn": 0.5,
    "turn of many": 0.3,
    "turn of two": 0.65,
    "dense": 6.0,
}
_READ_NANOSECONDS: Final = 12.0
_GATE_SECONDS: Final = 0.7e-6

# From here on a state is larger than the caches.
_UNCACHED_QUBITS: Final = 19
_UNCACHED: Final = 1.6


@functools.lru_cache(maxsize=512)
def _nanoseconds(name: str, controls: int) -> float:
    return NANOSECONDS[kind(name, controls)]
