"""What a worker exports beside what its maintenance does: its tasks, its slots, its claims.

What a child says of a run may come from a circuit that took the child over: methods and codes that
are not known are one, `other`, however many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from prometheus_client import Histogram

from qcexec_engine import METHODS, EngineError
from qcexec_observation.queue_events import QueueEventMetrics
from qcexec_observation.queue_figures import QueueFiguresCollector
from qcexec_queue.events import Event as QueueEvent
from qcexec_queue.events import Exchanged
from qcexec_queue.states import Outcome
from qcexec_telemetry.metrics import (
    STATEMENT_SECONDS,
    TASK_SECONDS,
    CounterMetric,
    GaugeMetric,
    HistogramMetric,
    Metric,
    component_registry,
)
from qcexec_worker.database_clock import DatabaseClock
from qcexec_worker.errors import ChildNotStarted
from qcexec_worker.events import (
    ChildReplaced,
    ClaimedAfterNotify,
    Event,
    ResultsStored,
    RunBegun,
    RunEnded,
)
from qcexec_worker.jobs import DeathReason

TITLE = "Worker"

FINISHED = CounterMetric(
    "qcexec_tasks_finished_total",
    "Tasks whose end this worker has written; `code` says why one failed",
    ("queue", "outcome", "code"),
)
WAIT = HistogramMetric(
    "qcexec_task_wait_seconds",
    "From a task's submission to the beginning of its run, of each attempt",
    ("queue",),
    buckets=TASK_SECONDS,
)
RUN = HistogramMetric(
    "qcexec_task_run_seconds",
    "How long a task ran in its child, by simulation method (`none`: it gave no counts) and by how "
    "many qubits it has",
    ("queue", "method", "size"),
    buckets=TASK_SECONDS,
)
RATIO = HistogramMetric(
    "qcexec_task_estimate_ratio",
    "Seconds that a task was expected to run, divided by those that it did run to its counts",
    ("queue",),
    buckets=(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.67, 1.0, 1.5, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0),
)
SLOTS = GaugeMetric(
    "qcexec_worker_slots",
    "Slots that run a batch (busy), could run one (free), or have no child yet (starting)",
    ("state",),
)
SLOT_MEMORY = GaugeMetric("qcexec_worker_slot_memory_bytes", "Memory that one slot has")
LEASES = GaugeMetric(
    "qcexec_worker_leases", "Tasks that the worker holds, with those whose end is not written yet"
)
RESTARTED = CounterMetric(
    "qcexec_worker_children_restarted_total",
    "Children that ended, or did not start, and were replaced",
    ("reason",),
)
CLAIMS = CounterMetric("qcexec_worker_claims_total", "Claims that were answered")
CLAIMED = CounterMetric("qcexec_worker_claimed_tasks_total", "Tasks that they brought")
CLAIM = HistogramMetric(
    "qcexec_worker_claim_seconds",
    "How long a claim took, with the results that it handed in",
    buckets=STATEMENT_SECONDS,
)
NOTIFY = HistogramMetric(
    "qcexec_worker_notify_to_claim_seconds",
    "From the notification that tasks are ready, at a worker that held none, to the claim's answer",
    buckets=STATEMENT_SECONDS,
)
CLAIMING = GaugeMetric("qcexec_worker_claiming", "Whether the worker claims: 0 while it drains")

METRICS: Sequence[Metric] = (
    *(FINISHED, WAIT, RUN, RATIO, SLOTS, SLOT_MEMORY, LEASES, RESTARTED),
    *(CLAIMS, CLAIMED, CLAIM, NOTIFY, CLAIMING),
)

OTHER = "other"
SIZES = ((10, "1-10"), (20, "11-20"), (25, "21-25"), (30, "26-30"))
REASONS = (*(reason.value for reason in DeathReason), ChildNotStarted.code)


def engine_codes(error: type[EngineError] = EngineError) -> frozenset[str]:
    """The codes of all faults that the engine finds."""
    return frozenset({error.code}).union(*map(engine_codes, error.__subclasses__()))


CODES = engine_codes() | {
    *("time_limit", "memory_limit", "payload_too_large"),
    *("result_unstorable", "attempts_exhausted", "deliveries_exhausted"),
}


@dataclass(frozen=True, slots=True)
class WorkerFigures:
    """What a worker has at a moment."""

    busy: int
    free: int
    slots: int
    leases: int
    claiming: bool


class WorkerMetrics:
    """One worker's, in a registry of its own. Its series of a queue are looked up once."""

    def __init__(self, queue: str, version: str) -> None:
        self.registry = registry = component_registry("worker", version)
        self.clock = DatabaseClock()
        self.figures = QueueFiguresCollector()
        registry.register(self.figures)
        self._events = QueueEventMetrics(registry, self.figures)
        finished = FINISHED.made(registry)
        self._finished = {
            (Outcome.COMPLETED, ""): finished.labels(queue, "completed", ""),
            **{
                (Outcome.FAILED, code): finished.labels(queue, "failed", code)
                for code in (*sorted(CODES), OTHER)
            },
            (Outcome.CANCELLED, ""): finished.labels(queue, "cancelled", ""),
        }
        self._wait = WAIT.made(registry).labels(queue)
        self._run = RUN.made(registry)
        self._runs: dict[tuple[str, str], Histogram] = {}
        self._queue = queue
        self._ratio = RATIO.made(registry).labels(queue)
        self._slots = SLOTS.made(registry)
        self._slot_memory = SLOT_MEMORY.made(registry)
        self._leases = LEASES.made(registry)
        self._claiming = CLAIMING.made(registry)
        self._restarted = RESTARTED.made(registry)
        for reason in REASONS:
            self._restarted.labels(reason)
        self._claims = CLAIMS.made(registry)
        self._claimed = CLAIMED.made(registry)
        self._claim = CLAIM.made(registry)
        self._notify = NOTIFY.made(registry)

    def watch(self, look: Callable[[], WorkerFigures], slot_memory: int) -> None:
        """Shows from now on what `look` gives, at the moment of each scrape, in its thread."""
        self._slot_memory.set(slot_memory)
        self._slots.labels("busy").set_function(lambda: look().busy)
        self._slots.labels("free").set_function(lambda: look().free)
        self._slots.labels("starting").set_function(lambda: _starting(look()))
        self._leases.set_function(lambda: look().leases)
        self._claiming.set_function(lambda: look().claiming)

    def count_in_queue(self, event: QueueEvent, /) -> None:
        """Something happened in the queue."""
        if not isinstance(event, Exchanged):
            self._events(event)
        elif event.claiming:
            self._claims.inc()
            self._claimed.inc(event.claimed)
            self._claim.observe(event.seconds)

    def count(self, event: Event, /) -> None:
        """Something happened in the worker."""
        match event:
            case RunBegun():
                waited = self.clock.seconds_since(event.lease.task_id)
                if waited is not None:
                    self._wait.observe(waited)
            case RunEnded():
                self._ran(event)
            case ResultsStored():
                for result in event.results:
                    self._finished[finished_as(result.outcome, result.code)].inc()
            case ClaimedAfterNotify():
                self._notify.observe(event.seconds)
            case ChildReplaced():
                self._restarted.labels(event.reason).inc()

    def _ran(self, event: RunEnded) -> None:
        kind = kind_of_run(event)
        run = self._runs.get(kind)
        if run is None:
            run = self._runs[kind] = self._run.labels(self._queue, *kind)
        run.observe(event.seconds)
        if event.report is not None and event.seconds > 0:
            self._ratio.observe(event.lease.cost / event.seconds)


def finished_as(outcome: Outcome, code: str | None) -> tuple[Outcome, str]:
    """Under which outcome and code an end is counted."""
    if outcome is not Outcome.FAILED:
        return outcome, ""
    return outcome, code if code in CODES else OTHER


def kind_of_run(event: RunEnded) -> tuple[str, str]:
    """The method and the size class of a run."""
    if event.report is None:
        return "none", "unknown"
    method, qubits = event.report.get("method"), event.report.get("num_qubits")
    known = isinstance(method, str) and method in METHODS
    return str(method) if known else OTHER, size_class(qubits)


def size_class(qubits: object) -> str:
    """How large a circuit is: its memory doubles with each qubit."""
    if not isinstance(qubits, int) or isinstance(qubits, bool) or qubits < 1:
        return "unknown"
    return next((name for most, name in SIZES if qubits <= most), "31+")


def _starting(figures: WorkerFigures) -> int:
    return max(0, figures.slots - figures.busy - figures.free)
