"""How many tasks arrive a second.

Nobody counts arrivals: that would cost the intake a write. But what came is what ended and what is
in the queue more than before, so the rate follows from figures that are there anyway. While the
depth is an estimate the rate is unknown; then the depth alone says enough.

Workers say what ended some seconds late, so what seems to arrive at one moment is too little, even
less than nothing, and at the next too much. Only the average is bounded below, not what goes in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

AVERAGED_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class ArrivalRate:
    """A rate averaged with exponential weights, and the last figures that went into it."""

    in_queue: int | None = None
    at: float | None = None
    average: float | None = None

    @property
    def per_second(self) -> float | None:
        """Tasks a second; None: not known yet."""
        return None if self.average is None else max(0.0, self.average)

    def observing(self, in_queue: int | None, ended: int, now: float) -> ArrivalRate:
        """Takes in how many tasks wait, are scheduled or run, and how many ended meanwhile.

        ``in_queue`` is None where it is an estimate. From the second exact figure on the rate
        is known.
        """
        if in_queue is None:
            return ArrivalRate()
        if self.in_queue is None or self.at is None or now <= self.at:
            return ArrivalRate(in_queue, now, self.average)
        elapsed = now - self.at
        rate = (in_queue - self.in_queue + ended) / elapsed
        if self.average is None:
            return ArrivalRate(in_queue, now, rate)
        weight = math.exp(-elapsed / AVERAGED_SECONDS)
        return ArrivalRate(in_queue, now, weight * self.average + (1.0 - weight) * rate)
