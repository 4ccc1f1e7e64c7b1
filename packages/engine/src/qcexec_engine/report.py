"""What a run gives back: counts with a report, or what it would have needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Method = Literal["stabilizer", "statevector"]


@dataclass(frozen=True, slots=True)
class Report:
    """How a circuit was run.

    Attributes:
        method: the simulation method that ran.
        num_qubits: how many qubits the circuit declares.
        depth: its depth as written: gates, measurements and resets, a definition's call as one.
        shots: how often it was run.
        memory_bytes: the estimate of what the simulation's state took.
        parse_ms: from text to a circuit, in milliseconds.
        build_ms: from text to what the simulator takes, in milliseconds: `parse_ms` and then what
            lowering it, choosing the method and estimating its memory took.
        exec_ms: the simulation itself, to counts, in milliseconds.
    """

    method: Method
    num_qubits: int
    depth: int
    shots: int
    memory_bytes: int
    parse_ms: float
    build_ms: float
    exec_ms: float


@dataclass(frozen=True, slots=True)
class Completed:
    """A run that ended with counts.

    Attributes:
        counts: how often each outcome was seen, by its bits: bit 0 rightmost, one space between
            classical registers, the last declared leftmost.
        report: how it was run.
    """

    counts: dict[str, int]
    report: Report


@dataclass(frozen=True, slots=True)
class Needs:
    """What a run would take: `memory_bytes` for the simulation's state."""

    memory_bytes: int


@dataclass(frozen=True, slots=True)
class DoesNotFit:
    """A circuit that needs more memory than the limits give; elsewhere it may well run."""

    needs: Needs
