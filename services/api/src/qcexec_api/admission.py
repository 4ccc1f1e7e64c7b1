"""Whether one more task may wait.

The queue's figures are read in the background about once a second; a request
is decided on what was read last, without a query. They trail what is accepted
meanwhile by about two seconds, so that a limit is kept roughly, not to the task.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from qcexec_queue.statistics import QueueStatistics

OLDEST_FIGURES_SECONDS = 60.0
"""Beyond this age, figures are no evidence: nobody maintains them, and the queue may be empty."""


@dataclass(frozen=True, slots=True)
class AdmissionLimits:
    """What may wait, over all queues."""

    tasks: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits, over all queues."""

    tasks: int = 0
    bytes: int = 0


def backlog_of(statistics: Mapping[str, QueueStatistics]) -> Backlog:
    """The sum over the queues, without those whose figures are too old."""
    fresh = [each for each in statistics.values() if each.age_seconds <= OLDEST_FIGURES_SECONDS]
    return Backlog(
        tasks=sum(each.depth + each.scheduled for each in fresh),
        bytes=sum(each.bytes for each in fresh),
    )


def reason_to_refuse(backlog: Backlog, limits: AdmissionLimits) -> str | None:
    """Why no task is accepted, as the client reads it, or None."""
    if backlog.tasks >= limits.tasks:
        return f"The queue is full: {backlog.tasks} tasks wait, the limit is {limits.tasks}."
    if backlog.bytes >= limits.bytes:
        return f"The queue is full: {backlog.bytes} bytes wait, the limit is {limits.bytes}."
    return None
