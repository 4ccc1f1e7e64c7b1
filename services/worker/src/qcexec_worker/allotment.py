"""Who may use the CPUs of slots that have no work: pure.

A circuit takes further threads only once it has run for a while, for most are done before that,
and a slot's CPU is lent only once it has been idle for a while, for under load the next batch
comes soon.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Final, NamedTuple

SETTLED_SECONDS: Final = 0.1
"""After so long a circuit counts as long, and a slot as idle."""


class Doing(Enum):
    """What a slot does."""

    NOTHING = "nothing"
    CIRCUIT = "circuit"
    BETWEEN = "between"
    """It has work, but no circuit runs at this moment."""


class Standing(NamedTuple):
    """What a slot does, and since when by a monotonic clock, in seconds."""

    doing: Doing
    since: float


def allot(slots: Sequence[Standing], cpus: int, now: float) -> list[int]:
    """How many further threads each slot may take at the moment.

    The CPUs that no slot uses are shared out evenly among the slots with a long circuit; what is
    left over goes to those that have been at theirs for longest.
    """
    unsettled = sum(slot.doing is Doing.NOTHING and not _is_settled(slot, now) for slot in slots)
    working = sum(slot.doing is not Doing.NOTHING for slot in slots)
    idle = max(cpus - working - unsettled, 0)
    takers = [
        (slot.since, number)
        for number, slot in enumerate(slots)
        if slot.doing is Doing.CIRCUIT and _is_settled(slot, now)
    ]
    allotted = [0] * len(slots)
    if takers:
        each, left = divmod(idle, len(takers))
        for place, (_, number) in enumerate(sorted(takers)):
            allotted[number] = each + (place < left)
    return allotted


def next_change(slots: Sequence[Standing], now: float) -> float | None:
    """When time alone changes what `allot` says, by the same clock; None for never."""
    return min(_coming(slots, now), default=None)


def _coming(slots: Sequence[Standing], now: float) -> Iterator[float]:
    for slot in slots:
        if slot.doing is not Doing.BETWEEN and not _is_settled(slot, now):
            yield slot.since + SETTLED_SECONDS


def _is_settled(slot: Standing, now: float) -> bool:
    return now >= slot.since + SETTLED_SECONDS
