"""How a submission gets into the queue: as a task that knows of which trace it is.

Where this process makes traces, the commit is a span, and the task is told of that one, so that
what workers do hangs below it. Where it makes none, the task is told what the request said.
"""

from uuid import UUID

from qcexec_api.traceparent import valid_traceparent
from qcexec_queue.enqueue import Submitter
from qcexec_queue.tasks import NewTask
from qcexec_telemetry.tracing import SpanKind, Tracer


class Producer:
    """Puts tasks into one queue."""

    def __init__(self, submitter: Submitter, queue: str, tracer: Tracer) -> None:
        self._submitter = submitter
        self._queue = queue
        self._tracer = tracer
        self._span_name = f"enqueue {queue}"
        # https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
        self._attributes = {
            "messaging.system": "qcexec",
            "messaging.operation.name": "enqueue",
            "messaging.operation.type": "send",
            "messaging.destination.name": queue,
        }

    async def enqueue(self, payload: bytes, cost: float, traceparent: str | None) -> UUID:
        """The id of the accepted task, after its commit; `traceparent` is the request's header.

        Raises as Submitter.enqueue does.
        """
        with self._tracer.open(self._span_name, SpanKind.PRODUCER, self._attributes) as span:
            trace = valid_traceparent(traceparent)
            if span.identity is not None:
                trace = span.identity.traceparent
                span.set("messaging.message.body.size", len(payload))
            task_id = await self._submitter.enqueue(
                NewTask(payload, cost, queue=self._queue, traceparent=trace)
            )
            if span.identity is not None:
                span.set("messaging.message.id", str(task_id))
        return task_id
