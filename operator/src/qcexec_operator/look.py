"""What was asked of the database and the cluster, in one look at a pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qcexec_operator.observed import Doubt
from qcexec_operator.sighting import DeploymentSighting, PodSighting
from qcexec_operator.worker_pool import WorkerPool
from qcexec_queue.fleet import Fleet
from qcexec_queue.statistics import QueueStatistics


@dataclass(frozen=True, slots=True)
class QueueLook:
    """All queues and all workers, at one moment."""

    fleet: Fleet
    statistics: Mapping[str, QueueStatistics]
    """By the queue's name."""
    waiting: frozenset[str]
    """Of the queues whose pools sleep, those in which a task waits at this moment."""


@dataclass(frozen=True, slots=True)
class Look:
    """One pool, at ``now``."""

    pool: WorkerPool
    now: float
    pods: Sequence[PodSighting]
    """Of the whole release."""
    deployment: DeploymentSighting | None
    queues: QueueLook | None
    doubts: tuple[Doubt, ...] = ()
    """Why what is missing, or is there, may not be what is."""

    @property
    def own_pods(self) -> list[PodSighting]:
        """Those of the pool's Deployment."""
        if self.deployment is None:
            return []
        return [each for each in self.pods if self.deployment.selects(each)]

    @property
    def statistics(self) -> QueueStatistics | None:
        """The figures of the pool's queue, as they were written last."""
        return None if self.queues is None else self.queues.statistics.get(self.pool.queue)
