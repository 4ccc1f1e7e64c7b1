"""How many pods the work needs: the formula, and nothing of how a pool gets there.

docs/autoscaling.md has it with every symbol and a worked example. In short: what waits is to have
begun before the oldest of it has waited for the target. What exists, or is starting, can do so much
until then; where that is too little, more pods are needed, and those that exist are not counted
twice for being late. What is needed to keep going is the mean number of busy slots with headroom.

Everything grows with the work: more tasks, dearer tasks, older tasks and more arrivals never give
fewer pods.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from qcexec_operator.observed import CostClass
from qcexec_operator.run_times import RunTimes

UTILIZATION = 0.8
"""Of slots that are added for arrivals; a queue at a utilization of 1 grows without bound."""
GREATEST_HEADROOM = 1.0 / 3.0
"""Of the slots that are busy on average, the most to be kept beside them."""
DECAYS = 12.0
"""With h slots to spare the chance of a wait beyond x falls as exp(-h x / mean run time) (M/M/k).
At half the target, where more pods would be started, twelve of these make exp(-6): waits so long
come a few times an hour, and so do reversals."""
TOLERANCE = 0.1
"""Of a pod: so much more is not worth one."""
CATCH_UP = 0.25
"""Of the target, the least time given to new pods, however late everything is."""


@dataclass(frozen=True, slots=True)
class Supply:
    """Slots that are there or on their way."""

    replicas: int
    """Pods that were asked for: ready, starting, or about to be created."""
    slots_per_pod: int
    ready: int
    """Slots of live workers."""
    busy: int
    """Of those, slots with a task."""
    residuals: tuple[float | None, ...] = ()
    """Expected seconds until each busy slot is free; None, or left out: nobody knows."""
    starting: tuple[float, ...] = ()
    """For each pod that is starting, its age in seconds."""

    @property
    def slots(self) -> int:
        """All slots, the starting ones too."""
        return self.ready + self.slots_per_pod * len(self.starting)

    @property
    def free(self) -> int:
        """Slots that a task could have, now or when they have started."""
        return self.slots - self.busy


@dataclass(frozen=True, slots=True)
class Load:
    """The work, as far as it is known."""

    depth: int
    running: int
    due_soon: int
    oldest_seconds: float
    costs: tuple[CostClass, ...]
    run_times: RunTimes
    busy_average: float
    arrival_rate: float | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """What the work needs."""

    pods: int
    """To get what waits begun in time, and to keep going."""
    work_seconds: float
    """CPU-seconds that wait, by what was learnt of run times."""
    horizon_seconds: float
    """In which what waits is to have begun."""
    short_seconds: float
    """Slot-seconds that what exists lacks for that; 0 where it is enough."""


def demand(load: Load, supply: Supply, target_wait: float, cold_start: float) -> Demand:
    """The pods that ``load`` needs, where ``supply`` is there."""
    least = CATCH_UP * target_wait
    horizon = max(target_wait - load.oldest_seconds, least)
    work = _slot_seconds(load, target_wait)
    growing = max(0.0, _offered(load) - supply.slots)
    capacity = _capacity(load, supply, horizon, cold_start, least)
    short = max(0.0, work + growing * cold_start - capacity)
    extra = _extra_slots(load, supply, short, max(horizon - cold_start, least))
    late = load.oldest_seconds > target_wait and load.depth > supply.ready - supply.busy
    if late and not supply.starting:
        # There should have been enough, and there was not: what is believed of the work is wrong.
        extra = max(extra, 1.0)
    level = _level(load, supply, work, horizon, target_wait)
    if extra > 0.0:
        pods = max(supply.replicas + math.ceil(extra / supply.slots_per_pod - 1e-9), level)
    else:
        # Some of the pods may never work, those that seem to start among them: while tasks are
        # late there are not too many.
        pods = supply.replicas if late else min(level, supply.replicas)
    at_least = 1 if load.depth or load.running or load.due_soon or supply.busy else 0
    return Demand(
        pods=max(pods, at_least),
        work_seconds=_slot_seconds(load, math.inf),
        horizon_seconds=horizon,
        short_seconds=short,
    )


def _slot_seconds(load: Load, longest: float) -> float:
    """What what waits takes of the slots, a task no more than ``longest`` seconds.

    A task runs in one slot: it keeps that from others, and no number of slots does it sooner.
    """
    return sum(
        tasks * min(seconds, longest) for tasks, seconds in _classes(load.costs, load) if tasks
    )


def _classes(costs: Sequence[CostClass], load: Load) -> list[tuple[float, float]]:
    """Tasks and their expected seconds each, scaled from the costs that were seen to the depth."""
    seen = sum(each.tasks for each in costs)
    if not seen:
        return [(load.depth, load.run_times.mean_seconds)]
    return [
        (
            load.depth * each.tasks / seen,
            each.cost / each.tasks * load.run_times.seconds_per_cost,
        )
        for each in costs
        if each.tasks
    ]


def _capacity(load: Load, supply: Supply, horizon: float, cold_start: float, least: float) -> float:
    """What the slots that exist or start can do within the horizon, in slot-seconds.

    A pod that is late is expected to be as late again. Whatever starts counts with the least
    time that new pods are given, or it would be started once more.
    """
    idle = (supply.ready - supply.busy) * horizon
    busy = horizon * sum(_freed(each, horizon) for each in _residuals(load, supply))
    starting = supply.slots_per_pod * sum(
        max(least, horizon - abs(cold_start - age)) for age in supply.starting
    )
    return idle + busy + starting


def _residuals(load: Load, supply: Supply) -> list[float]:
    mean = load.run_times.residual_seconds
    known = [mean if each is None else each for each in supply.residuals[: supply.busy]]
    return known + [mean] * (supply.busy - len(known))


def _freed(residual: float, horizon: float) -> float:
    """The probability that a task with that mean residual time ends within the horizon.

    Exponential. A slot that is freed goes on for the rest of the horizon as a rule, and what is
    begun last need not end in it; the two make up for each other in a queue that keeps running.
    """
    return 1.0 if residual <= 0.0 else -math.expm1(-horizon / residual)


def _extra_slots(load: Load, supply: Supply, short: float, left: float) -> float:
    """Slots to add to those that exist; never more than tasks would have no slot."""
    without_slot = max(0, load.depth - supply.free)
    if load.depth and supply.slots == 0:
        without_slot = max(without_slot, 1)
    if short <= 0.0:
        return 0.0
    extra = short / left
    offered = _offered(load)
    if offered > supply.slots:
        extra = max(extra, offered / UTILIZATION - supply.slots)
    return min(extra, float(without_slot))


def _offered(load: Load) -> float:
    """Slots that what arrives keeps busy: arrivals a second times their mean run time."""
    return (load.arrival_rate or 0.0) * load.run_times.mean_seconds


def _level(load: Load, supply: Supply, work: float, horizon: float, target_wait: float) -> int:
    """Pods without which it would fall behind: what was busy on average with headroom, and
    what waits spread over the horizon beside what will still run.
    """
    mean, times = load.busy_average, load.run_times
    deviation = math.sqrt(mean * min(1.0, 2.0 * times.residual_seconds / target_wait))
    headroom = min(GREATEST_HEADROOM * mean, deviation + DECAYS * times.mean_seconds / target_wait)
    stuck = sum(1.0 - _freed(each, horizon) for each in _residuals(load, supply))
    waiting = min(load.depth, work / horizon)
    slots = max(mean + headroom, stuck + waiting)
    return max(0, math.ceil(slots / supply.slots_per_pod - TOLERANCE))
