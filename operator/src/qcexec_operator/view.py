"""What is known of the pools and pods of one release, and whether it calls for a look at once.

The uids of pods that are gone, and pools that were deleted, are kept until somebody has seen to
what they leave behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from qcexec_operator.sighting import PodSighting
from qcexec_operator.sightings import Sightings
from qcexec_operator.worker_pool import WorkerPool

LOST_NODE_GRACE_SECONDS = 10.0
"""After the moment by which a deleted pod should have been gone, its node counts as lost."""


class ClusterView:
    """Told by handlers and lists, asked by the reconciler."""

    def __init__(self) -> None:
        self._pools = Sightings[WorkerPool]()
        self._pods = Sightings[PodSighting]()
        self._lost: dict[str, str] = {}
        self._orphaned: dict[str, WorkerPool] = {}
        self.urgent = asyncio.Event()
        """Set when a pool has changed or a pod is gone."""

    @property
    def pools(self) -> list[WorkerPool]:
        """All pools, the oldest first."""
        return sorted(self._pools.objects, key=lambda each: (each.created_at, each.name))

    @property
    def pods(self) -> list[PodSighting]:
        """All pods that exist."""
        return self._pods.objects

    def pool_seen(self, pool: WorkerPool) -> None:
        """A pool exists, as this."""
        known = self._pools.get(pool.uid)
        if self._pools.seen(pool) and (known is None or known.generation != pool.generation):
            self.urgent.set()

    def pool_gone(self, uid: str) -> None:
        """A pool was deleted."""
        pool = self._pools.gone(uid)
        if pool is not None:
            self._orphaned[uid] = pool
            self.urgent.set()

    def pools_listed(self, pools: Iterable[WorkerPool], begun: float) -> None:
        """These were all pools at some moment after ``begun`` (monotonic seconds)."""
        listed = list(pools)
        for uid in self._pools.missing(listed, begun):
            self.pool_gone(uid)
        for each in listed:
            self.pool_seen(each)

    @property
    def orphaned_pools(self) -> list[WorkerPool]:
        """Pools that were deleted, whose workers may still have to be called back."""
        return list(self._orphaned.values())

    def settled(self, pool: WorkerPool) -> None:
        """Nothing is left to do for a pool that was deleted."""
        self._orphaned.pop(pool.uid, None)

    def pod_seen(self, pod: PodSighting) -> None:
        """A pod exists, as this."""
        known = self._pods.get(pod.uid)
        if self._pods.seen(pod) and pod.ended and not (known and known.ended):
            self.urgent.set()

    def pod_gone(self, uid: str) -> None:
        """A pod was deleted."""
        pod = self._pods.gone(uid)
        if pod is not None:
            self._lost[uid] = pod.name
            self.urgent.set()

    def pods_listed(self, pods: Iterable[PodSighting], begun: float) -> None:
        """These were all pods at some moment after ``begun`` (monotonic seconds)."""
        listed = list(pods)
        for uid in self._pods.missing(listed, begun):
            self.pod_gone(uid)
        for each in listed:
            self.pod_seen(each)

    def lost_pods(self, now: float) -> dict[str, str]:
        """Names by uids of the pods whose leases are to go back: nobody works on them."""
        lost = {
            each.uid: each.name
            for each in self._pods.objects
            if each.lost(now, LOST_NODE_GRACE_SECONDS)
        }
        return lost | self._lost

    def released(self, uids: Iterable[str]) -> None:
        """The database knows that these are gone."""
        for uid in uids:
            self._lost.pop(uid, None)
