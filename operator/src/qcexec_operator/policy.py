"""What is wanted of a pool: its bounds, how long a task may wait, how fast it shrinks."""

from __future__ import annotations

from dataclasses import dataclass

from qcexec_operator.errors import InvalidPolicy

_LEAST_WINDOW_SECONDS = 30.0
_GREATEST_WINDOW_SECONDS = 300.0
_COLD_STARTS_A_WINDOW = 3.0


@dataclass(frozen=True, slots=True)
class ScaleDown:
    """How a pool shrinks."""

    stabilization_seconds: float | None = None
    """The most of the recommendations of so long counts. None: three cold starts, 30 to 300 s."""
    step_percent: float = 25.0
    """Of the pods, how many may be asked to drain in a period; one always may."""
    period_seconds: float = 15.0


@dataclass(frozen=True, slots=True)
class Policy:
    """How one pool is to be scaled. Raises InvalidPolicy."""

    target_wait_seconds: float
    """How long a task may wait for a slot."""
    min_replicas: int
    max_replicas: int
    scale_down: ScaleDown = ScaleDown()
    paused: bool = False
    slots_per_pod: int = 1
    """What a pod is taken to have before any worker of the pool has said."""
    cold_start_seconds: float = 30.0
    """What a pod's start is taken to last before any was observed."""
    greatest_figures_age_seconds: float = 15.0
    """Older figures of the queue are no figures."""
    lease_seconds: float = 30.0
    """A worker that was silent for longer is not counted."""
    cost_settle_seconds: float = 2.0
    """How long a deletion cost must have been there before the ReplicaSet controller is sure to
    read it: its cache and the endpoints' lag behind (kubernetes/kubernetes#126138)."""

    def __post_init__(self) -> None:
        if not 0 <= self.min_replicas <= self.max_replicas:
            raise InvalidPolicy("replicas must be 0 <= minReplicas <= maxReplicas")
        if not self.target_wait_seconds > 0:
            raise InvalidPolicy("targetWaitSeconds must be greater than 0")
        if self.slots_per_pod < 1:
            raise InvalidPolicy("a pod has at least one slot")

    def bounded(self, replicas: int) -> int:
        """The number of pods nearest to ``replicas`` that the policy allows."""
        return max(self.min_replicas, min(self.max_replicas, replicas))

    def window_seconds(self, cold_start_seconds: float) -> float:
        """For how long a recommendation keeps the pool from shrinking below it."""
        if self.scale_down.stabilization_seconds is not None:
            return self.scale_down.stabilization_seconds
        window = _COLD_STARTS_A_WINDOW * cold_start_seconds
        return max(_LEAST_WINDOW_SECONDS, min(_GREATEST_WINDOW_SECONDS, window))

    def step(self, replicas: int) -> int:
        """How many of so many pods may be asked to drain in one period."""
        return max(1, int(replicas * self.scale_down.step_percent / 100.0))
