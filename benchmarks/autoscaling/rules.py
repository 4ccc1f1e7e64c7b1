"""KEDA's and the HorizontalPodAutoscaler's rules, as their documentation has them.

Sources: keda.sh/docs, "ScaledObject specification" and the PostgreSQL scaler; kubernetes.io/docs,
"Horizontal Pod Autoscaling" (algorithm details, default behavior).
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from benchmarks.autoscaling.pool import SimulatedPool
from benchmarks.autoscaling.traces import SLOTS_PER_POD

SYNC_SECONDS = 15.0
"""`--horizontal-pod-autoscaler-sync-period`."""
TOLERANCE = 0.1
"""`--horizontal-pod-autoscaler-tolerance`."""
STABILIZATION_SECONDS = 300.0
"""`behavior.scaleDown.stabilizationWindowSeconds`."""
POLLING_SECONDS = 30.0
"""KEDA's `pollingInterval`: how often it looks while a workload is at zero."""
COOLDOWN_SECONDS = 300.0
"""KEDA's `cooldownPeriod`: from the last activity to zero."""


class Scaler(Protocol):
    """Somebody who looks at a pool now and then, and scales it."""

    name: str

    def look(self, pool: SimulatedPool) -> None:
        """Called each time that the simulation stops, at least once a second or two."""


class Behavior:
    """The HPA's default behavior.

    Up by 100% or four pods each 15 seconds, whichever is more; down to the most of what was
    recommended in 300 seconds.
    """

    def __init__(self) -> None:
        self._recommendations: list[tuple[float, int]] = []

    def bounded(self, current: int, recommended: int, now: float) -> int:
        """What the HPA writes, called once each sync period."""
        kept = [each for each in self._recommendations if each[0] > now - STABILIZATION_SECONDS]
        self._recommendations = [*kept, (now, recommended)]
        if recommended > current:
            return min(recommended, max(2 * current, current + 4))
        return min(current, max(pods for _, pods in self._recommendations))


class Keda:
    """KEDA with a PostgreSQL query that counts waiting and running tasks, as its example does.

    Between one and the maximum an HPA with the metric type AverageValue decides:
    ceil(metric / target), unless metric / (target x pods) is within the tolerance of 1.
    """

    def __init__(self, tasks_per_slot: float) -> None:
        self.name = f"KEDA {tasks_per_slot:g}"
        self._target = tasks_per_slot * SLOTS_PER_POD
        self._behavior = Behavior()
        self._polled_at = -math.inf
        self._synced_at = -math.inf
        self._active_at = -math.inf

    def look(self, pool: SimulatedPool) -> None:
        """Polls for activity, and syncs as the HPA does."""
        metric = pool.depth + int(pool.busy_by_block().sum())
        if pool.now - self._polled_at >= POLLING_SECONDS:
            self._polled_at = pool.now
            if metric > 0:
                self._active_at = pool.now
            if metric > 0 and pool.replicas == 0:
                pool.scale(1)
                return
            if pool.replicas and pool.now - self._active_at >= COOLDOWN_SECONDS:
                pool.scale(0)
                return
        if pool.replicas and pool.now - self._synced_at >= SYNC_SECONDS:
            self._synced_at = pool.now
            ratio = metric / (self._target * pool.replicas)
            wanted = pool.replicas
            if abs(ratio - 1.0) > TOLERANCE:
                wanted = math.ceil(metric / self._target)
            wanted = max(1, min(pool.trace.max_pods, wanted))
            pool.scale(self._behavior.bounded(pool.replicas, wanted, pool.now))


class Hpa:
    """An HPA on CPU utilization. It can't count a queue, nor go to zero.

    desired = ceil(current x utilization / target). Pods that are not ready count as idle where it
    would scale up, and are left out otherwise; utilization is what the metrics server averaged over
    its last 15 seconds.
    """

    def __init__(self, utilization: float = 0.7) -> None:
        self.name = f"HPA {utilization:.0%}"
        self._target = utilization
        self._behavior = Behavior()
        self._synced_at = -math.inf
        self._samples: list[float] = []

    def look(self, pool: SimulatedPool) -> None:
        """Samples the utilization, and syncs."""
        if pool.replicas == 0:
            pool.scale(1)
            return
        busy = pool.busy_by_block()
        ready = [pod.block for pod in pool.pods if pod.ready]
        used = float(busy[ready].sum()) / SLOTS_PER_POD if ready else 0.0
        self._samples.append(used)
        if pool.now - self._synced_at < SYNC_SECONDS:
            return
        self._synced_at = pool.now
        used = float(np.mean(self._samples))
        self._samples.clear()
        wanted = self._wanted(used, len(ready), pool.replicas)
        wanted = max(1, min(pool.trace.max_pods, wanted))
        pool.scale(self._behavior.bounded(pool.replicas, wanted, pool.now))

    def _wanted(self, used: float, ready: int, current: int) -> int:
        if not ready:
            return current
        ratio = used / ready / self._target
        counted = ready
        if ratio > 1.0 and ready < current:
            counted = current
            ratio = used / current / self._target
            if ratio <= 1.0:
                return current
        if abs(ratio - 1.0) <= TOLERANCE:
            return current
        return math.ceil(counted * ratio)
