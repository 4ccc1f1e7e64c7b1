"""Made-up loads, from a seed: when tasks come, how long each runs, what it is thought to cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

SLOTS_PER_POD = 4
SECONDS_PER_COST = 40.0
"""Costs are guesses on a scale of their own, as the API's are."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A load, and the pool that it is meant for."""

    name: str
    arrivals: Floats
    """Seconds, ascending."""
    seconds: Floats
    """How long each task runs."""
    costs: Floats
    """What each is thought to cost."""
    duration: float
    """Seconds that are simulated at least; longer while work is left."""
    max_pods: int
    target_wait: float
    bursts: tuple[tuple[int, int], ...] = ()
    """Ranges of tasks that came at once, and whose makespan is measured."""

    @property
    def slots(self) -> int:
        """The most slots."""
        return self.max_pods * SLOTS_PER_POD


def traces(pods: int, tasks: int, seed: int) -> list[Trace]:
    """All traces, for a pool of at most ``pods`` and with up to ``tasks`` in the longest."""
    random = np.random.default_rng(seed)
    return [
        steady(random, pods, tasks // 4),
        diurnal(random, pods, tasks),
        bursty(random, pods, tasks // 4),
        heavy_tailed(random, pods, tasks // 4),
        one_giant(random, pods, tasks // 20),
    ]


def steady(random: np.random.Generator, pods: int, tasks: int) -> Trace:
    """A constant rate at which 40% of all slots are busy. Exponential run times."""
    seconds = random.exponential(4.0, tasks)
    rate = 0.4 * pods * SLOTS_PER_POD / 4.0
    arrivals = np.cumsum(random.exponential(1.0 / rate, tasks))
    return _trace("steady", random, arrivals, seconds, pods)


def diurnal(random: np.random.Generator, pods: int, tasks: int) -> Trace:
    """A sine between 5% and 75% of all slots, two periods. Log-normal run times."""
    seconds = random.lognormal(np.log(3.0) - 0.5, 1.0, tasks)
    rate = 0.4 * pods * SLOTS_PER_POD / 3.0
    duration = tasks / rate
    grid = np.linspace(0.0, duration, 10_001)
    share = 0.40 - 0.35 * np.cos(2 * np.pi * 2 * grid / duration)
    mass = np.concatenate([[0.0], np.cumsum((share[1:] + share[:-1]) / 2)])
    arrivals = np.interp(np.sort(random.random(tasks)) * mass[-1], mass, grid)
    return _trace("diurnal", random, arrivals, seconds, pods)


def bursty(random: np.random.Generator, pods: int, tasks: int) -> Trace:
    """Bursts out of nothing, 25 minutes apart, each five minutes of work for all slots.

    The tasks of one are alike, as those of an experiment: what a long one begun last adds is
    the order's doing, not the scale's.
    """
    work, mean = 300.0 * pods * SLOTS_PER_POD, 3.0
    each = int(work / mean)
    number = max(2, min(4, tasks // each))
    arrivals = np.concatenate(
        [60.0 + 1500.0 * burst + np.sort(random.random(each)) for burst in range(number)]
    )
    seconds = random.lognormal(np.log(mean) - 0.125, 0.5, each * number)
    bursts = tuple((burst * each, (burst + 1) * each) for burst in range(number))
    return _trace("bursty", random, arrivals, seconds, pods, bursts=bursts, rest=600.0)


def heavy_tailed(random: np.random.Generator, pods: int, tasks: int) -> Trace:
    """A constant rate at 40%, and Pareto run times of which costs know nothing.

    Their exponent is 1.5: the variance is infinite, but for a limit of half an hour.
    """
    seconds = np.minimum(2.0 * (1.0 + random.pareto(1.5, tasks)), 1800.0)
    rate = 0.4 * pods * SLOTS_PER_POD / float(seconds.mean())
    arrivals = np.cumsum(random.exponential(1.0 / rate, tasks))
    trace = _trace("heavy-tailed", random, arrivals, seconds, pods)
    costs = np.full(tasks, float(seconds.mean()) / SECONDS_PER_COST)
    return Trace(trace.name, arrivals, seconds, costs, trace.duration, pods, trace.target_wait)


def one_giant(random: np.random.Generator, pods: int, tasks: int) -> Trace:
    """Small tasks for half an hour, at 10% of all slots, and amid them one of an hour."""
    seconds = random.exponential(1.0, tasks)
    arrivals = np.sort(random.random(tasks)) * tasks / (0.1 * pods * SLOTS_PER_POD)
    giant = tasks // 3
    seconds[giant] = 3600.0
    return _trace("one giant", random, arrivals, seconds, pods, rest=900.0)


def _trace(
    name: str,
    random: np.random.Generator,
    arrivals: Floats,
    seconds: Floats,
    pods: int,
    *,
    bursts: tuple[tuple[int, int], ...] = (),
    rest: float = 0.0,
) -> Trace:
    guesses = random.lognormal(0.0, 0.5, len(seconds))
    return Trace(
        name=name,
        arrivals=arrivals,
        seconds=seconds,
        costs=seconds * guesses / SECONDS_PER_COST,
        duration=float(arrivals[-1]) + rest,
        max_pods=pods,
        target_wait=30.0,
        bursts=bursts,
    )
