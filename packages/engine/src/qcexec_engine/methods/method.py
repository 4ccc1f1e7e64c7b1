"""What a simulation method is: one module here, with one object that follows this protocol.

A run has two halves. `prepare` does what does not depend on shots and seed, such as computing a
final state; `sample` draws. What was prepared may be kept and sampled again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from qcexec_engine.analysis.circuit import Circuit
from qcexec_engine.limits import Limits
from qcexec_engine.outcomes import Outcomes


@dataclass(frozen=True, slots=True)
class Cost:
    """What a method would take for a circuit.

    Attributes:
        seconds: at the reference speed, of one thread: what routing compares.
        memory_bytes: beyond what the process has when it is idle, at most.
        reason: why this method suits this circuit, in a few words for the report.
        least_seconds: what it takes at the least, where `seconds` is a guess that may be far too
            high; None where it is an estimate. A circuit is refused by this.
    """

    seconds: float
    memory_bytes: int
    reason: str
    least_seconds: float | None = None


class Prepared(Protocol):
    """A circuit that can be sampled as often as one likes."""

    @property
    def kept_bytes(self) -> int | None:
        """What keeping it takes; None where it must not be kept."""

    def sample(self, shots: int, seed: int) -> Outcomes:
        """The outcomes of so many shots; the same for the same seed.

        Raises:
            MemoryError: the process could not get the memory.
            EngineError: the simulator failed otherwise.
        """


class Method(Protocol):
    """A way to simulate circuits."""

    @property
    def name(self) -> str:
        """What the report calls it."""

    def floor_seconds(self, circuit: Circuit) -> float:
        """Below which no estimate of `cost` lies: a rough look, to spare asking."""

    def missing(self) -> str | None:
        """Why it cannot be used on this machine, such as a library that has no wheel; else None."""

    def cost(self, circuit: Circuit, shots: int, limits: Limits) -> Cost | None:
        """What it would take; None where it cannot run the circuit at all. Takes microseconds."""

    def prepare(self, circuit: Circuit, limits: Limits) -> Prepared:
        """Does what all runs of the circuit share.

        Raises:
            MemoryError: the process could not get the memory.
            EngineError: the simulator failed otherwise.
        """
