"""Turns what happens to tasks in a worker into spans, and says of which trace a task is.

A task is traced where whoever accepted it was: its `traceparent` says so, and whether the trace is
kept. What is needed of a task between its claim and the end of its lease is kept here by epoch, as
long as the desk has the lease. A claim becomes a span when the run begins: a task that goes back
before leaves none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

from qcexec_queue.settlement import Settlement
from qcexec_queue.tasks import Completion, Lease
from qcexec_telemetry.tracing import FinishedSpan, Tracer, read_traceparent
from qcexec_worker import task_spans
from qcexec_worker.events import Event, HandedIn, LeasesClaimed, RunBegun, RunEnded
from qcexec_worker.task_spans import Attempt, Consumer

_NANOSECONDS = 1_000_000_000


class TaskTraces:
    """Those of one worker. `seconds_since` gives the time since a submission, if it knows."""

    def __init__(
        self,
        tracer: Tracer,
        consumer: Consumer,
        seconds_since: Callable[[UUID], float | None],
    ) -> None:
        self._tracer = tracer
        self._consumer = consumer
        self._seconds_since = seconds_since
        self._attempts: dict[int, Attempt] = {}
        self._ended: dict[int, int] = {}

    def log_fields(self, lease: Lease) -> Mapping[str, str]:
        """What log lines about a task have: the trace, and the span of its run."""
        attempt = self._attempts.get(lease.epoch)
        return {} if attempt is None else attempt.process.log_fields

    def observe(self, event: Event, /) -> None:
        """Something happened in the worker."""
        match event:
            case LeasesClaimed():
                self._claimed(event)
            case RunBegun(lease):
                attempt = self._kept(lease.epoch)
                if attempt is not None:
                    self._record(task_spans.of_claim(attempt, self._consumer))
            case RunEnded():
                self._run_ended(event)
            case HandedIn():
                self._handed_in(event)

    def _claimed(self, event: LeasesClaimed) -> None:
        now = time.time_ns()
        for lease in event.leases:
            accepted_by = read_traceparent(lease.traceparent) if lease.traceparent else None
            if accepted_by is None:
                continue
            waited = self._seconds_since(lease.task_id)
            self._attempts[lease.epoch] = Attempt(
                lease,
                accepted_by,
                None if waited is None else now - round(waited * _NANOSECONDS),
                now - round(event.seconds * _NANOSECONDS),
                now,
                len(event.leases),
            )

    def _run_ended(self, event: RunEnded) -> None:
        epoch = event.lease.epoch
        attempt = self._kept(epoch)
        if attempt is None:
            return
        now = self._ended[epoch] = time.time_ns()
        begun = now - round(event.seconds * _NANOSECONDS)
        self._record(task_spans.of_run(attempt, self._consumer, begun, now, event.end))

    def _handed_in(self, event: HandedIn) -> None:
        now = time.time_ns()
        handed_in: tuple[tuple[int, Completion | Settlement], ...] = (
            *((each.epoch, each) for each in event.outgoing.completions),
            *((each.lease.epoch, each) for each in event.outgoing.settlements),
        )
        for epoch, outgoing in handed_in:
            attempt = self._attempts.pop(epoch, None)
            ended = self._ended.pop(epoch, None)
            if attempt is not None and ended is not None:
                lost = epoch in event.lost
                span = task_spans.of_hand_in(
                    attempt, self._consumer, ended, now, outgoing, lost=lost
                )
                self._tracer.record(span)

    def _kept(self, epoch: int) -> Attempt | None:
        attempt = self._attempts.get(epoch)
        return attempt if attempt is not None and attempt.accepted_by.sampled else None

    def _record(self, spans: Iterable[FinishedSpan]) -> None:
        for span in spans:
            self._tracer.record(span)
