"""What a run gives back: counts with a report, or what it would have needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

METHODS: Final = frozenset(
    {
        "aer_stabilizer",
        "aer_statevector",
        "matrix_product_state",
        "shot_tree",
        "stabilizer",
        "statevector",
        "tableau",
    }
)
"""The names of all methods that a report may tell."""


@dataclass(frozen=True, slots=True)
class Report:
    """How a circuit was run.

    Attributes:
        method: the simulation method that ran, by the name of its module in
            `qcexec_engine.methods`.
        reason: why that one, in a few words.
        seed: what the random numbers were made from, whether it was given or drawn.
        num_qubits: how many qubits the circuit declares.
        simulated_qubits: how many of them had to be simulated.
        depth: its depth: gates, measurements and resets, with gate definitions inlined.
        operations: how many operations it has, with loops and gate definitions written out.
        shots: how often it was run.
        threads: the most that worked at a time.
        cached: what was taken from an earlier run of the same text: "no", "program" or "state".
        memory_bytes: the estimate of what the simulation took.
        predicted_ms: the estimate of `exec_ms`, made before the run.
        parse_ms: from text to a program, in milliseconds.
        build_ms: from text to a method and its estimate, in milliseconds: `parse_ms` and then
            what judging the program took.
        exec_ms: the simulation itself, to counts, in milliseconds.
        notes: what a user should know of how the text was read and run, separated by "; ".
    """

    method: str
    reason: str
    seed: int
    num_qubits: int
    simulated_qubits: int
    depth: int
    operations: int
    shots: int
    threads: int
    cached: str
    memory_bytes: int
    predicted_ms: float
    parse_ms: float
    build_ms: float
    exec_ms: float
    notes: str = ""


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
    """What a run would take.

    Attributes:
        memory_bytes: of memory, beyond what the process has at its start.
        seconds: of time, at the reference speed.
        method: by which method.
    """

    memory_bytes: int
    seconds: float
    method: str


@dataclass(frozen=True, slots=True)
class DoesNotFit:
    """A circuit that needs more memory than the limits give; elsewhere it may well run."""

    needs: Needs
