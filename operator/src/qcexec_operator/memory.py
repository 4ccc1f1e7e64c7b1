"""What earlier decisions left for later ones.

It is kept in the operator's process alone. A fresh memory knows when it began, and until it is as
old as the window nothing shrinks: a restart is no reason to scale down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Moment:
    """A number of pods, at a moment."""

    at: float
    pods: int


@dataclass(frozen=True, slots=True)
class Memory:
    """Recommendations within the window, recent steps down, and the mean number of busy slots."""

    began: float
    recommendations: tuple[Moment, ...] = ()
    """Only those that none after them exceeds: the others can't be the most of any window."""
    steps: tuple[Moment, ...] = ()
    """How many pods were asked to drain, and when."""
    busy: float | None = None
    """Busy slots, averaged with exponential weights over the last window."""
    updated: float | None = None

    def observing(self, busy: int, now: float, window: float) -> Memory:
        """Takes in how many slots are busy; what was forgotten begins with that."""
        if self.busy is None or self.updated is None:
            return replace(self, busy=float(busy), updated=now)
        weight = math.exp(-max(0.0, now - self.updated) / max(window, 1.0))
        return replace(self, busy=weight * self.busy + (1.0 - weight) * busy, updated=now)

    def recommending(self, pods: int, now: float, window: float) -> Memory:
        """Takes in a recommendation, and forgets those older than the window."""
        kept = [
            each for each in self.recommendations if each.at > now - window and each.pods > pods
        ]
        return replace(self, recommendations=(*kept, Moment(now, pods)))

    def stepping(self, pods: int, now: float, period: float) -> Memory:
        """Takes in that so many pods were asked to drain, and forgets older periods."""
        kept = [each for each in self.steps if each.at > now - period]
        return replace(self, steps=(*kept, Moment(now, pods)) if pods else tuple(kept))

    def most(self) -> int:
        """The most of the remembered recommendations."""
        return max((each.pods for each in self.recommendations), default=0)

    def stepped(self, now: float, period: float) -> int:
        """How many pods were asked to drain in the last period."""
        return sum(each.pods for each in self.steps if each.at > now - period)

    def covers(self, now: float, window: float) -> bool:
        """Whether it is at least as old as the window."""
        return now - self.began >= window
