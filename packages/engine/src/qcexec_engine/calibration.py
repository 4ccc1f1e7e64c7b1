"""How fast this machine is, against the one on which the methods' costs were fitted.

The costs of small circuits are the interpreter's time, those of large ones passes over memory; so
two small workloads are timed, one of each kind. The result serves the estimate in a run's report
alone: what is chosen, and what is refused, must be the same on every machine.

No simulator runs here and no thread starts, so that a process may probe and fork afterwards.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy


@dataclass(frozen=True, slots=True)
class Speed:
    """What a probe found, as times relative to the reference machine: 2 is half as fast.

    Attributes:
        interpreter: of a loop in Python.
        memory: of a pass over complex numbers in numpy.
    """

    interpreter: float
    memory: float

    @property
    def slowness(self) -> float:
        """The factor on a cost in seconds: the geometric mean of both."""
        return math.sqrt(self.interpreter * self.memory)


def probe(seconds: float = 0.05) -> Speed:
    """Times both workloads, for about so long in total.

    Each is repeated, and its quickest time counts: whatever else the machine does only adds.
    """
    loop_seconds = _quickest(_loop, seconds / 2)
    amplitudes = numpy.ones(_AMPLITUDES, dtype=complex)
    other = numpy.empty_like(amplitudes)
    pass_seconds = _quickest(lambda: numpy.multiply(amplitudes, 1j, out=other), seconds / 2)
    return Speed(loop_seconds / _REFERENCE_LOOP_SECONDS, pass_seconds / _REFERENCE_PASS_SECONDS)


_AMPLITUDES: Final = 1 << 16
_REFERENCE_LOOP_SECONDS: Final = 980e-6
_REFERENCE_PASS_SECONDS: Final = 57e-6


def _quickest(work: Callable[[], object], seconds: float) -> float:
    """The shortest time that the work took in this time, of two times at least."""
    ends = time.perf_counter() + seconds
    quickest = math.inf
    rounds = 0
    while rounds < 2 or time.perf_counter() < ends:
        started = time.perf_counter()
        work()
        quickest = min(quickest, time.perf_counter() - started)
        rounds += 1
    return quickest


def _loop() -> int:
    """What a front end does: looks up, compares, makes tuples and appends them."""
    numbers = {str(number): number for number in range(50)}
    names = list(numbers)
    made: list[tuple[str, int]] = []
    total = 0
    for name in names * 100:
        number = numbers[name]
        if number % 3:
            made.append((name, number))
            total += number
    return total
