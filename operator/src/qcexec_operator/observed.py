"""What the operator sees of one pool at one moment.

All moments are seconds since the epoch on one clock, the one of ``now``; the shell translates
database time. What is unknown is None, never a zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from uuid import UUID

from qcexec_operator.memory import Memory
from qcexec_operator.run_times import RunTimes


class DoubtCode(Enum):
    """Why what is seen may not be what is: the reason of the condition ScalingActive."""

    DATABASE_UNAVAILABLE = "DatabaseUnavailable"
    TOO_MANY_CONNECTIONS = "TooManyConnections"
    API_UNAVAILABLE = "ApiUnavailable"
    PODS_STALE = "PodsStale"
    """The watch fell behind, or the list was never complete."""
    WRITE_CONFLICT = "WriteConflict"
    """Somebody else writes the same object."""
    DEPLOYMENT_MISSING = "DeploymentMissing"
    DEPLOYMENT_INVALID = "DeploymentInvalid"
    """It is none that a pool of workers has."""
    QUEUE_SHARED = "QueueShared"
    """An older pool has the same queue, and its figures."""
    FIGURES_MISSING = "FiguresMissing"
    FIGURES_OLD = "FiguresOld"

    @property
    def of_the_database(self) -> bool:
        """Whether PostgreSQL did not answer."""
        return self in (DoubtCode.DATABASE_UNAVAILABLE, DoubtCode.TOO_MANY_CONNECTIONS)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A reason to change nothing."""

    code: DoubtCode
    message: str


@dataclass(frozen=True, slots=True)
class CostClass:
    """Waiting tasks of like cost."""

    tasks: int
    cost: float
    """Of all of them: CPU-seconds, as the tasks carry them."""


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """A queue, ``age_seconds`` ago."""

    age_seconds: float
    depth: int
    """Tasks that wait for a worker."""
    depth_exact: bool
    running: int
    """Tasks that a worker has."""
    due_soon: int
    """Tasks that become ready within a cold start or a window, whichever is longer."""
    oldest_seconds: float | None
    """For how long the oldest has waited. None: nothing waits."""
    costs: tuple[CostClass, ...] | None
    """Of a part of what waits, or all; it stands for the whole depth."""
    arrival_rate: float | None
    """Tasks a second."""


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A row of ``worker``, with the leases of that worker."""

    worker_id: UUID
    pod_uid: str | None
    slots: int
    leases: int
    started_at: float
    heartbeat_at: float
    idle_since: float | None = None
    """When its last lease ended. None: it has some, or never had one."""
    remaining_seconds: float | None = None
    """Expected until its last lease ends."""
    draining_at: float | None = None
    drained_at: float | None = None

    @property
    def busy(self) -> int:
        """Slots with a task, at most: several tiny tasks may share one."""
        return min(self.slots, self.leases)


class PodPhase(Enum):
    """How far a pod is, in the terms in which the ReplicaSet controller ranks pods."""

    UNSCHEDULED = "unscheduled"
    """It has no node."""
    CREATING = "creating"
    """It has a node; its containers do not run yet."""
    UNREADY = "unready"
    READY = "ready"
    GOING = "going"
    """It is being deleted, or has ended."""


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod of the Deployment."""

    uid: str
    name: str
    phase: PodPhase
    created_at: float
    node: str | None = None
    deletion_cost: int = 0
    """The annotation controller.kubernetes.io/pod-deletion-cost; 0 where there is none."""
    cost_since: float | None = None
    """When that was first seen on the pod. None: unknown."""


@dataclass(frozen=True, slots=True)
class DeploymentState:
    """What a Deployment says of itself."""

    replicas: int
    """``spec.replicas``."""
    generation: int
    observed_generation: int
    rolling_out: bool
    """Pods of more than one template exist, or are about to."""
    resource_version: str
    pods: int = 0
    """How many its controller has created, as far as it has said; the watch may be behind."""


@dataclass(frozen=True, slots=True)
class Observed:
    """All that a decision is made of."""

    memory: Memory
    figures: QueueFigures | None
    workers: tuple[WorkerRow, ...]
    pods: tuple[Pod, ...]
    deployment: DeploymentState | None
    run_times: RunTimes | None = None
    """None: nothing has run yet."""
    cold_start_seconds: float | None = None
    """Nine of ten recent pods started faster. None: no start was seen."""
    doubts: tuple[Doubt, ...] = ()
