"""Which pools take what does not fit elsewhere, and where stranded tasks go.

A worker whose slot is too small for a circuit passes it on to the next larger pool of the table
`pool`. So that table names exactly the pools on which a task that is passed on will be run: those
with a live worker, and those that sleep and that the operator can wake.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PoolState:
    """A pool, as the operator and the table `worker` know it."""

    queue: str
    slot_memory: int
    """Bytes that a slot has."""
    rank: int
    live_workers: int
    wakeable: bool
    """An operator scales it, it is not paused, and its maximum is above zero."""

    @property
    def serves(self) -> bool:
        """Whether a task in its queue will be run."""
        return self.live_workers > 0 or self.wakeable


@dataclass(frozen=True, slots=True)
class Stranded:
    """A queue with tasks that no pool serves."""

    queue: str
    since: float
    """When that was first seen."""


@dataclass(frozen=True, slots=True)
class Move:
    """All tasks of a queue go to another one."""

    queue: str
    to: str | None
    """None: there is no pool at all; they end as circuit_too_large."""


def rows(pools: Iterable[PoolState]) -> tuple[PoolState, ...]:
    """The pools that the table is to name, in the order in which tasks are passed on."""
    return tuple(
        sorted(
            (each for each in pools if each.serves),
            key=lambda each: (each.rank, each.slot_memory, each.queue),
        )
    )


def moves(
    stranded: Iterable[Stranded], pools: Sequence[PoolState], now: float, grace: float
) -> tuple[Move, ...]:
    """Where tasks go that nobody has served for ``grace`` seconds: to the largest slots.

    A worker there judges them as any worker judges a task: what does not fit either ends there.
    """
    serving = rows(pools)
    largest = max(serving, key=lambda each: (each.slot_memory, -each.rank), default=None)
    served = {each.queue for each in serving}
    return tuple(
        Move(each.queue, None if largest is None else largest.queue)
        for each in stranded
        if each.queue not in served and now - each.since >= grace
    )
