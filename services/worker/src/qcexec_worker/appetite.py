"""How much to claim: about 20 ms of expected work for each free slot.

Tiny tasks are claimed many at once, since each exchange costs a commit; long
ones one a slot, since others could run what would wait behind them. The cost
that a task carries is a guess from its size; what recent runs took corrects it.
"""

from __future__ import annotations

from dataclasses import dataclass

from qcexec_queue.exchange import Appetite

WORK_PER_SLOT_SECONDS = 0.020
MOST_PER_SLOT = 256
_MEMORY = 0.98
"""How much of what was learnt stays with each further run: some 50 runs count."""


@dataclass(slots=True)
class RunTimes:
    """What runs took, against what their costs had said: a decaying ratio of sums."""

    _seconds: float = 0.0
    _costs: float = 0.0

    def ran(self, cost: float, seconds: float) -> None:
        """A task of that cost took so long."""
        self._seconds = _MEMORY * self._seconds + seconds
        self._costs = _MEMORY * self._costs + max(cost, 1e-6)

    @property
    def seconds_per_cost(self) -> float | None:
        """By what to multiply a cost; None before the first run."""
        return self._seconds / self._costs if self._costs else None


def appetite(free_slots: int, run_times: RunTimes, *, suspects: bool) -> Appetite | None:
    """What to claim for so many free slots; None for none."""
    if free_slots == 0:
        return None
    factor = run_times.seconds_per_cost
    if factor is None:
        # Nothing is known yet: one task for each slot.
        return Appetite(free_slots, free_slots, 0.0, suspects)
    budget = WORK_PER_SLOT_SECONDS * free_slots / max(factor, 1e-9)
    return Appetite(MOST_PER_SLOT * free_slots, free_slots, min(budget, 1e30), suspects)
