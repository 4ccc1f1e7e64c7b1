"""How long the kernel takes, from the numbers of gates of each kind.

The kernel merges what it can, so a gate costs what it adds to its neighbours, and that depends on
them. Gates are counted as what the kernel makes of them: turns of one qubit, phases of one, and
links between two. The times are averages over circuits of many kinds, fitted by
`benchmarks/engine/fit_kernel.py` on the machine whose speed is the reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

Precision = Literal["double", "single"]


class Work(NamedTuple):
    """What the kernel has to do.

    Attributes:
        gates: how many are planned.
        turns: rotations of one qubit that mix zero and one.
        phases: factors that depend on one qubit.
        links: factors that depend on several qubits.
        exchanges: flips of a qubit that depend on others: quick where they merge with their
            neighbours, and slow one after the other in a chain.
    """

    gates: int
    turns: int
    phases: int
    links: int
    exchanges: int


# Of a circuit, and of each gate.
FIXED_SECONDS: Final = 340e-6
_PLANNING_SECONDS: Final = 1.2e-6
# Of each amplitude, in double precision: to clear it and to read the outcomes, and of each part.
_READ_NANOSECONDS: Final = 17.0
_TURN_NANOSECONDS: Final = 0.1
_PHASE_NANOSECONDS: Final = 0.07
_LINK_NANOSECONDS: Final = 0.1
_EXCHANGE_NANOSECONDS: Final = 0.22
# Of each entry of a table of phases.
_TABLE_NANOSECONDS: Final = 7.4
_CHUNK_QUBITS: Final = 14
_SINGLE_SHARE: Final = 0.55


def seconds(
    gate_counts: Mapping[tuple[str, int], int], num_qubits: int, precision: Precision
) -> float:
    """What it takes to get from a circuit to its final state, at the reference speed."""
    gates, turns, phases, links, exchanges = work(gate_counts)
    nanoseconds = (
        _READ_NANOSECONDS
        + turns * _TURN_NANOSECONDS
        + phases * _PHASE_NANOSECONDS
        + links * _LINK_NANOSECONDS
        + exchanges * _EXCHANGE_NANOSECONDS
    ) * (1 << num_qubits)
    nanoseconds += table_entries(turns, num_qubits) * _TABLE_NANOSECONDS
    if precision == "single":
        nanoseconds *= _SINGLE_SHARE
    return FIXED_SECONDS + gates * _PLANNING_SECONDS + nanoseconds * 1e-9


def table_entries(turns: int, num_qubits: int) -> float:
    """How long the tables of phases are together: about one for a turn of each qubit."""
    return turns / max(1, num_qubits) * (1 << min(num_qubits, _CHUNK_QUBITS))


def work(gate_counts: Mapping[tuple[str, int], int]) -> Work:
    """What the gates of a circuit are for the kernel."""
    gates = turns = phases = links = exchanges = 0
    for (name, controls), count in gate_counts.items():
        gates += count
        if name in _PHASES:
            if controls:
                links += count
            else:
                phases += count
        elif name in _FLIPS:
            # Without controls it only renames.
            exchanges += count if controls else 0
        elif name in _PAIRS:
            links += 2 * count
            turns += 4 * count
        elif controls:
            links += count
            turns += 2 * count
        elif name == "rzz":
            links += count
        else:
            turns += count
    return Work(gates, turns, phases, links, exchanges)


_PHASES: Final = frozenset({"z", "s", "sdg", "t", "tdg", "rz", "p"})
_FLIPS: Final = frozenset({"x", "y", "swap"})
_PAIRS: Final = frozenset({"iswap", "rxx", "ryy", "rzx", "ecr", "dcx", "unitary"})
