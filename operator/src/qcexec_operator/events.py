"""What happens in the operator, told to an observer: the service's log lines and metrics.

Kubernetes Events, which users see, are written by the reconciler.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import ClassVar, Protocol


@dataclass(frozen=True, slots=True)
class LeadershipChanged:
    """This process may act, or another one of the same release does."""

    severity: ClassVar[int] = logging.INFO

    leads: bool


@dataclass(frozen=True, slots=True)
class PoolScaled:
    """The scale of a pool's Deployment was set."""

    severity: ClassVar[int] = logging.INFO

    pool: str
    was: int
    replicas: int
    reason: str


@dataclass(frozen=True, slots=True)
class WorkersAsked:
    """Workers were asked to claim no more, or to claim again."""

    severity: ClassVar[int] = logging.INFO

    pool: str
    drain: int
    call_back: int


@dataclass(frozen=True, slots=True)
class TasksReturned:
    """Leases of a pod that is gone went back to the queue."""

    severity: ClassVar[int] = logging.INFO

    pool: str
    pod: str
    tasks: int


@dataclass(frozen=True, slots=True)
class ScalingHeld:
    """The scale stays, whatever the queue may need."""

    severity: ClassVar[int] = logging.WARNING

    pool: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ScalingResumed:
    """The scale follows the queue again."""

    severity: ClassVar[int] = logging.INFO

    pool: str


@dataclass(frozen=True, slots=True)
class CallFailed:
    """The cluster's API did not do what it was asked for; it is asked again at the next look."""

    severity: ClassVar[int] = logging.WARNING

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ResourceSkipped:
    """An object could not be read: it is as if it were not there."""

    severity: ClassVar[int] = logging.ERROR

    message: str


Event = (
    LeadershipChanged
    | PoolScaled
    | WorkersAsked
    | TasksReturned
    | ScalingHeld
    | ScalingResumed
    | CallFailed
    | ResourceSkipped
)


class Observer(Protocol):
    """Is told what happens."""

    def __call__(self, event: Event, /) -> None:
        """Take note of ``event``; must neither block nor raise."""
