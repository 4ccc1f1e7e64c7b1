"""Where tasks go that no pool serves: pure decisions.

A pool is in the table as long as a worker of it lives, or somebody who can wake
one vouches for it. When it goes for good, tasks may be left in its queue. Once
they have been seen there, without a pool, for a whole grace by one and the same
observer, they go to the pool with the largest slots: a worker there judges them as
any worker judges a task. What is seen is not kept across observers, so that a
database that was away, moved or restored first gives every pool time to come back.

Where there is no pool at all, tasks wait.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from qcexec_queue.workers import PoolRow

POOL_GRACE_SECONDS = 300.0
"""For how long a pool without a sign of life is taken to come back."""


@dataclass(frozen=True, slots=True)
class Stranded:
    """Queues in which tasks wait and that no pool serves, and since when that is seen."""

    since: Mapping[int, float] = field(default_factory=dict)
    """Seconds on a monotonic clock, by the number of the queue."""

    def seen(self, queue_ids: Collection[int], now: float) -> Stranded:
        """These are such queues now, and no others."""
        return Stranded({each: self.since.get(each, now) for each in queue_ids})

    def longer_than(self, seconds: float, now: float) -> list[int]:
        """Those that have been such for so long, in the order of their numbers."""
        return sorted(each for each, since in self.since.items() if now - since >= seconds)


def refuge(pools: Sequence[PoolRow]) -> PoolRow | None:
    """The pool that takes what no other does; None where there is none.

    The one with the largest slots, among those the one of the lowest rank.
    """
    return max(pools, key=lambda each: (each.slot_memory, -each.rank, -each.queue_id), default=None)
