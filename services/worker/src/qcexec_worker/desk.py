"""What a worker has at hand: leases, and what is on its way back to the database.

An epoch stays here, and so is named by heartbeats, until the write that ends its
lease is answered. Nothing here waits or writes: the claim loop does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from qcexec_queue.settlement import Settlement
from qcexec_queue.tasks import Completion, Lease, StoredResult


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Leases that end: with results, or by going back."""

    completions: list[Completion]
    settlements: list[Settlement]

    def __bool__(self) -> bool:
        return bool(self.completions or self.settlements)

    @property
    def epochs(self) -> frozenset[int]:
        """The leases that end."""
        return frozenset(each.epoch for each in self.completions) | frozenset(
            each.lease.epoch for each in self.settlements
        )


class Desk:
    """The leases of this worker. `changed` is set when the claim loop has something to do."""

    def __init__(self) -> None:
        self._leases: dict[int, Lease] = {}
        self._outgoing = Outgoing([], [])
        self.changed = asyncio.Event()

    @property
    def epochs(self) -> list[int]:
        """What a heartbeat is to name."""
        return list(self._leases)

    @property
    def leases(self) -> list[Lease]:
        """What is held, those included whose end is not answered yet."""
        return list(self._leases.values())

    def has_suspect_beside(self, outgoing: Outgoing) -> bool:
        """Whether a suspect is held that is not among those that end."""
        ending = outgoing.epochs
        return any(lease.suspect and epoch not in ending for epoch, lease in self._leases.items())

    @property
    def has_outgoing(self) -> bool:
        """Whether a lease is to be ended."""
        return bool(self._outgoing)

    def take(self, leases: Iterable[Lease]) -> None:
        """These were claimed."""
        for lease in leases:
            self._leases[lease.epoch] = lease

    def complete(self, lease: Lease, result: StoredResult) -> None:
        """The task of `lease` ended with `result`."""
        self._outgoing.completions.append(Completion(lease.task_id, lease.epoch, result))
        self.changed.set()

    def put_back(self, settlement: Settlement) -> None:
        """A lease is to end without a result of its circuit."""
        self._outgoing.settlements.append(settlement)
        self.changed.set()

    def hand_over(self) -> Outgoing:
        """What is to be written; answered by `answered`, or handed over again by the caller."""
        outgoing, self._outgoing = self._outgoing, Outgoing([], [])
        return outgoing

    def answered(self, outgoing: Outgoing) -> None:
        """These writes came through, or came too late: the leases are no longer ours."""
        for epoch in outgoing.epochs:
            self._leases.pop(epoch, None)
