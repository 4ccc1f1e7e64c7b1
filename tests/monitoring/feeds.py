"""Metrics of what runs on clusters alone: an operator's, through its own code, and a kubelet's."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count

from prometheus_client import CollectorRegistry, Gauge

from qcexec_operator.decide import decide
from qcexec_operator.events import PoolScaled, ScalingHeld, TasksReturned, WorkersAsked
from qcexec_operator.metrics import Metrics
from qcexec_standalone.ports import LOOPBACK
from qcexec_telemetry.metrics_server import serving_metrics
from support.worker_pools import NOW, POLICY, figures, pool, worker

POOL = "lab-qcexec-worker-default"
CLAIM = "data-lab-qcexec-postgresql-0"
_TURN_SECONDS = 0.2


@contextmanager
def operator_metrics(port: int) -> Iterator[None]:
    """What an operator tells of a pool whose load comes and goes."""
    metrics = Metrics("0.0.0", lambda: _TURN_SECONDS)
    ended = threading.Event()
    thread = threading.Thread(target=_look_again_and_again, args=(metrics, ended))
    with serving_metrics(metrics.registry, LOOPBACK, port):
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


@contextmanager
def kubelet_metrics(port: int) -> Iterator[None]:
    """What a kubelet tells of PostgreSQL's volume, half of which is free."""
    registry = CollectorRegistry()
    for what, value in (("available", 5e9), ("capacity", 10e9)):
        name = f"kubelet_volume_stats_{what}_bytes"
        gauge = Gauge(name, what, ("persistentvolumeclaim",), registry=registry)
        gauge.labels(CLAIM).set(value)
    with serving_metrics(registry, LOOPBACK, port):
        yield


def _look_again_and_again(metrics: Metrics, ended: threading.Event) -> None:
    memory = pool().memory
    for turn in count():
        waiting = 40 + turn % 5
        rows = tuple(worker(number, leases=3, remaining=1.0) for number in (1, 2))
        seen = replace(
            pool(*rows, queue=figures(waiting, oldest=2.0, running=6, arrival_rate=3.0)),
            memory=memory,
        )
        plan = decide(seen, POLICY, NOW + turn)
        memory = plan.memory
        metrics.looked(0.02, leads=True)
        metrics.decided(POOL, seen, plan, POLICY)
        if turn % 5 == 0:
            metrics.count(PoolScaled(POOL, 2, 3, "The work needs 3 pods."))
            metrics.count(WorkersAsked(POOL, drain=1, call_back=0))
        if turn == 10:
            metrics.count(ScalingHeld(POOL, "FiguresOld", "The figures are old."))
            metrics.count(TasksReturned(POOL, "worker-1", 2))
        if ended.wait(_TURN_SECONDS):
            return
