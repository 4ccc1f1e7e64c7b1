"""How fast tasks finish, from the sums that workers tell with their heartbeats.

A heartbeat comes each few seconds, looks come each second. So a worker's rate is the
difference of its sums over the time between the two heartbeats that told them, not
between the looks; and the looks must lie further apart than heartbeats do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from qcexec_admin.look import Look
from qcexec_queue.fleet import WorkerFigures

MEMORY_SECONDS = 20.0
"""For how long looks are remembered: some heartbeats' time."""


@dataclass(frozen=True, slots=True)
class History:
    """The looks of the last MEMORY_SECONDS, the earliest first."""

    looks: tuple[Look, ...] = field(default_factory=tuple)

    def then(self, look: Look) -> History:
        """These looks and one more; those that are too old are forgotten."""
        kept = (
            each
            for each in self.looks
            if 0 <= (look.fleet.at - each.fleet.at).total_seconds() <= MEMORY_SECONDS
        )
        return History((*kept, look))


def finished_per_second(history: History) -> dict[UUID, float]:
    """By worker, for those of the last look of which two heartbeats were seen."""
    if not history.looks:
        return {}
    earliest: dict[UUID, WorkerFigures] = {}
    for worker in _workers(history.looks):
        earliest.setdefault(worker.worker_id, worker)
    rates = {}
    for worker in history.looks[-1].fleet.workers:
        before = earliest[worker.worker_id]
        seconds = (worker.heartbeat_at - before.heartbeat_at).total_seconds()
        done = worker.counters.tasks - before.counters.tasks
        if seconds > 0 and done >= 0:
            rates[worker.worker_id] = done / seconds
    return rates


def _workers(looks: Iterable[Look]) -> Iterable[WorkerFigures]:
    return (worker for look in looks for worker in look.fleet.workers)
