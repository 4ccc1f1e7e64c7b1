"""What a WorkerPool's status says: pure.

Fields that are not known are None, which takes them out of the status: an old figure beside a new
one would be a lie.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from qcexec_operator.observed import Observed, PodPhase
from qcexec_operator.plan import Condition, Plan
from qcexec_operator.worker_pool import WorkerPool

PATIENT_SECONDS = 5.0
"""Figures alone are written that often; what is more than a figure, at once."""

_LONGEST_MESSAGE = 4096
"""Characters, by the schema."""
_FIGURES = frozenset(
    {"busySlots", "message", "oldestWaitSeconds", "predictedCpuSeconds", "queueDepth"}
)


def status(
    pool: WorkerPool,
    observed: Observed,
    plan: Plan,
    scaled_to: int | None,
    message: str,
    now: float,
) -> dict[str, Any]:
    """The whole status after a plan; ``scaled_to`` is the scale that was set, if one was.

    ``pool`` has the status before that.
    """
    figures, deployment = observed.figures, observed.deployment
    current = None if deployment is None else deployment.replicas
    oldest = None if figures is None else figures.oldest_seconds
    last_scale = pool.status.get("lastScale")
    if scaled_to is not None and current is not None:
        last_scale = {"at": _at(now), "from": current, "to": scaled_to, "reason": plan.reason}
    return {
        "observedGeneration": pool.generation,
        "replicas": current if scaled_to is None else scaled_to,
        "ready": sum(each.phase is PodPhase.READY for each in observed.pods),
        "desired": plan.desired,
        "draining": plan.draining,
        "queueDepth": None if figures is None else figures.depth,
        "busySlots": sum(each.busy for each in observed.workers) if figures else None,
        "slots": sum(each.slots for each in observed.workers) if figures else None,
        "oldestWaitSeconds": None if oldest is None else round(oldest, 1),
        "predictedCpuSeconds": None if plan.demand is None else round(plan.demand.work_seconds, 1),
        "message": message[:_LONGEST_MESSAGE],
        "lastScale": last_scale,
        "conditions": _conditions(pool, plan.conditions, now),
    }


def pressing(written: Mapping[str, Any] | None, status: Mapping[str, Any]) -> bool:
    """Whether more has changed than figures since ``written``."""
    if written is None:
        return True
    return any(written.get(key) != value for key, value in status.items() if key not in _FIGURES)


def _conditions(
    pool: WorkerPool, conditions: Sequence[Condition], now: float
) -> list[dict[str, Any]]:
    before = {each.get("type"): each for each in pool.status.get("conditions") or ()}
    written = []
    for each in conditions:
        known = before.get(each.type.value, {})
        value = "True" if each.status else "False"
        since = known.get("lastTransitionTime") if known.get("status") == value else None
        written.append(
            {
                "type": each.type.value,
                "status": value,
                "reason": each.reason,
                "message": each.message,
                "observedGeneration": pool.generation,
                "lastTransitionTime": since or _at(now),
            }
        )
    return written


def _at(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
