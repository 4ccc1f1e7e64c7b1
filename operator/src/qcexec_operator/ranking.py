"""In which order the ReplicaSet controller deletes pods when its scale is lowered.

Which pod goes is the controller's choice, not the operator's. So the scale is lowered only as far
as the controller, going by its rules, picks pods that may go.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from qcexec_operator.observed import Pod, PodPhase

_RANK = {
    PodPhase.UNSCHEDULED: 0,
    PodPhase.CREATING: 1,
    PodPhase.UNREADY: 2,
    PodPhase.READY: 3,
}


def deletion_order(pods: Iterable[Pod]) -> list[Pod]:
    """The pods that are not going, the first to be deleted first.

    Kubernetes, ActivePodsWithRanks: without a node, then pending, then not ready, then by
    deletion cost. What follows (pods a node, ages) decides among equals; here it is the uid,
    and whoever asks must not depend on it.
    """
    alive = [each for each in pods if each.phase is not PodPhase.GOING]
    return sorted(alive, key=lambda pod: (*_key(pod), pod.uid))


def surely_deleted(pods: Iterable[Pod], may_go: Collection[str], surplus: int) -> int:
    """By how many the scale may be lowered so that only pods of ``may_go`` (uids) are deleted.

    ``surplus`` pods are more than the scale already, and will go before them.
    """
    ordered = deletion_order(pods)
    blocked = [_key(each) for each in ordered if each.uid not in may_go]
    first_blocked = min(blocked, default=None)
    sure = [each for each in ordered if first_blocked is None or _key(each) < first_blocked]
    return max(0, len(sure) - max(0, surplus))


def _key(pod: Pod) -> tuple[int, int]:
    return _RANK[pod.phase], pod.deletion_cost
