"""How a simulated pool fared over time, from what it knows of each task when it has ended. Pure.

Nothing is sampled while the simulation runs, so a run that is drawn costs what any other costs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from benchmarks.autoscaling.pool import SimulatedPool
from benchmarks.autoscaling.traces import SLOTS_PER_POD, Floats


@dataclass(frozen=True, slots=True)
class Timeline:
    """A pool over time. Intervals are between two neighbouring ``edges``."""

    edges: Floats
    """Seconds from the start, evenly spaced."""
    busy: Floats
    """Slots that had a task, in pods, averaged over each interval."""
    oldest: Floats
    """The longest that the oldest waiting task had waited in each interval, in seconds."""
    scale_moments: Floats
    """When the scale was written, in seconds, with the end of the run as the last."""
    scales: Floats
    """Pods that were asked for from each of these moments on."""


def timeline(pool: SimulatedPool, intervals: int) -> Timeline:
    """The pool's run so far, in that many intervals of a whole number of seconds each."""
    width = math.ceil(pool.now / intervals)
    edges = np.arange(0.0, pool.now + width, width)
    seconds = np.arange(edges[-1])
    oldest = oldest_waits(pool.trace.arrivals, pool.first_begins(), seconds)
    finishes = pool.finishes()
    moments, scales = np.array([*pool.scales, (pool.now, pool.replicas)], dtype=np.float64).T
    return Timeline(
        edges=edges,
        busy=busy_slots(finishes - pool.trace.seconds, finishes, edges) / SLOTS_PER_POD,
        oldest=oldest.reshape(-1, width).max(axis=1),
        scale_moments=moments,
        scales=scales,
    )


def busy_slots(begins: Floats, ends: Floats, edges: Floats) -> Floats:
    """How many of the runs from ``begins`` to ``ends`` were going on, averaged between edges."""
    worked = _since(begins, edges) - _since(ends, edges)
    busy: Floats = np.diff(worked) / np.diff(edges)
    return busy


def oldest_waits(arrivals: Floats, begins: Floats, moments: Floats) -> Floats:
    """For how long the oldest task not begun had waited at each moment; 0 where none waited."""
    # The first task that had not begun is the first at which the latest begin so far is later.
    first = np.searchsorted(np.maximum.accumulate(begins), moments, side="right")
    came = np.append(arrivals, np.inf)[first]
    waits: Floats = np.maximum(moments - came, 0.0)
    return waits


def _since(starts: Floats, moments: Floats) -> Floats:
    """The sum of the seconds that had passed, at each moment, since each start before it."""
    ordered = np.sort(starts)
    sums = np.concatenate([[0.0], np.cumsum(ordered)])
    number = np.searchsorted(ordered, moments)
    since: Floats = number * moments - sums[number]
    return since
