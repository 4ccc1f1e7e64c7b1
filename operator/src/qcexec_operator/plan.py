"""What is to be done about a pool, and how to say so."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from uuid import UUID

from qcexec_operator.demand import Demand
from qcexec_operator.memory import Memory


class Change(Enum):
    """What a plan does to the number of pods."""

    NONE = "none"
    UP = "up"
    DOWN = "down"


class ConditionType(Enum):
    """The conditions of a WorkerPool."""

    READY = "Ready"
    SCALING_ACTIVE = "ScalingActive"
    SCALING_LIMITED = "ScalingLimited"
    DATABASE_REACHABLE = "DatabaseReachable"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of the status."""

    type: ConditionType
    status: bool
    reason: str
    """A code in CamelCase."""
    message: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do, in this order: call back, raise the scale, ask to drain, mark, lower the scale.

    A plan that calls somebody back never lowers the scale.
    """

    desired: int
    """Pods that the pool should have in the end, within the policy's bounds."""
    recommendation: int
    """Pods that the work needs at this moment, within the policy's bounds."""
    change: Change
    replicas: int | None
    """What to write as the scale. None: leave it."""
    resource_version: str | None
    """Of the Deployment that was looked at: the write is to fail where it has changed since."""
    undrain: tuple[UUID, ...]
    drain: tuple[UUID, ...]
    deletion_costs: tuple[tuple[str, int], ...]
    """Uids of pods, and the annotation that each should have."""
    reason: str
    """In words, for the status and, where something changes, an Event."""
    conditions: tuple[Condition, ...]
    memory: Memory
    """For the next decision, once this plan has been carried out or not."""
    draining: int = 0
    """Pods that are on their way out after this plan."""
    demand: Demand | None = None
    """None where the scale is held without a look at the work."""

    def condition(self, type_: ConditionType) -> Condition:
        """The condition of that type."""
        return next(each for each in self.conditions if each.type is type_)
