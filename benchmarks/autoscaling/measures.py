"""What came of a trace under a scaler."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from benchmarks.autoscaling.clairvoyant import least_makespan
from benchmarks.autoscaling.pool import SimulatedPool
from benchmarks.autoscaling.rules import Scaler
from benchmarks.autoscaling.traces import SLOTS_PER_POD, Trace


@dataclass(frozen=True, slots=True)
class Outcome:
    """The figures of one run."""

    trace: str
    scaler: str
    wait_p50: float
    wait_p95: float
    wait_p99: float
    makespan: float | None
    """Of the worst burst, as a multiple of the clairvoyant bound; None where there are none."""
    wasted: float
    """Pod-seconds without work, as a multiple of those with work."""
    wasted_pod_seconds: float
    reversals_per_hour: float
    busy_pods_killed: int
    tasks_repeated: int
    lowered: int
    """Pods that were taken by lowering the scale."""
    seconds: float
    """That the simulation took."""


def run(trace: Trace, scaler: Scaler, *, cold_start: float, step: float, seed: int) -> Outcome:
    """Simulates the trace until its end and until nothing is left to do."""
    began = time.perf_counter()
    pool = simulated(trace, scaler, cold_start=cold_start, step=step, seed=seed)
    return outcome(pool, scaler.name, seconds=time.perf_counter() - began)


def simulated(
    trace: Trace, scaler: Scaler, *, cold_start: float, step: float, seed: int
) -> SimulatedPool:
    """The pool after the trace has ended and nothing is left to do."""
    pool = SimulatedPool(trace, cold_start, seed)
    while pool.now < trace.duration or not pool.finished:
        scaler.look(pool)
        pool.advance(pool.now + step)
    return pool


def outcome(pool: SimulatedPool, scaler: str, *, seconds: float) -> Outcome:
    """The figures of a pool that has ended; ``seconds`` is what its simulation took."""
    trace = pool.trace
    waits = np.percentile(pool.waits(), (50, 95, 99))
    work = float(trace.seconds.sum()) / SLOTS_PER_POD
    wasted = pool.pod_seconds - work
    return Outcome(
        trace=trace.name,
        scaler=scaler,
        wait_p50=float(waits[0]),
        wait_p95=float(waits[1]),
        wait_p99=float(waits[2]),
        makespan=_makespan(pool),
        wasted=wasted / work,
        wasted_pod_seconds=wasted,
        reversals_per_hour=_reversals(pool) / (pool.now / 3600.0),
        busy_pods_killed=pool.busy_pods_killed,
        tasks_repeated=pool.tasks_repeated,
        lowered=_lowered(pool),
        seconds=seconds,
    )


def _makespan(pool: SimulatedPool) -> float | None:
    finishes, trace = pool.finishes(), pool.trace
    ratios = [
        float(finishes[first:last].max() - trace.arrivals[first])
        / least_makespan(trace.arrivals[first:last], trace.seconds[first:last], trace.slots)
        for first, last in trace.bursts
    ]
    return max(ratios, default=None)


def _reversals(pool: SimulatedPool) -> int:
    """How often the scale went the other way than before."""
    changes = np.sign(np.diff([pods for _, pods in pool.scales]))
    return int((changes[1:] != changes[:-1]).sum())


def _lowered(pool: SimulatedPool) -> int:
    changes = np.diff([pods for _, pods in pool.scales])
    return int(-changes[changes < 0].sum())
