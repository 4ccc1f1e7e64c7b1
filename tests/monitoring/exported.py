"""What can be asked for: the metrics that components declare, and those of others."""

import re
from collections.abc import Iterable, Mapping

from monitoring.rules import rules
from qcexec_api import metrics as api
from qcexec_api import problems
from qcexec_observation import queue_events, queue_figures
from qcexec_operator import metrics as operator
from qcexec_operator.plan import ConditionType
from qcexec_telemetry import metrics as every_component
from qcexec_telemetry.metrics import HistogramMetric, Metric
from qcexec_worker import metrics as worker

DECLARED: tuple[Metric, ...] = tuple(
    metric
    for module in (every_component, api, queue_events, queue_figures, worker, operator)
    for metric in module.METRICS
)

TARGET_LABELS = frozenset({"namespace", "release", "pod", "instance", "job"})
"""What Prometheus adds to every series that it scrapes."""

_EXTERNAL: Mapping[str, frozenset[str]] = {
    # prometheus_client's collector of the process.
    "process_cpu_seconds_total": frozenset(),
    "process_resident_memory_bytes": frozenset(),
    # The kubelet's, with the namespace of the claim.
    "kubelet_volume_stats_available_bytes": frozenset({"persistentvolumeclaim"}),
    "kubelet_volume_stats_capacity_bytes": frozenset({"persistentvolumeclaim"}),
    # Prometheus' own.
    "ALERTS": frozenset({"alertname", "alertstate", "severity"}),
}

KNOWN_VALUES: Mapping[tuple[str, str], frozenset[str]] = {
    ("qcexec_build_info", "component"): frozenset({"api", "worker", "operator"}),
    ("qcexec_leases_ended_total", "reason"): frozenset(queue_events.REASONS),
    ("qcexec_leases_ended_total", "destination"): frozenset(queue_events.DESTINATIONS),
    ("qcexec_pool_condition", "type"): frozenset(each.value for each in ConditionType),
    ("qcexec_queue_tasks", "state"): frozenset({"ready", "scheduled", "running"}),
    ("qcexec_queue_workers", "state"): frozenset({"claiming", "draining"}),
    ("qcexec_refusals_total", "code"): frozenset(problems.CODES),
    ("qcexec_tasks_finished_total", "code"): frozenset(worker.CODES),
    ("qcexec_tasks_finished_total", "outcome"): frozenset({"completed", "failed", "cancelled"}),
    ("qcexec_worker_slots", "state"): frozenset({"busy", "free", "starting"}),
}
"""What labels say, where that is fixed."""


def labels_of_series() -> Mapping[str, frozenset[str]]:
    """Every name that an expression may ask for, with the labels that its series have."""
    known = {name: labels | TARGET_LABELS for name, labels in _EXTERNAL.items()}
    for metric in DECLARED:
        known |= {name: labels | TARGET_LABELS for name, labels in _series(metric)}
    for rule in rules():
        if rule.record:
            known[rule.record] = frozenset(
                label.strip()
                for found in re.findall(r"\bby \(([^)]*)\)", rule.expression)
                for label in found.split(",")
                if label.strip() != "le"
            )
    return known


def _series(metric: Metric) -> Iterable[tuple[str, frozenset[str]]]:
    labels = frozenset(metric.labels)
    if not isinstance(metric, HistogramMetric):
        return [(metric.name, labels)]
    return [
        (f"{metric.name}_bucket", labels | {"le"}),
        (f"{metric.name}_sum", labels),
        (f"{metric.name}_count", labels),
    ]
