"""What a simulator is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, Protocol, TypeAlias

SHOTS: Final = 1024


class Seconds(NamedTuple):
    """What a run took: until the circuit was prepared, and from there to the outcomes."""

    planning: float
    running: float


Clock: TypeAlias = Callable[[], float]
"""Seconds since some beginning: as they pass, or as the process has a processor."""


class Setting(NamedTuple):
    """How many threads a system may take, and how its time is measured."""

    threads: int
    clock: Clock


class System(Protocol):
    """A simulator with a circuit in its own form."""

    def run(self, seed: int) -> Seconds:
        """Runs the circuit and samples it."""
