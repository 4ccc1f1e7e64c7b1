"""The conditions of a WorkerPool, from what was seen."""

from __future__ import annotations

from collections.abc import Sequence

from qcexec_operator import words
from qcexec_operator.demand import Demand
from qcexec_operator.observed import Doubt, Observed, PodPhase
from qcexec_operator.plan import Condition, ConditionType
from qcexec_operator.policy import Policy


def conditions(
    observed: Observed, policy: Policy, doubts: Sequence[Doubt], needed: Demand | None
) -> tuple[Condition, ...]:
    """Ready, ScalingActive, ScalingLimited and DatabaseReachable, in this order."""
    return (
        _ready(observed),
        _active(policy, doubts),
        _limited(observed, policy, needed),
        _reachable(doubts),
    )


def _ready(observed: Observed) -> Condition:
    if observed.deployment is None:
        return Condition(ConditionType.READY, False, "DeploymentMissing", "No Deployment.")
    ready = sum(each.phase is PodPhase.READY for each in observed.pods)
    wanted = observed.deployment.replicas
    enough = ready >= wanted
    return Condition(
        ConditionType.READY,
        enough,
        "PodsReady" if enough else "PodsNotReady",
        f"{ready} of {wanted} pods are ready.",
    )


def _active(policy: Policy, doubts: Sequence[Doubt]) -> Condition:
    if doubts:
        message = " ".join(each.message for each in doubts)
        return Condition(ConditionType.SCALING_ACTIVE, False, doubts[0].code.value, message)
    if policy.paused:
        return Condition(ConditionType.SCALING_ACTIVE, False, "Paused", "spec.paused is true.")
    return Condition(
        ConditionType.SCALING_ACTIVE, True, "FiguresKnown", "The scale follows the queue."
    )


def _limited(observed: Observed, policy: Policy, needed: Demand | None) -> Condition:
    type_ = ConditionType.SCALING_LIMITED
    if needed is not None and needed.pods > policy.max_replicas:
        message = f"The work needs {words.pods(needed.pods)}; maxReplicas is {policy.max_replicas}."
        return Condition(type_, True, "TooManyReplicas", message)
    if needed is not None and needed.pods < policy.min_replicas:
        message = f"The work needs {words.pods(needed.pods)}; minReplicas is {policy.min_replicas}."
        return Condition(type_, True, "TooFewReplicas", message)
    if observed.deployment is not None and observed.deployment.rolling_out:
        return Condition(type_, True, "RolloutRuns", "No pod is taken while a rollout runs.")
    return Condition(type_, False, "WithinBounds", "The scale is what the work needs.")


def _reachable(doubts: Sequence[Doubt]) -> Condition:
    type_ = ConditionType.DATABASE_REACHABLE
    for each in doubts:
        if each.code.of_the_database:
            return Condition(type_, False, each.code.value, each.message)
    return Condition(type_, True, "Answered", "PostgreSQL answered.")
