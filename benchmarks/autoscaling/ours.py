"""The operator's `decide` on a simulated pool: what it sees, and how late, as on a real cluster."""

from __future__ import annotations

import math
from dataclasses import replace
from uuid import UUID

import numpy as np
from benchmarks.autoscaling.pool import SimulatedPod, SimulatedPool
from benchmarks.autoscaling.traces import SLOTS_PER_POD

from qcexec_operator.cold_starts import cold_start_seconds
from qcexec_operator.decide import decide
from qcexec_operator.memory import Memory
from qcexec_operator.observed import (
    CostClass,
    DeploymentState,
    Observed,
    Pod,
    PodPhase,
    QueueFigures,
    WorkerRow,
)
from qcexec_operator.policy import Policy
from qcexec_operator.rates import ArrivalRate
from qcexec_operator.run_times import Counters, Learned, learn

FIGURES_SECONDS = 2.0
"""How often the queue's figures are written."""
COUNTED = 10_000
"""How far the depth is counted, and costs are looked at."""
_POOL = UUID(int=0)


class Operator:
    """Looks, decides, acts."""

    name = "qcexec"

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._memory = Memory(began=-math.inf)
        self._learned = Learned()
        self._rate = ArrivalRate()
        self._figures: QueueFigures | None = None
        self._figures_at = -math.inf
        self._sums: tuple[np.ndarray, ...] | None = None
        self._pods: dict[int, tuple[tuple[object, ...], Pod]] = {}

    def look(self, pool: SimulatedPool) -> None:
        """One round of observe, decide, act."""
        if pool.now - self._figures_at >= FIGURES_SECONDS:
            self._figures_at = pool.now
            self._figures = self._read_figures(pool)
        assert self._figures is not None
        observed = Observed(
            memory=self._memory,
            figures=replace(self._figures, age_seconds=pool.now - self._figures_at),
            workers=self._workers(pool),
            pods=tuple(self._pod(pod) for pod in pool.pods),
            deployment=DeploymentState(pool.replicas, 1, 1, False, ""),
            run_times=self._learned.run_times(),
            cold_start_seconds=cold_start_seconds(pool.starts),
        )
        plan = decide(observed, self._policy, pool.now)
        self._memory = plan.memory
        by_worker = {UUID(int=pod.number): pod for pod in pool.pods}
        by_uid = {str(pod.number): pod for pod in pool.pods}
        if plan.undrain:
            pool.undrain(by_worker[each] for each in plan.undrain)
        if plan.drain:
            pool.drain(by_worker[each] for each in plan.drain)
        for uid, cost in plan.deletion_costs:
            by_uid[uid].deletion_cost, by_uid[uid].cost_since = cost, pool.now
        if plan.replicas is not None:
            pool.scale(plan.replicas)

    def _read_figures(self, pool: SimulatedPool) -> QueueFigures:
        depth, running = pool.depth, int(pool.busy_by_block().sum())
        counters = self._counters(pool)
        self._learned, ended = learn(self._learned, {_POOL: counters}, pool.now)
        exact = depth <= COUNTED
        self._rate = self._rate.observing(depth + running if exact else None, ended, pool.now)
        head = pool.trace.costs[pool.next_task : pool.next_task + min(depth, COUNTED)]
        return QueueFigures(
            age_seconds=0.0,
            depth=depth,
            depth_exact=exact,
            running=running,
            due_soon=0,
            oldest_seconds=pool.oldest_seconds,
            costs=_classes(head),
            arrival_rate=self._rate.per_second,
        )

    def _counters(self, pool: SimulatedPool) -> Counters:
        """What all workers have run, from sums of what was begun less what still runs."""
        trace = pool.trace
        if self._sums is None:
            values = (trace.seconds, trace.seconds**2, trace.costs)
            self._sums = tuple(np.concatenate([[0.0], np.cumsum(each)]) for each in values)
        begun = [float(each[pool.next_task]) for each in self._sums]
        begins, ends, tasks = pool.slots()
        runs = ends > pool.now
        held = tasks[runs].astype(np.int64)
        return Counters(
            tasks=pool.next_task - len(held),
            seconds=begun[0] - float(trace.seconds[held].sum()),
            squares=begun[1] - float((trace.seconds[held] ** 2).sum()),
            cost=begun[2] - float(trace.costs[held].sum()),
            held_tasks=len(held),
            held_seconds=float((pool.now - begins[runs]).sum()),
            held_cost=float(trace.costs[held].sum()),
        )

    def _workers(self, pool: SimulatedPool) -> tuple[WorkerRow, ...]:
        begins, ends, tasks = pool.slots()
        runs = ends > pool.now
        busy = runs.sum(axis=1).tolist()
        idle_since = ends.max(axis=1).tolist()
        times = self._learned.run_times()
        factor = 0.0 if times is None else times.seconds_per_cost
        elapsed = pool.now - begins
        expected = pool.trace.costs[tasks.astype(np.int64)] * factor
        left = np.where(elapsed < expected, expected - elapsed, elapsed)
        remaining = np.where(runs, left, 0.0).max(axis=1).tolist()
        return tuple(
            WorkerRow(
                worker_id=UUID(int=pod.number),
                pod_uid=str(pod.number),
                slots=SLOTS_PER_POD,
                leases=busy[pod.block],
                started_at=pod.ready_at,
                heartbeat_at=pool.now,
                idle_since=None if busy[pod.block] else max(idle_since[pod.block], pod.ready_at),
                remaining_seconds=remaining[pod.block] if busy[pod.block] else None,
                draining_at=pod.draining_at,
                drained_at=pod.drained_at,
            )
            for pod in pool.pods
            if pod.ready
        )

    def _pod(self, pod: SimulatedPod) -> Pod:
        """The same object while nothing about the pod has changed."""
        phase = PodPhase.CREATING
        if pod.ready:
            phase = PodPhase.READY if pod.drained_at is None else PodPhase.UNREADY
        state = (phase, pod.deletion_cost, pod.cost_since)
        known = self._pods.get(pod.number)
        if known is not None and known[0] == state:
            return known[1]
        uid = str(pod.number)
        made = Pod(uid, uid, phase, pod.created_at, "node", pod.deletion_cost, pod.cost_since)
        self._pods[pod.number] = (state, made)
        return made


def _classes(costs: np.ndarray) -> tuple[CostClass, ...]:
    """By powers of two."""
    if not len(costs):
        return ()
    _, exponents = np.frexp(costs)
    least = int(exponents.min())
    counts = np.bincount(exponents - least)
    sums = np.bincount(exponents - least, weights=costs)
    return tuple(
        CostClass(int(tasks), float(cost))
        for tasks, cost in zip(counts, sums, strict=True)
        if tasks
    )
