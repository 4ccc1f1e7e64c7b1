"""What happens in a worker beside the queue's own events, told to an observer.

The log has lines of its own; this is what metrics and spans are made of. An observer is called on
the event loop, a few times a task, and must return at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from qcexec_queue.tasks import Lease, StoredResult
from qcexec_worker.desk import Outgoing
from qcexec_worker.jobs import ChildOutcome, Counts, Died


@dataclass(frozen=True, slots=True)
class LeasesClaimed:
    """A claim brought tasks."""

    leases: Sequence[Lease]
    seconds: float
    """How long it took, with the results that it handed in."""


@dataclass(frozen=True, slots=True)
class RunBegun:
    """A child is about to run a task."""

    lease: Lease


@dataclass(frozen=True, slots=True)
class RunEnded:
    """A run ended, however it did."""

    lease: Lease
    seconds: float
    end: ChildOutcome | Died

    @property
    def report(self) -> Mapping[str, object] | None:
        """What the child says of the run, with counts alone; None without."""
        return self.end.report if isinstance(self.end, Counts) else None


@dataclass(frozen=True, slots=True)
class HandedIn:
    """These leases are no longer ours: the database has answered."""

    outgoing: Outgoing
    lost: frozenset[int]
    """Epochs that had ended before: nothing was written for them."""


@dataclass(frozen=True, slots=True)
class ResultsStored:
    """These results are in the database, each under the epoch of its lease."""

    results: Sequence[StoredResult]


@dataclass(frozen=True, slots=True)
class ClaimedAfterNotify:
    """A worker that held nothing heard that tasks are ready, and has some."""

    seconds: float
    """From the notification to the claim's answer."""


@dataclass(frozen=True, slots=True)
class ChildReplaced:
    """A child ended, or did not start, and another one is started in its place."""

    reason: str


Event = (
    LeasesClaimed
    | RunBegun
    | RunEnded
    | HandedIn
    | ResultsStored
    | ClaimedAfterNotify
    | ChildReplaced
)


class Observer(Protocol):
    """Is told what happens."""

    def __call__(self, event: Event, /) -> None:
        """Take note of `event`; must neither block nor raise."""


def ignore(event: Event, /) -> None:
    """An observer for those who want to know nothing."""
    del event


def all_of(*observers: Observer) -> Observer:
    """An observer that tells each of these, in this order."""

    def tell(event: Event, /) -> None:
        for observer in observers:
            observer(event)

    return tell
