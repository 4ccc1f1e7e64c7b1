"""Which pods go when a pool shrinks, how far each is on its way, and who is called back.

A victim is asked to claim no more, acknowledges, ends what it has, gets a deletion cost that
makes the ReplicaSet controller choose it, and only then is the scale lowered. A pod whose
containers do not run yet has claimed nothing; one that runs is never taken before its worker has
answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from qcexec_operator.observed import Pod, PodPhase, WorkerRow
from qcexec_operator.ranking import deletion_order

VICTIM_COST = -1000
"""Others have 0, or what somebody else gave them."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pod that is not going, with the rows of its workers."""

    pod: Pod
    workers: tuple[WorkerRow, ...]

    @property
    def chosen(self) -> bool:
        """Whether it is a victim already: asked to drain, or marked before it had a worker."""
        draining = any(each.draining_at is not None for each in self.workers)
        return draining or self.pod.deletion_cost <= VICTIM_COST

    @property
    def busy(self) -> bool:
        """Whether it has tasks."""
        return any(each.leases for each in self.workers)

    @property
    def runs(self) -> bool:
        """Whether a worker of it may have claimed something, or may within a moment."""
        return bool(self.workers) or self.pod.phase in (PodPhase.UNREADY, PodPhase.READY)

    @property
    def finished(self) -> bool:
        """Whether it has claimed nothing and won't, or claims no more and has nothing left."""
        if not self.workers:
            return not self.runs
        return all(each.drained_at is not None and each.leases == 0 for each in self.workers)

    def may_go(self, now: float, settle: float) -> bool:
        """Whether the scale may be lowered by it."""
        settled = self.pod.cost_since is not None and now - self.pod.cost_since >= settle
        return self.finished and self.pod.deletion_cost <= VICTIM_COST and settled

    def order(self, now: float) -> tuple[int, float, str]:
        """Among victims the lowest goes first.

        Without a node, starting, the longest idle, the least work that is still to be done.
        """
        if not self.workers:
            kind = {PodPhase.UNSCHEDULED: 0, PodPhase.CREATING: 1, PodPhase.UNREADY: 2}
            # A ready pod without a row may be working while its row is made anew.
            return kind.get(self.pod.phase, 5), self.pod.created_at - now, self.pod.uid
        if self.busy:
            left = sum(each.remaining_seconds or 0.0 for each in self.workers)
            unknown = any(each.leases and each.remaining_seconds is None for each in self.workers)
            return 4, float("inf") if unknown else left, self.pod.uid
        since = max(
            each.started_at if each.idle_since is None else each.idle_since for each in self.workers
        )
        return 3, since - now, self.pod.uid


@dataclass(frozen=True, slots=True)
class Selection:
    """Who becomes a victim, and who is no longer one."""

    drain: tuple[UUID, ...] = ()
    undrain: tuple[UUID, ...] = ()
    costs: tuple[tuple[str, int], ...] = ()
    """Pod uids and the deletion costs that they should have."""
    victims: int = 0
    """Pods that are victims by that."""
    fresh: int = 0
    """Of those, the ones that were none before."""


def candidates(pods: Sequence[Pod], workers: Sequence[WorkerRow]) -> list[Candidate]:
    """The pods that are not going, each with the rows of its workers."""
    rows: dict[str, list[WorkerRow]] = {}
    for worker in workers:
        if worker.pod_uid is not None:
            rows.setdefault(worker.pod_uid, []).append(worker)
    return [
        Candidate(pod, tuple(rows.get(pod.uid, ())))
        for pod in pods
        if pod.phase is not PodPhase.GOING
    ]


def without_doomed(
    candidates: Sequence[Candidate], replicas: int
) -> tuple[list[Candidate], list[Candidate]]:
    """Those that stay, and those that the ReplicaSet controller is about to delete.

    It does so as soon as it sees a scale that is below the number of pods. Calling those back
    would be in vain.
    """
    surplus = len(candidates) - replicas
    if surplus <= 0:
        return list(candidates), []
    doomed = {each.uid for each in deletion_order(each.pod for each in candidates)[:surplus]}
    return (
        [each for each in candidates if each.pod.uid not in doomed],
        [each for each in candidates if each.pod.uid in doomed],
    )


def select(candidates: Sequence[Candidate], wanted: int, allowed: int, now: float) -> Selection:
    """Makes ``wanted`` of the pods victims, choosing at most ``allowed`` anew.

    Where there are more victims than that, those with the most work left are called back. Pods
    that do not run yet are chosen even in the place of victims that do: Kubernetes deletes them
    first anyway, so one that can't start would keep the scale from being lowered for ever.
    """
    chosen = [each for each in candidates if each.chosen]
    others = sorted(
        (each for each in candidates if not each.chosen), key=lambda each: each.order(now)
    )
    unstarted = sum(not each.runs for each in others)
    running = sum(each.runs for each in chosen)
    places = max(wanted - len(chosen), min(wanted - (len(chosen) - running), unstarted))
    fresh = others[: max(0, min(allowed, places))]
    chosen.sort(key=lambda each: (not each.finished, each.order(now)))
    staying = wanted - len(fresh)
    chosen, spared = chosen[:staying], chosen[staying:]
    return Selection(
        drain=tuple(
            worker.worker_id
            for each in (*chosen, *fresh)
            for worker in each.workers
            if worker.draining_at is None
        ),
        undrain=tuple(
            worker.worker_id
            for each in spared
            for worker in each.workers
            if worker.draining_at is not None
        ),
        costs=_costs(candidates, (*chosen, *fresh)),
        victims=len(chosen) + len(fresh),
        fresh=len(fresh),
    )


def release(candidates: Sequence[Candidate]) -> Selection:
    """Nobody is a victim."""
    return select(candidates, 0, 0, 0.0)


def _costs(
    candidates: Sequence[Candidate], victims: Sequence[Candidate]
) -> tuple[tuple[str, int], ...]:
    """What is to be written: a cost for victims that may go, or whose worker isn't there yet.

    A pod that starts is marked, so that it is drained as soon as its worker has a row. A pod
    that has tasks is never marked: a lost readiness probe elsewhere must not make it the first.
    """
    marked = {each.pod.uid for each in victims if each.finished or not each.workers}
    kept = marked | {each.pod.uid for each in victims if not each.busy}
    wrong = []
    for each in candidates:
        cost = each.pod.deletion_cost
        if each.pod.uid in marked and cost > VICTIM_COST:
            wrong.append((each.pod.uid, VICTIM_COST))
        elif each.pod.uid not in kept and cost <= VICTIM_COST:
            wrong.append((each.pod.uid, 0))
    return tuple(wrong)
