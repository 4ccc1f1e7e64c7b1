"""What the end of a job means for its task: pure decisions.

A circuit's own fault is final, and so are its limits of time and memory: another
try would end the same way. The death of the process that ran it is not: it
counts as an attempt. What has nothing to do with the circuit does not count.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from qcexec_engine import CircuitTooLarge
from qcexec_queue.settlement import Cause
from qcexec_queue.states import Outcome
from qcexec_queue.tasks import StoredResult
from qcexec_queue.workers import PoolRow
from qcexec_worker.jobs import ChildOutcome, Counts, DeathReason, DoesNotFit, Refused

_MOST_SECONDS: Final = 1e9
"""Longer than any run, and no sum of such costs is infinite."""


@dataclass(frozen=True, slots=True)
class PutBack:
    """The task goes back to a queue, or ends there."""

    cause: Cause
    queue_id: int | None = None
    """Another queue than this worker's; None: the same."""
    cost: float | None = None
    """A better guess of its cost than it came with; None: there is none."""


def of_outcome(
    outcome: ChildOutcome, *, pools: Sequence[PoolRow], queue_id: int, slot_memory: int
) -> StoredResult | PutBack:
    """What a child's answer means. `pools` are all there are, the lowest rank first."""
    match outcome:
        case Counts(body, _):
            return StoredResult(Outcome.COMPLETED, None, body)
        case Refused(code, message, _, _):
            return failure(code, message)
        case DoesNotFit(memory_bytes, seconds, method):
            for pool in pools:
                if pool.slot_memory >= memory_bytes and pool.queue_id != queue_id:
                    return PutBack(Cause.DOES_NOT_FIT, pool.queue_id, _cost(seconds))
            largest = max([slot_memory, *(pool.slot_memory for pool in pools)])
            return failure(
                CircuitTooLarge.code,
                f"The circuit needs {_size(memory_bytes)} of memory to be simulated"
                f"{f' by the method {method}' if method else ''}; the largest slot here has "
                f"{_size(largest)}. Use fewer qubits, or ask for a larger slot.",
            )


def of_death(reason: DeathReason, *, time_limit: float) -> StoredResult | PutBack:
    """What the death of the child that ran it means for a task."""
    match reason:
        case DeathReason.TIME_LIMIT:
            return failure(
                "time_limit",
                f"The circuit ran longer than the {time_limit:g} seconds that a run may take here. "
                "Use fewer shots, qubits or gates.",
            )
        case DeathReason.KILLED | DeathReason.EXITED | DeathReason.PROTOCOL:
            return PutBack(Cause.CHILD_DIED)
        case DeathReason.FORKSERVER_LOST:
            return PutBack(Cause.CHILD_LOST)
        case DeathReason.STOPPED:
            return PutBack(Cause.DRAINED)


def failure(code: str, message: str) -> StoredResult:
    """A final failure with a message for the user."""
    return StoredResult(Outcome.FAILED, code, json.dumps(message).encode())


def _cost(seconds: float) -> float | None:
    return min(seconds, _MOST_SECONDS) if seconds else None


def _size(memory_bytes: int) -> str:
    if memory_bytes >= 1024**3:
        return f"{memory_bytes / 1024**3:.3g} GiB"
    return f"{memory_bytes / 1024**2:.3g} MiB"
