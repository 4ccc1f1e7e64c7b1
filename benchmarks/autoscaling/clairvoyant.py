"""What no scheduler can beat, whatever it knows."""

from __future__ import annotations

import numpy as np
from benchmarks.autoscaling.pool import SimulatedPool
from benchmarks.autoscaling.traces import Floats


class AllReady:
    """All pods from the first moment on; with a cold start of zero, what the work itself takes."""

    name = "all pods, always ready"

    def look(self, pool: SimulatedPool) -> None:
        """Asks for all pods."""
        pool.scale(pool.trace.max_pods)


def least_makespan(arrivals: Floats, seconds: Floats, slots: int) -> float:
    """A lower bound of the seconds from the first arrival to the last end.

    For somebody who knows everything in advance and has all ``slots`` ready before the first task
    comes: no task ends before it came and ran, and what comes after a moment is not begun before
    it and takes at least its sum over all slots (McNaughton 1959, with release dates).
    """
    longest = float((arrivals + seconds).max())
    left = np.cumsum(seconds[::-1])[::-1]
    divided = float((arrivals + left / slots).max())
    return max(longest, divided) - float(arrivals[0])
