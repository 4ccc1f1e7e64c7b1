"""What becomes of a task whose lease ended without a result of the circuit.

A pure decision. Only failures that the circuit may have caused count as an
attempt; drains, rollouts and outages never do, so that no number of them fails a
task. What does not count is still bounded: a delivery counter with a high cap
ends what would otherwise go round for ever.

When a worker dies with its leases, nobody knows which circuit was running. They
all return as suspects, uncounted; a suspect is claimed alone, so a death with a
suspect at hand is counted for that one. The death must be known to be one: a new
process in the same pod proves it, a heartbeat that stopped does not (a node may
be cut off). Where the whole pod is known to be gone, deleted, evicted or lost with
its node, no circuit is to blame: nothing is counted, nothing becomes a suspect.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from uuid import UUID

from qcexec_queue.states import Destination, Lane

_MOST_DOUBLINGS = 64
"""Longer than any wait; two to the power of a great number of attempts is no float."""

_DETAIL_LENGTH = 4000
"""Characters of a detail that are kept, the last ones."""


class Cause(Enum):
    """Why a lease ends without a result."""

    NOT_BEGUN = "not_begun"
    """Claimed, not begun, and others can have it sooner."""

    DRAINED = "drained"
    """The worker stops, or its pool shrinks."""

    DOES_NOT_FIT = "does_not_fit"
    """Judged by this worker: another pool has the memory for it."""

    CHILD_DIED = "child_died"
    """The process that ran the circuit died under it."""

    CHILD_LOST = "child_lost"
    """The process that ran it ended, for reasons outside that process."""

    WORKER_DIED = "worker_died"
    """A new process of the same pod found it left behind."""

    WORKER_EXPIRED = "worker_expired"
    """The worker's heartbeat stopped."""

    POD_GONE = "pod_gone"
    """Its pod was deleted, evicted, has failed, or is lost with its node."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often, and how soon."""

    max_attempts: int = 3
    max_deliveries: int = 20
    backoff_seconds: float = 1.0
    """Before the second attempt; doubled before each further one."""
    max_backoff_seconds: float = 60.0

    def delay(self, attempts: int) -> float:
        """Seconds to wait after so many counted attempts."""
        doublings = min(attempts - 1, _MOST_DOUBLINGS)
        return min(self.max_backoff_seconds, self.backoff_seconds * 2.0**doublings)


@dataclass(frozen=True, slots=True)
class HeldLease:
    """What a lease says of its task, without the payload."""

    worker_id: UUID
    epoch: int
    task_id: UUID
    queue_id: int
    lane: Lane
    attempt: int
    delivery: int
    cost: float


@dataclass(frozen=True, slots=True)
class Settlement:
    """What is to become of the task: the input of put_back.sql for one lease."""

    lease: HeldLease
    destination: Destination
    queue_id: int
    lane: Lane
    attempt: int
    delivery: int
    cost: float
    delay: float
    reason: str | None
    detail: str | None
    counted: bool
    code: str | None = None
    body: bytes | None = None


def settle(
    lease: HeldLease,
    cause: Cause,
    policy: RetryPolicy,
    *,
    detail: str | None = None,
    queue_id: int | None = None,
    cost: float | None = None,
) -> Settlement:
    """Decides where the task goes.

    ``detail`` goes into the history, shortened and without what text in PostgreSQL
    can't hold: it may come from a process that ran a hostile circuit. ``queue_id``
    and ``cost`` are given where the worker that judged the task knows better:
    another queue, a better estimate.
    """
    suspect = lease.lane == Lane.SUSPECT
    counted = cause is Cause.CHILD_DIED or (cause is Cause.WORKER_DIED and suspect)
    attempt = lease.attempt + 1 if counted else lease.attempt
    uncounted_delivery = not counted and cause is not Cause.NOT_BEGUN
    delivery = lease.delivery + 1 if uncounted_delivery else lease.delivery

    if attempt >= policy.max_attempts and counted:
        code, message = "attempts_exhausted", _exhausted(attempt, cause)
    elif uncounted_delivery and delivery > policy.max_deliveries:
        code, message = "deliveries_exhausted", _undeliverable(delivery, cause)
    else:
        code, message = None, None

    if code is not None:
        destination = Destination.FAILED
    elif counted:
        destination = Destination.SCHEDULED
    else:
        destination = Destination.READY
    return Settlement(
        lease=lease,
        destination=destination,
        queue_id=lease.queue_id if queue_id is None else queue_id,
        lane=_lane(cause, suspect=suspect),
        attempt=attempt,
        delivery=delivery,
        cost=lease.cost if cost is None else cost,
        delay=policy.delay(attempt) if destination is Destination.SCHEDULED else 0.0,
        reason=None if cause is Cause.NOT_BEGUN else cause.value,
        detail=None if detail is None else _storable(detail),
        counted=counted,
        code=code,
        body=None if message is None else json.dumps(message).encode(),
    )


def _lane(cause: Cause, *, suspect: bool) -> Lane:
    died_unseen = cause in (Cause.WORKER_DIED, Cause.WORKER_EXPIRED, Cause.CHILD_LOST)
    return Lane.SUSPECT if suspect or died_unseen else Lane.RETURNED


def _storable(detail: str) -> str:
    shown = detail[-_DETAIL_LENGTH:].replace("\0", "\ufffd")
    return shown.encode("utf-8", "replace").decode("utf-8")


def _exhausted(attempts: int, cause: Cause) -> str:
    what = "its worker" if cause is Cause.WORKER_DIED else "the process that ran it"
    times = "once" if attempts == 1 else f"{attempts} times"
    return f"The circuit was tried {times}, and each time {what} died. It will not be tried again."


def _undeliverable(deliveries: int, cause: Cause) -> str:
    return (
        f"The task was handed out {deliveries} times and came back each time without a result "
        f"(last: {cause.value.replace('_', ' ')}). It will not be tried again."
    )
