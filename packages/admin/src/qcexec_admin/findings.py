"""What a condition means: pure judgements, each one finding in words.

A finding is *good*, a *note* (worth knowing, and may pass by itself), or *wrong*:
somebody has to act, or an accepted task is in danger.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from qcexec_admin.characters import visible
from qcexec_admin.condition import Condition, QueueCondition, WorkerSilence
from qcexec_admin.wording import duration, several
from qcexec_queue.invariant import Violation

STALE_SECONDS = 10.0
"""The holder of the maintenance lock writes the figures each second."""
COLD_START_SECONDS = 120.0
"""Within this, a pool that slept should have a worker."""
TOLD = 10
"""Of many alike, so many are named."""
VIOLATIONS_READ = 100
"""The invariant's query gives no more."""


class Status(Enum):
    """How a finding is to be taken."""

    GOOD = "good"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    check: str
    """A machine's name of what was looked at."""
    status: Status
    words: str
    """A sentence."""
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expectations:
    """What the services were told, as far as a judgement depends on it."""

    lease_seconds: float
    longest_wait_seconds: float | None = None
    """A task that waits longer is wrong; None: however long it waits."""


def judge(condition: Condition, expected: Expectations) -> list[Finding]:
    """Everything but the invariant."""
    return [
        _schema(condition),
        _server(condition),
        _partitions(condition),
        _sequences(condition),
        _maintenance(condition),
        _orphans(condition, expected),
        _overdue(condition),
        *_queues(condition, expected),
        _workers(condition, expected),
    ]


def judge_invariant(violations: Sequence[Violation]) -> Finding:
    """What the invariant's query gave."""
    if not violations:
        return Finding(
            "invariant",
            Status.GOOD,
            "Every accepted task is in exactly one of ready, scheduled, lease and result.",
        )
    least = "at least " if len(violations) >= VIOLATIONS_READ else ""
    verb = "is" if len(violations) == 1 else "are"
    return Finding(
        "invariant",
        Status.WRONG,
        f"The invariant is broken: {least}{several(len(violations), 'task')} {verb} not in exactly "
        "one of ready, scheduled, lease and result.",
        _some(str(each) for each in violations),
    )


def invariant_unknown(reason: str) -> Finding:
    """The invariant's query did not come to an end."""
    return Finding(
        "invariant", Status.WRONG, f"The invariant could not be checked: {visible(reason)}."
    )


def schema_unfit(reason: str) -> Finding:
    """The schema does not serve this release; nothing else can be looked at."""
    return Finding(
        "schema",
        Status.WRONG,
        f"The schema does not fit: {visible(reason)}. Nothing else was looked at.",
    )


def _schema(condition: Condition) -> Finding:
    return Finding(
        "schema",
        Status.GOOD,
        f"The schema has version {condition.version} and serves releases from "
        f"{condition.min_compatible} on, this one among them.",
    )


def _server(condition: Condition) -> Finding:
    if condition.standby:
        return Finding(
            "server",
            Status.WRONG,
            "PostgreSQL is a standby: it takes no task and no result, and what is told here is "
            "what it has replayed.",
        )
    return Finding("server", Status.GOOD, "PostgreSQL takes changes.")


def _partitions(condition: Condition) -> Finding:
    found = condition.partitions

    def wrong(words: str) -> Finding:
        return Finding("partitions", Status.WRONG, words)

    if found.width_seconds is None or found.ahead_seconds is None:
        return wrong("There are no partitions: no task can be accepted. Has migrate run?")
    if not found.covered:
        return wrong("No partition holds this moment: no task can be accepted.")
    if found.missing:
        tables = several(len(found.missing), "table")
        return Finding(
            "partitions",
            Status.WRONG,
            f"{tables} of partitions should be attached and {_is(len(found.missing))} not.",
            _some(found.missing),
        )
    ahead = f"Partitions reach {duration(found.ahead_seconds)} ahead"
    if found.ahead_seconds < found.width_seconds:
        return wrong(
            f"{ahead}, less than one width ({duration(found.width_seconds)}): maintenance makes "
            "none, and in the end no task can be accepted."
        )
    return Finding("partitions", Status.GOOD, f"{ahead}.")


def _sequences(condition: Condition) -> Finding:
    behind = [
        name
        for name, repeats in (
            ("epoch_seq (two leases could share an epoch)", condition.epochs_repeat),
            ("ready_seq (new tasks could not be stored)", condition.places_repeat),
        )
        if repeats
    ]
    if behind:
        return Finding(
            "sequences",
            Status.WRONG,
            f"Numbers in use would be given out again by {' and by '.join(behind)}: was a backup "
            "restored without setting them?",
        )
    return Finding("sequences", Status.GOOD, "Sequences are ahead of every number in use.")


def _maintenance(condition: Condition) -> Finding:
    holder, age = condition.holder, condition.statistics_seconds
    if holder is None:
        return Finding(
            "maintenance",
            Status.WRONG,
            "Nobody holds the maintenance lock: no API process or worker is connected, so that "
            "nothing is moved, swept or counted.",
        )
    who = visible(str(holder))
    if age is not None and age > STALE_SECONDS:
        return Finding(
            "maintenance",
            Status.WRONG,
            f"The maintenance lock is held by {who}, and the figures of a queue are "
            f"{duration(age)} old: the holder does not do its work.",
        )
    return Finding("maintenance", Status.GOOD, f"The maintenance lock is held by {who}.")


def _orphans(condition: Condition, expected: Expectations) -> Finding:
    found = condition.orphans
    if not found:
        return Finding("leases", Status.GOOD, "Every lease is of a worker that has a row.")
    leases = sum(each.leases for each in found)
    return Finding(
        "leases",
        Status.WRONG,
        f"{several(leases, 'lease')} of {several(len(found), 'worker')} without a row: these "
        f"tasks run nowhere. Maintenance returns them within "
        f"{duration(expected.lease_seconds * 7 / 6)} after it has begun.",
        _some(
            f"worker {each.worker_id}: {several(each.leases, 'lease')}, the earliest claimed "
            f"{duration(each.seconds)} ago"
            for each in found
        ),
    )


def _overdue(condition: Condition) -> Finding:
    if condition.overdue and condition.overdue_seconds is not None:
        return Finding(
            "scheduled",
            Status.WRONG,
            f"{several(condition.overdue, 'scheduled task')} should be ready by now, the first "
            f"since {duration(condition.overdue_seconds)}: maintenance does not move what is due.",
        )
    return Finding("scheduled", Status.GOOD, "No scheduled task is overdue.")


def _queues(condition: Condition, expected: Expectations) -> list[Finding]:
    waiting = [each for each in condition.queues if each.waiting]
    return [_served(waiting), _claimed(waiting), _oldest(waiting, expected)]


def _served(waiting: Sequence[QueueCondition]) -> Finding:
    unserved = [each for each in waiting if not each.served]
    if not unserved:
        return Finding("pools", Status.GOOD, "A pool serves every queue in which tasks wait.")
    return Finding(
        "pools",
        Status.WRONG,
        f"Tasks wait in {several(len(unserved), 'queue')} that no pool serves: after some minutes "
        "they go to the pool with the largest slots, if there is one.",
        _some(_waits(each) for each in unserved),
    )


def _claimed(waiting: Sequence[QueueCondition]) -> Finding:
    idle = [each for each in waiting if each.served and not each.claiming]
    if not idle:
        return Finding(
            "claims", Status.GOOD, "Every queue with a pool in which tasks wait has a worker."
        )
    longest = max(each.oldest_seconds or 0.0 for each in idle)
    late = longest > COLD_START_SECONDS
    return Finding(
        "claims",
        Status.WRONG if late else Status.NOTE,
        f"Tasks wait in {several(len(idle), 'queue')} whose pool has no worker that claims"
        + ("." if late else "; one may be starting."),
        _some(
            f"{_waits(each)}; {several(each.workers, 'worker')}"
            + (", asked to drain" if each.workers else "")
            for each in idle
        ),
    )


def _oldest(waiting: Sequence[QueueCondition], expected: Expectations) -> Finding:
    oldest = max(waiting, key=lambda each: each.oldest_seconds or 0.0, default=None)
    if oldest is None or oldest.oldest_seconds is None:
        return Finding("oldest", Status.GOOD, "No task waits.")
    words = (
        f"The oldest task that waits was submitted {duration(oldest.oldest_seconds)} ago, "
        f"in queue {oldest.name}"
    )
    most = expected.longest_wait_seconds
    if most is not None and oldest.oldest_seconds > most:
        return Finding("oldest", Status.WRONG, f"{words}: more than {duration(most)}.")
    return Finding("oldest", Status.GOOD, f"{words}.")


def _workers(condition: Condition, expected: Expectations) -> Finding:
    lease = expected.lease_seconds
    dead = [each for each in condition.silences if each.seconds > lease]
    silent = [each for each in condition.silences if lease / 2 < each.seconds <= lease]
    if dead:
        return Finding(
            "workers",
            Status.WRONG,
            f"{several(len(dead), 'worker')} silent for longer than a lease "
            f"({duration(lease)}): what they hold goes to others as soon as maintenance "
            "looks.",
            _some(map(_silence, dead + silent)),
        )
    if silent:
        return Finding(
            "workers",
            Status.NOTE,
            f"{several(len(silent), 'worker')} silent for more than half a lease "
            f"({duration(lease)}).",
            _some(map(_silence, silent)),
        )
    if not condition.silences:
        return Finding("workers", Status.NOTE, "There is no worker.")
    return Finding(
        "workers",
        Status.GOOD,
        f"{several(len(condition.silences), 'worker')} gave a sign of life in time, none longer "
        f"than {duration(condition.silences[0].seconds)} ago.",
    )


def _silence(worker: WorkerSilence) -> str:
    pod = f" in pod {visible(worker.pod)}" if worker.pod else ""
    node = f" on node {visible(worker.node)}" if worker.node else ""
    return (
        f"worker {worker.worker_id} of queue {worker.queue}{pod}{node}: "
        f"silent for {duration(worker.seconds)}"
    )


def _waits(queue: QueueCondition) -> str:
    return f"queue {queue.name}: the oldest has waited for {duration(queue.oldest_seconds or 0.0)}"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _some(details: Iterable[str]) -> tuple[str, ...]:
    told = list(details)
    rest = len(told) - TOLD
    return tuple(told[:TOLD]) + ((f"and {rest} more",) if rest > 0 else ())
