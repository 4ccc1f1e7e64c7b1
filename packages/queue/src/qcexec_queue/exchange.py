"""The worker's hot path: hand in what ended, take what comes next, in one commit.

Fencing: a completion names the epoch of its lease and is accepted only while
that lease exists. Where the answer to an exchange was lost, the completions are
handed in again without claiming; then a miss is looked up: a result stored under
the same epoch means that the first try had come through, anything else that the
lease had ended. The look-up is a statement of its own, with a new snapshot.

A claim whose answer was lost leaves leases that nobody knows of. Heartbeats name
what is held, so these go back to the queue (see workers).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg

from qcexec_queue.batches import batches
from qcexec_queue.connections import DATA_ERRORS, Connection, answered_within, describe
from qcexec_queue.errors import LeaseLost
from qcexec_queue.events import BatchSplit, Exchanged, LateResultRefused, Observer
from qcexec_queue.statements import statement
from qcexec_queue.states import Lane, Outcome, Priority
from qcexec_queue.tasks import Completion, Lease, StoredResult
from qcexec_queue.watermarks import (
    LANES_WITH_SUSPECTS,
    LANES_WITHOUT_SUSPECTS,
    SweepSchedule,
    Watermarks,
)

CLAIM_TIMEOUT_SECONDS = 10.0
MOST_CLAIMED_BYTES = 16 * 1024 * 1024

# Looked up by their values, which are 0, 1, 2, ...: a claim makes thousands of them a second.
_PRIORITIES = tuple(Priority)
_LANES = tuple(Lane)

UNSTORABLE = StoredResult(
    Outcome.FAILED,
    "result_unstorable",
    b'"The result is too large to be stored. Ask for fewer shots or measure fewer qubits."',
)


@dataclass(frozen=True, slots=True)
class Appetite:
    """What a worker would take now."""

    most: int
    """Tasks at the most."""
    whatever_they_cost: int
    """How many of them regardless of their cost: one for each free slot."""
    cost: float
    """Beyond those, tasks until their expected CPU-seconds come to this."""
    suspects: bool = True
    """Whether a suspect may be taken: a worker has one at a time."""


@dataclass(frozen=True, slots=True)
class ExchangeResult:
    """What an exchange brought."""

    leases: list[Lease] = field(default_factory=list)
    """Tasks to run."""
    lost: list[LeaseLost] = field(default_factory=list)
    """Completions that came too late."""
    stored: list[StoredResult] = field(default_factory=list)
    """Results that are in the database, be it since an earlier try; one that could not be
    stored is replaced by what was."""

    def __add__(self, other: ExchangeResult) -> ExchangeResult:
        return ExchangeResult(
            self.leases + other.leases, self.lost + other.lost, self.stored + other.stored
        )


class Exchange:
    """Completes and claims for one worker, on one connection at a time.

    Not to be used by two coroutines at once: a connection runs one statement at
    a time.
    """

    def __init__(
        self,
        worker_id: UUID,
        queue_id: int,
        observer: Observer,
        *,
        claim_timeout: float = CLAIM_TIMEOUT_SECONDS,
    ) -> None:
        self._worker_id = worker_id
        self._queue_id = queue_id
        self._observer = observer
        self._timeout = claim_timeout
        self._watermarks = Watermarks()
        self.sweeps = SweepSchedule()

    async def run(
        self,
        connection: Connection,
        completions: Sequence[Completion],
        appetite: Appetite | None,
        *,
        repeated: bool = False,
    ) -> ExchangeResult:
        """Hands in ``completions`` and takes what ``appetite`` allows.

        ``repeated`` says that an earlier try's answer was lost: nothing is claimed,
        and completions that were accepted then count as accepted. Raises
        DatabaseUnavailable; then all of ``completions`` are to be handed in again
        as repeated, on another connection.
        """
        if repeated:
            appetite = None
        result = ExchangeResult()
        # In the order of their epochs, as others end leases, so that no two ever deadlock.
        ordered = sorted(completions, key=lambda each: each.epoch)
        chunks = list(batches(ordered, _size)) or [()]
        for position, chunk in enumerate(chunks):
            last = position == len(chunks) - 1
            result += await self._exchange(connection, chunk, appetite if last else None)
        return result

    async def _exchange(
        self, connection: Connection, completions: Sequence[Completion], appetite: Appetite | None
    ) -> ExchangeResult:
        begun = time.monotonic()
        sweep = appetite is not None and self.sweeps.due(begun)
        try:
            async with answered_within(connection, self._timeout):
                rows = await self._fetch(connection, completions, appetite, sweep, begun)
                accepted = {row[0] for row in rows if row[1] is None}
                missed = [each for each in completions if each.epoch not in accepted]
                stored = await _stored(connection, missed) if missed else frozenset()
        except DATA_ERRORS as error:
            if not completions:
                raise
            return await self._split(connection, completions, appetite, describe(error))
        ended = time.monotonic()
        claimed = sorted((row for row in rows if row[1] is not None), key=_epoch)
        # In the order of their epochs the last of each priority and lane is its highest.
        for place, seq in {(row[3], row[4]): row[2] for row in claimed}.items():
            self._watermarks.claimed(place, seq, ended)
        leases = [_lease(row) for row in claimed]
        if sweep:
            self.sweeps.swept(begun, ended)
        accepted_now = len(completions) - len(missed)
        claiming = appetite is not None
        self._observer(Exchanged(accepted_now, len(leases), ended - begun, sweep, claiming))
        lost = [LeaseLost(each.task_id, each.epoch) for each in missed if each.epoch not in stored]
        for late in lost:
            self._observer(LateResultRefused(late.task_id, late.epoch))
        there = accepted | stored
        return ExchangeResult(
            leases, lost, [each.result for each in completions if each.epoch in there]
        )

    async def _fetch(
        self,
        connection: Connection,
        completions: Sequence[Completion],
        appetite: Appetite | None,
        sweep: bool,
        now: float,
    ) -> list[asyncpg.Record]:
        places: tuple[tuple[int, int], ...] = ()
        if appetite is not None and appetite.most > 0:
            places = LANES_WITH_SUSPECTS if appetite.suspects else LANES_WITHOUT_SUSPECTS
        results = [each.result for each in completions]
        return await connection.fetch(
            statement("exchange"),
            self._worker_id,
            self._queue_id,
            [each.epoch for each in completions],
            [result.outcome for result in results],
            [result.code for result in results],
            [result.body for result in results],
            [priority for priority, _ in places],
            [lane for _, lane in places],
            [0 if sweep else self._watermarks.value(place, now) for place in places],
            appetite.most if appetite else 0,
            appetite.whatever_they_cost if appetite else 0,
            appetite.cost if appetite else 0.0,
            MOST_CLAIMED_BYTES,
        )

    async def _split(
        self,
        connection: Connection,
        completions: Sequence[Completion],
        appetite: Appetite | None,
        reason: str,
    ) -> ExchangeResult:
        """One of ``completions`` can't be stored: each goes alone, that one as a failure.

        Where not even that can be stored, the task has a result already.
        """
        self._observer(BatchSplit("exchange", len(completions), reason))
        first = completions[0]
        if len(completions) == 1 and first.result is not UNSTORABLE:
            failure = Completion(first.task_id, first.epoch, UNSTORABLE)
            return await self._exchange(connection, [failure], appetite)
        result = ExchangeResult()
        if len(completions) == 1:
            result = ExchangeResult(lost=[LeaseLost(first.task_id, first.epoch)])
            self._observer(LateResultRefused(first.task_id, first.epoch))
        else:
            for each in completions:
                result += await self._exchange(connection, [each], None)
        return result + await self._exchange(connection, [], appetite)


def _lease(row: asyncpg.Record) -> Lease:
    epoch, task_id, _, priority, lane, attempt, delivery, cost, payload, traceparent = row
    return Lease(
        task_id=task_id,
        epoch=epoch,
        attempt=attempt,
        delivery=delivery,
        priority=_PRIORITIES[priority],
        lane=_LANES[lane],
        cost=cost,
        payload=payload,
        traceparent=traceparent,
    )


async def _stored(connection: Connection, missed: Sequence[Completion]) -> frozenset[int]:
    rows = await connection.fetch(
        statement("stored_results"),
        [each.task_id for each in missed],
        [each.epoch for each in missed],
    )
    return frozenset(row[0] for row in rows)


def _epoch(row: asyncpg.Record) -> int:
    epoch: int = row[0]
    return epoch


def _size(completion: Completion) -> int:
    return len(completion.result.body)
