"""How long a dense state vector takes, from the numbers of gates of each kind.

A gate takes a fixed time and a time for each amplitude, which depends on what qulacs has for it: a
kernel of its own, or a product with a small matrix. The numbers were fitted by
`benchmarks/engine/fit_statevector.py` on the machine whose speed is the reference.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from qcexec_engine.sampling import draws_at_once

# For writing one gate down and calling it: one that qulacs knows by name, and any other.
_NAMED_SECONDS: Final = 2.6e-6
_MADE_SECONDS: Final = 6e-6

# For each amplitude, by gates that have a kernel of their own.
_NANOSECONDS: Final[Mapping[tuple[str, int], float]] = MappingProxyType(
    {
        ("x", 0): 0.8,
        ("x", 1): 0.5,
        ("y", 0): 2.2,
        ("z", 0): 0.4,
        ("z", 1): 0.3,
        ("h", 0): 1.0,
        ("s", 0): 1.1,
        ("sdg", 0): 1.1,
        ("t", 0): 1.1,
        ("tdg", 0): 1.1,
        ("rz", 0): 2.1,
        ("p", 0): 2.1,
        ("swap", 0): 0.5,
        ("rzz", 0): 3.1,
    }
)

# For each amplitude, by the number of controls, where a matrix is multiplied.
_TWO_TARGETS: Final = frozenset({"swap", "iswap", "rxx", "ryy", "rzz", "rzx", "ecr", "dcx"})
_ONE_TARGET_NANOSECONDS: Final = (4.2, 2.0, 1.2)
_TWO_TARGETS_NANOSECONDS: Final = (7.5, 6.4, 3.4)
_UNITARY_NANOSECONDS: Final = 23.0

# From here on a state is larger than the cache, and quick gates wait for memory.
_UNCACHED_QUBITS: Final = 19
_MEMORY_NANOSECONDS: Final = 0.7
_UNCACHED_BELOW: Final = 3.0

_FIXED_SECONDS: Final = 140e-6
_READ_NANOSECONDS: Final = 8.0
_MERGE_SECONDS: Final = 1.4e-6

_AT_ONCE_SECONDS: Final = 0.15e-6
_LOOK_UP_SECONDS: Final = 0.055e-6


class DenseCost(NamedTuple):
    """What the gates of a circuit take.

    Attributes:
        seconds: at the reference speed.
        merges: whether gates on one qubit are worth merging into their neighbours before.
    """

    seconds: float
    merges: bool


def cost(gate_counts: Mapping[tuple[str, int], int], num_qubits: int) -> DenseCost:
    """What it takes to get from a circuit to the probabilities of its outcomes."""
    num_gates = 0
    fixed_seconds = _FIXED_SECONDS
    nanoseconds = 0.0
    merged_nanoseconds = 0.0
    waits = num_qubits >= _UNCACHED_QUBITS
    for (name, controls), count in gate_counts.items():
        fixed, alone, merged = _gate_times(name, controls, waits)
        num_gates += count
        fixed_seconds += count * fixed
        nanoseconds += count * alone
        merged_nanoseconds += count * merged
    merged_nanoseconds = max(merged_nanoseconds, _ONE_TARGET_NANOSECONDS[0] * num_qubits)
    amplitudes = 1e-9 * (1 << num_qubits)
    seconds = nanoseconds * amplitudes
    merged_seconds = merged_nanoseconds * amplitudes + num_gates * _MERGE_SECONDS
    shared = fixed_seconds + _READ_NANOSECONDS * amplitudes
    merges = merged_seconds < seconds
    return DenseCost(shared + (merged_seconds if merges else seconds), merges)


def sampling_seconds(num_measured: int, shots: int) -> float:
    """What it takes to draw so many shots of the measured qubits."""
    outcomes = 1 << min(num_measured, 62)
    if draws_at_once(outcomes, shots):
        return outcomes * _AT_ONCE_SECONDS
    return shots * _LOOK_UP_SECONDS


class _GateTimes(NamedTuple):
    """Seconds for a gate, and nanoseconds for each amplitude: alone, and merged with neighbours."""

    fixed_seconds: float
    alone: float
    merged: float


@functools.lru_cache(maxsize=512)
def _gate_times(name: str, controls: int, waits: bool) -> _GateTimes:
    """`waits` says whether quick gates wait for memory."""
    num_targets = 2 if name in _TWO_TARGETS else 1
    is_alone = controls == 0 and num_targets == 1
    fixed_seconds = _NAMED_SECONDS if is_alone else _MADE_SECONDS
    if name == "unitary":
        alone = _UNITARY_NANOSECONDS
    elif (name, controls) in _NANOSECONDS:
        alone = _NANOSECONDS[name, controls]
        fixed_seconds = _MADE_SECONDS if name == "rzz" else _NAMED_SECONDS
    else:
        by_controls = _TWO_TARGETS_NANOSECONDS if num_targets == 2 else _ONE_TARGET_NANOSECONDS
        alone = by_controls[min(controls, 2)]
    if waits and alone < _UNCACHED_BELOW:
        alone += _MEMORY_NANOSECONDS
    # Merging leaves a dense matrix for each gate on two qubits, and none for those on one.
    merged = alone
    if name != "unitary" and num_targets + controls <= 2:
        merged = _TWO_TARGETS_NANOSECONDS[0] if num_targets + controls == 2 else 0.0
    return _GateTimes(fixed_seconds, alone, merged)
