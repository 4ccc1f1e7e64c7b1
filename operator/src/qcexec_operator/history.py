"""What is remembered of a pool from one look to the next.

It is kept in the operator's process alone, and a restart loses it: nothing shrinks then until what
was forgotten has been learnt again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from qcexec_operator.memory import Memory
from qcexec_operator.observed import Doubt
from qcexec_operator.rates import ArrivalRate
from qcexec_operator.run_times import Learned


@dataclass(frozen=True, slots=True)
class SeenCost:
    """A pod's deletion cost, and since when it was seen there."""

    cost: int
    since: float


@dataclass(frozen=True, slots=True)
class History:
    """One pool's."""

    memory: Memory
    learned: Learned = field(default_factory=Learned)
    arrivals: ArrivalRate = field(default_factory=ArrivalRate)
    figures_at: float | None = None
    """When the figures that went into ``arrivals`` last were written."""
    ended: int = 0
    """Tasks that ended since those figures."""
    starts: tuple[float, ...] = ()
    """How long pods took from their creation to a worker, the latest last."""
    started: frozenset[str] = frozenset()
    """Uids of pods that exist and went into ``starts``."""
    costs: Mapping[str, SeenCost] = field(default_factory=dict)
    slots_per_pod: int = 1
    """Of the worker seen last."""
    pods_differ_since: float | None = None
    """Since when the Deployment's controller has seen another number of pods."""
    failed_write: Doubt | None = None
    """Why the last plan was not carried out to its end."""
