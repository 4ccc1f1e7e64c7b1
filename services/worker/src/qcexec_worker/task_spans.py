"""What one attempt of a task looks like as spans: pure, from what the worker saw of it.

They hang below the span that accepted the task, whose identity is stored with it, beside those of
other attempts:

    enqueue            the API: until the commit that holds the task
    ├── wait           from the submission to the claim, before the first attempt
    ├── claim          the statement that brought it, perhaps with others
    ├── process        from the beginning of its run to its end
    │   ├── parse      these three as the child measured them
    │   ├── estimate
    │   └── simulate
    └── complete       until the commit that ends the lease (or: put_back)

The id of an attempt's `process` is made from the task's id and from how often the task came back
before, so that the next attempt, in another worker, links to it without being told. Names and
attributes: https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from qcexec_engine import METHODS
from qcexec_queue.settlement import Settlement
from qcexec_queue.states import Outcome
from qcexec_queue.tasks import Completion, Lease
from qcexec_telemetry.tracing import FinishedSpan, SpanIdentity, SpanKind, TraceValue
from qcexec_worker.jobs import ChildOutcome, Counts, Died, DoesNotFit, Refused

LEASE_LOST: Final = "lease_lost"

_OTHER: Final = "other"
_FACTS: Final = ("num_qubits", "simulated_qubits", "depth", "operations", "shots", "memory_bytes")
_NANOSECONDS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Consumer:
    """Who takes tasks from where."""

    queue: str
    worker_id: UUID


@dataclass(frozen=True, slots=True)
class Attempt:
    """A task in the hands of this worker. Times are Unix times in nanoseconds."""

    lease: Lease
    accepted_by: SpanIdentity
    """The span that the task's `traceparent` names."""
    submitted: int | None
    """None where the database's time is not known."""
    claim_begun: int
    claimed: int
    claimed_with: int
    """How many tasks the claim brought."""

    @property
    def process(self) -> SpanIdentity:
        """The span of its run."""
        number = self.lease.attempt + self.lease.delivery
        return process_identity(self.accepted_by, self.lease.task_id, number)

    @property
    def earlier_process(self) -> SpanIdentity | None:
        """The span of the run before it, wherever that was."""
        number = self.lease.attempt + self.lease.delivery
        if number == 0:
            return None
        return process_identity(self.accepted_by, self.lease.task_id, number - 1)


def process_identity(trace: SpanIdentity, task_id: UUID, times_back: int) -> SpanIdentity:
    """The span of the run of a task that came back `times_back` times, counted or not."""
    digest = hashlib.sha256(task_id.bytes + times_back.to_bytes(8)).digest()
    return SpanIdentity(trace.trace_id, int.from_bytes(digest[:8]) or 1, trace.sampled)


def of_claim(attempt: Attempt, consumer: Consumer) -> list[FinishedSpan]:
    """How the task came to this worker."""
    claim = FinishedSpan(
        f"claim {consumer.queue}",
        SpanKind.CONSUMER,
        attempt.accepted_by,
        attempt.claim_begun,
        attempt.claimed,
        {
            **_messaging(attempt, consumer, "claim", "receive"),
            "messaging.batch.message_count": attempt.claimed_with,
        },
    )
    # How long it waited before a later attempt, nobody knows: it is seen between the spans.
    if attempt.earlier_process is not None or attempt.submitted is None:
        return [claim]
    wait = FinishedSpan(
        f"wait {consumer.queue}",
        SpanKind.INTERNAL,
        attempt.accepted_by,
        attempt.submitted,
        max(attempt.submitted, attempt.claimed),
        {"messaging.destination.name": consumer.queue},
    )
    return [wait, claim]


def of_run(
    attempt: Attempt, consumer: Consumer, begun: int, ended: int, end: ChildOutcome | Died
) -> list[FinishedSpan]:
    """How the task ran, and what the child measured of it."""
    earlier = attempt.earlier_process
    process = FinishedSpan(
        f"process {consumer.queue}",
        SpanKind.CONSUMER,
        attempt.accepted_by,
        begun,
        ended,
        {**_messaging(attempt, consumer, "process", "process"), **_result(end)},
        span_id=attempt.process.span_id,
        links=() if earlier is None else (earlier,),
        error=end.reason.value if isinstance(end, Died) else None,
    )
    phases = of_phases(attempt, begun, ended, end.report) if isinstance(end, Counts) else []
    return [process, *phases]


def of_phases(
    attempt: Attempt, begun: int, ended: int, report: Mapping[str, object]
) -> list[FinishedSpan]:
    """The child's phases, one after the other from the beginning of the run, never past its end.

    The child says how long each took; it may have been taken over by its circuit.
    """
    parse, build, simulate = (
        _duration(report, name) for name in ("parse_ms", "build_ms", "exec_ms")
    )
    method = _method(report)
    spans: list[FinishedSpan] = []
    start = begun
    for name, duration, attributes in (
        ("parse", parse, {}),
        ("estimate", build - parse, {}),
        (f"simulate {method}", simulate, {"qcexec.method": method}),
    ):
        end = min(ended, start + max(0, duration))
        spans.append(
            FinishedSpan(
                name,
                SpanKind.INTERNAL,
                attempt.process,
                start,
                end,
                attributes,
                parent_is_local=True,
            )
        )
        start = end
    return spans


def of_hand_in(
    attempt: Attempt,
    consumer: Consumer,
    begun: int,
    ended: int,
    outgoing: Completion | Settlement,
    *,
    lost: bool,
) -> FinishedSpan:
    """How the end of the attempt came into the database, or came too late."""
    operation = "complete" if isinstance(outgoing, Completion) else "put_back"
    return FinishedSpan(
        f"{operation} {consumer.queue}",
        SpanKind.CLIENT,
        attempt.accepted_by,
        begun,
        ended,
        {**_messaging(attempt, consumer, operation, "settle"), **_written(outgoing)},
        error=LEASE_LOST if lost else None,
    )


def _messaging(
    attempt: Attempt, consumer: Consumer, operation: str, kind: str
) -> dict[str, TraceValue]:
    lease = attempt.lease
    return {
        "messaging.system": "qcexec",
        "messaging.operation.name": operation,
        "messaging.operation.type": kind,
        "messaging.destination.name": consumer.queue,
        "messaging.message.id": str(lease.task_id),
        "messaging.client.id": str(consumer.worker_id),
        "qcexec.attempt": lease.attempt + 1,
        "qcexec.deliveries": lease.delivery,
    }


def _result(end: ChildOutcome | Died) -> dict[str, TraceValue]:
    match end:
        case Counts(_, report):
            facts = ((name, report.get(name)) for name in _FACTS)
            return {
                "qcexec.method": _method(report),
                **{f"qcexec.{name}": fact for name, fact in facts if isinstance(fact, int)},
            }
        case Refused(code):
            return {"qcexec.code": code}
        case DoesNotFit(memory_bytes):
            return {"qcexec.code": "does_not_fit", "qcexec.memory_bytes": memory_bytes}
        case Died(_, reason, _):
            return {"qcexec.code": reason.value}


def _written(outgoing: Completion | Settlement) -> dict[str, TraceValue]:
    if isinstance(outgoing, Completion):
        result = outgoing.result
        outcome = "completed" if result.outcome is Outcome.COMPLETED else "failed"
        return {
            "messaging.message.body.size": len(result.body),
            "qcexec.outcome": outcome,
            **({"qcexec.code": result.code} if result.code else {}),
        }
    return {
        "qcexec.outcome": outgoing.destination.name.lower(),
        "qcexec.reason": outgoing.reason or "not_begun",
        "qcexec.delay_seconds": outgoing.delay,
    }


def _method(report: Mapping[str, object]) -> str:
    method = report.get("method")
    return method if isinstance(method, str) and method in METHODS else _OTHER


def _duration(report: Mapping[str, object], name: str) -> int:
    value = report.get(name)
    if not isinstance(value, int | float):
        return 0
    # Longer than any run, and still an integer.
    return round(min(max(value, 0.0), 1e12) * (_NANOSECONDS / 1e3))
