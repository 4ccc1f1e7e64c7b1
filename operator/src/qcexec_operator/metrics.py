"""What the operator saw, wanted and did, for Prometheus.

A pool's series are named by the WorkerPool, and end with it. Where something is not known there is
no value, never a zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qcexec_operator.events import (
    CallFailed,
    Event,
    PoolScaled,
    ResourceSkipped,
    ScalingHeld,
    TasksReturned,
    WorkersAsked,
)
from qcexec_operator.observed import DoubtCode, Observed, PodPhase
from qcexec_operator.plan import Plan
from qcexec_operator.policy import Policy
from qcexec_telemetry.metrics import (
    CounterMetric,
    GaugeMetric,
    HistogramMetric,
    Metric,
    component_registry,
)

TITLE = "Operator"

LOOK_AGE = GaugeMetric(
    "qcexec_operator_last_look_age_seconds", "Since the last look at everything has ended"
)
LEADS = GaugeMetric("qcexec_operator_leads", "Whether this process is the one that acts")
LOOKS = HistogramMetric(
    "qcexec_operator_look_seconds",
    "How long a look at everything took, with what was done",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)
FAILURES = CounterMetric(
    "qcexec_operator_failures_total",
    "What was asked for and not done, by the error's code",
    ("code",),
)
CONDITION = GaugeMetric(
    "qcexec_pool_condition", "1 where the condition of the WorkerPool is true", ("pool", "type")
)
SCALES = CounterMetric(
    "qcexec_pool_scales_total", "How often the scale was set", ("pool", "direction")
)
ASKED = CounterMetric(
    "qcexec_pool_workers_asked_total",
    "Workers that were asked to drain, or to go on",
    ("pool", "request"),
)
RETURNED = CounterMetric(
    "qcexec_pool_tasks_returned_total",
    "Tasks that went back to the queue since their pods were gone",
    ("pool",),
)
HOLDS = CounterMetric(
    "qcexec_pool_holds_total",
    "How often the scale began to stay as it was for a reason, whatever the queue needed",
    ("pool", "code"),
)
POOL_FIGURES = tuple(
    GaugeMetric(f"qcexec_pool_{name}", text, ("pool",))
    for name, text in (
        ("replicas", "Pods that the Deployment is to have"),
        ("ready_pods", "Pods that are ready"),
        ("desired_replicas", "Pods that the pool should have in the end"),
        ("recommended_replicas", "Pods that the work needs at this moment, within the bounds"),
        ("draining_pods", "Pods that are on their way out"),
        ("slots", "Slots of live workers"),
        ("busy_slots", "Slots with a task"),
        ("waiting_tasks", "Tasks that wait for a worker"),
        ("oldest_wait_seconds", "For how long the oldest of them has waited"),
        ("predicted_cpu_seconds", "CPU-seconds of work that wait, by what was learnt of run times"),
        ("arrival_rate", "Tasks that arrive in a second, averaged over a minute"),
        ("mean_run_seconds", "Mean run time of a task, as of late"),
        ("cold_start_seconds", "Nine of ten recent pods had a worker sooner"),
        ("min_replicas", "spec.minReplicas"),
        ("max_replicas", "spec.maxReplicas"),
        ("target_wait_seconds", "spec.targetWaitSeconds"),
    )
)

METRICS: Sequence[Metric] = (
    *(LOOK_AGE, LEADS, LOOKS, FAILURES, *POOL_FIGURES),
    *(CONDITION, SCALES, ASKED, RETURNED, HOLDS),
)


class Metrics:
    """One process's, in a registry of its own."""

    def __init__(self, version: str, age_seconds: Callable[[], float]) -> None:
        self.registry = registry = component_registry("operator", version)
        LOOK_AGE.made(registry).set_function(age_seconds)
        self._leads = LEADS.made(registry)
        self._looks = LOOKS.made(registry)
        self._failures = FAILURES.made(registry)
        self._pools = {
            each.name.removeprefix("qcexec_pool_"): each.made(registry) for each in POOL_FIGURES
        }
        self._conditions = CONDITION.made(registry)
        self._scales = SCALES.made(registry)
        self._asked = ASKED.made(registry)
        self._returned = RETURNED.made(registry)
        self._holds = HOLDS.made(registry)
        self._known: set[str] = set()

    def looked(self, seconds: float, *, leads: bool) -> None:
        """A look at everything has ended."""
        self._looks.observe(seconds)
        self._leads.set(leads)

    def decided(self, pool: str, observed: Observed, plan: Plan, policy: Policy) -> None:
        """What was seen of a pool, and is wanted."""
        self._begin(pool)
        figures, deployment = observed.figures, observed.deployment
        run_times = observed.run_times
        values: dict[str, float | None] = {
            "replicas": deployment.replicas if deployment else None,
            "ready_pods": sum(each.phase is PodPhase.READY for each in observed.pods),
            "desired_replicas": plan.desired,
            "recommended_replicas": plan.recommendation,
            "draining_pods": plan.draining,
            "slots": sum(each.slots for each in observed.workers) if figures else None,
            "busy_slots": sum(each.busy for each in observed.workers) if figures else None,
            "waiting_tasks": figures.depth if figures else None,
            "oldest_wait_seconds": figures.oldest_seconds or 0.0 if figures else None,
            "predicted_cpu_seconds": plan.demand.work_seconds if plan.demand else None,
            "arrival_rate": figures.arrival_rate if figures else None,
            "mean_run_seconds": run_times.mean_seconds if run_times else None,
            "cold_start_seconds": observed.cold_start_seconds,
            "min_replicas": policy.min_replicas,
            "max_replicas": policy.max_replicas,
            "target_wait_seconds": policy.target_wait_seconds,
        }
        for name, value in values.items():
            if value is None:
                self._pools[name].remove_by_labels({"pool": pool})
            else:
                self._pools[name].labels(pool).set(value)
        for each in plan.conditions:
            self._conditions.labels(pool, each.type.value).set(each.status)

    def forget(self, pool: str) -> None:
        """A pool is no more."""
        self._known.discard(pool)
        for family in (
            *self._pools.values(),
            self._conditions,
            self._scales,
            self._asked,
            self._returned,
            self._holds,
        ):
            family.remove_by_labels({"pool": pool})

    def count(self, event: Event) -> None:
        """Something happened."""
        match event:
            case PoolScaled():
                direction = "up" if event.replicas > event.was else "down"
                self._scales.labels(event.pool, direction).inc()
            case WorkersAsked():
                self._asked.labels(event.pool, "drain").inc(event.drain)
                self._asked.labels(event.pool, "call_back").inc(event.call_back)
            case TasksReturned():
                self._returned.labels(event.pool).inc(event.tasks)
            case ScalingHeld():
                self._holds.labels(event.pool, event.code).inc()
            case CallFailed():
                self._failures.labels(event.code).inc()
            case ResourceSkipped():
                self._failures.labels("invalid_resource").inc()
            case _:
                return

    def _begin(self, pool: str) -> None:
        """What may be counted of a pool begins at zero, so that its first time is an increase."""
        if pool in self._known:
            return
        self._known.add(pool)
        for direction in ("up", "down"):
            self._scales.labels(pool, direction)
        for request in ("drain", "call_back"):
            self._asked.labels(pool, request)
        self._returned.labels(pool)
        for code in DoubtCode:
            self._holds.labels(pool, code.value)
