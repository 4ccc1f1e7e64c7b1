"""How many tasks arrive a second.

Nobody counts arrivals: that would cost the intake a write. But what came is what ended and what is
in the queue more than before, so the rate follows from figures that are there anyway. While the
depth is an estimate the rate is unknown; then the depth alone says enough.
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
    per_second: float | None = None

    def observing(self, in_queue: int | None, ended: int, now: float) -> ArrivalRate:
        """Takes in how many tasks wait, are scheduled or run, and how many ended meanwhile.

        ``in_queue`` is None where it is an estimate. From the second exact figure on the rate
        is known.
        """
        if in_queue is None:
            return ArrivalRate()
        if self.in_queue is None or self.at is None or now <= self.at:
            return ArrivalRate(in_queue, now, self.per_second)
        elapsed = now - self.at
        rate = max(0.0, (in_queue - self.in_queue + ended) / elapsed)
        if self.per_second is None:
            return ArrivalRate(in_queue, now, rate)
        weight = math.exp(-elapsed / AVERAGED_SECONDS)
        return ArrivalRate(in_queue, now, weight * self.per_second + (1.0 - weight) * rate)
