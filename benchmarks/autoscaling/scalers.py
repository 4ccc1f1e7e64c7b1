"""Who is compared, on which pool and with which settings."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.autoscaling.ours import Operator
from benchmarks.autoscaling.rules import Hpa, Keda, Scaler
from benchmarks.autoscaling.traces import SLOTS_PER_POD, Trace

from qcexec_operator.policy import Policy


def scalers(trace: Trace, keda: Sequence[float]) -> list[Scaler]:
    """The operator, KEDA with each of the targets in tasks a slot, and the HPA; all unused."""
    policy = Policy(
        target_wait_seconds=trace.target_wait,
        min_replicas=0,
        max_replicas=trace.max_pods,
        slots_per_pod=SLOTS_PER_POD,
    )
    return [Operator(policy), *(Keda(each) for each in keda), Hpa()]
