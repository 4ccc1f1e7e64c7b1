"""How long tasks run, learnt from what workers counted.

A task carries a cost, made at its submission from its size: a guess that can be wrong by orders
of magnitude, for nobody has read the circuit by then. Workers count what they ran: tasks, their
seconds, the squares of those, and the costs they had carried. Differences of the counters, with
weights that halve every few minutes, give seconds per cost, the mean and the spread. What still
runs counts with the time that it has run so far: where all tasks are far longer than their costs
say, that shows before the first ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

HALF_LIFE_SECONDS = 300.0
_LEAST = 1e-9
"""Seconds, or CPU-seconds of cost, below which a sum says nothing."""


@dataclass(frozen=True, slots=True)
class RunTimes:
    """What is known of run times."""

    seconds_per_cost: float
    mean_seconds: float
    variation: float
    """The squared coefficient of variation: variance over squared mean; 1 where exponential."""

    @property
    def residual_seconds(self) -> float:
        """The mean time that a task which is found running still runs.

        mean x (1 + variation) / 2, the mean residual life of a renewal process: long tasks
        are found running more often than they come (the inspection paradox).
        """
        return self.mean_seconds * (1.0 + self.variation) / 2.0

    def remaining_seconds(self, cost: float, elapsed: float) -> float:
        """How long a task of that cost, which has run for ``elapsed``, probably still runs.

        One that has outrun what its cost says is expected to run for as long again.
        """
        expected = cost * self.seconds_per_cost
        return expected - elapsed if elapsed < expected else elapsed


@dataclass(frozen=True, slots=True)
class Counters:
    """What a worker has run since its start, and for how long it runs what it holds."""

    tasks: int = 0
    seconds: float = 0.0
    squares: float = 0.0
    cost: float = 0.0
    held_tasks: int = 0
    held_seconds: float = 0.0
    """Since the claims of what it holds, a sum."""
    held_cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Learned:
    """Sums of what ended, with weights that halve with age, and the counters last seen."""

    tasks: float = 0.0
    seconds: float = 0.0
    squares: float = 0.0
    cost: float = 0.0
    seen: Mapping[UUID, Counters] = field(default_factory=dict)
    updated: float | None = None

    def run_times(self) -> RunTimes | None:
        """What is known; None before anything ran."""
        held = self.seen.values()
        tasks = self.tasks + sum(each.held_tasks for each in held)
        seconds = self.seconds + sum(each.held_seconds for each in held)
        cost = self.cost + sum(each.held_cost for each in held)
        if tasks < 1.0 or seconds < _LEAST or cost < _LEAST:
            return None
        mean = seconds / tasks
        squares = self.squares + sum(
            each.held_seconds**2 / each.held_tasks for each in held if each.held_tasks
        )
        return RunTimes(
            seconds_per_cost=seconds / cost,
            mean_seconds=mean,
            variation=max(0.0, squares / tasks / mean**2 - 1.0),
        )


def learn(
    learned: Learned,
    counters: Mapping[UUID, Counters],
    now: float,
    *,
    half_life: float = HALF_LIFE_SECONDS,
) -> tuple[Learned, int]:
    """Takes in the counters of all workers of a pool.

    Gives what is known after that and how many tasks ended since the last time. A worker that was
    not seen before counts with all that it ran; one that is gone with what it had when last seen.
    """
    elapsed = 0.0 if learned.updated is None else max(0.0, now - learned.updated)
    weight = 0.5 ** (elapsed / half_life)
    nothing = Counters()
    tasks, seconds, squares, cost = 0, 0.0, 0.0, 0.0
    for worker_id, each in counters.items():
        before = learned.seen.get(worker_id, nothing)
        tasks += max(0, each.tasks - before.tasks)
        seconds += max(0.0, each.seconds - before.seconds)
        squares += max(0.0, each.squares - before.squares)
        cost += max(0.0, each.cost - before.cost)
    return (
        Learned(
            tasks=weight * learned.tasks + tasks,
            seconds=weight * learned.seconds + seconds,
            squares=weight * learned.squares + squares,
            cost=weight * learned.cost + cost,
            seen=dict(counters),
            updated=now,
        ),
        tasks,
    )
