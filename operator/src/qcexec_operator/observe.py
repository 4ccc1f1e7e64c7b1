"""From what the cluster and the database say to what a decision is made of: pure.

Moments of the database are translated to the operator's clock by the difference of the two when it
was asked; moments of the cluster's API are taken as they are, so both are expected to keep time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from qcexec_operator.cold_starts import KEPT, cold_start_seconds
from qcexec_operator.history import History, SeenCost
from qcexec_operator.look import Look
from qcexec_operator.observed import (
    CostClass,
    DeploymentState,
    Doubt,
    DoubtCode,
    Observed,
    Pod,
    PodPhase,
    QueueFigures,
    WorkerRow,
)
from qcexec_operator.policy import Policy
from qcexec_operator.run_times import Counters, RunTimes, learn
from qcexec_operator.sighting import TEMPLATE_HASH, PodSighting
from qcexec_queue.fleet import WorkerFigures

STALE_SECONDS = 10.0
"""For how long watch and Deployment may disagree about the number of pods."""

_LEAST_BETWEEN_SECONDS = 0.5
"""Figures are written each second: what is less apart is the same figures, read twice."""


def observe(look: Look, history: History, lease_seconds: float) -> tuple[Observed, Policy, History]:
    """What a decision is made of, the policy that goes with it, and what is to be remembered."""
    pods = look.own_pods
    history = _remember_pods(look, pods, history)
    doubts = look.doubts
    if history.failed_write is not None:
        doubts = (*doubts, history.failed_write)
    doubts = (*doubts, *_stale(look, history))
    workers: tuple[WorkerFigures, ...] = ()
    clock = 0.0
    if look.queues is not None:
        uids = {each.uid for each in pods}
        workers = tuple(each for each in look.queues.fleet.workers if each.pod_uid in uids)
        clock = look.now - look.queues.fleet.at.timestamp()
        history = _learn(look, workers, clock, pods, history)
    run_times = history.learned.run_times()
    observed = Observed(
        memory=history.memory,
        figures=_figures(look, history),
        workers=tuple(_row(each, clock, run_times) for each in workers),
        pods=tuple(_pod(each, history) for each in pods),
        deployment=_deployment(look, pods),
        run_times=run_times,
        cold_start_seconds=cold_start_seconds(history.starts),
        doubts=doubts,
    )
    policy = replace(
        look.pool.policy, slots_per_pod=history.slots_per_pod, lease_seconds=lease_seconds
    )
    return observed, policy, history


def _remember_pods(look: Look, pods: Sequence[PodSighting], history: History) -> History:
    costs = {}
    for each in pods:
        known = history.costs.get(each.uid)
        same = known is not None and known.cost == each.deletion_cost
        costs[each.uid] = known if known and same else SeenCost(each.deletion_cost, look.now)
    differ = look.deployment is not None and look.deployment.pods != sum(
        each.phase is not PodPhase.GOING for each in pods
    )
    since = history.pods_differ_since
    return replace(
        history,
        costs=costs,
        pods_differ_since=(look.now if since is None else since) if differ else None,
    )


def _stale(look: Look, history: History) -> tuple[Doubt, ...]:
    since = history.pods_differ_since
    if since is None or look.now - since < STALE_SECONDS:
        return ()
    message = f"The Deployment has had another number of pods for {look.now - since:.0f} seconds."
    return (Doubt(DoubtCode.PODS_STALE, message),)


def _learn(
    look: Look,
    workers: Sequence[WorkerFigures],
    clock: float,
    pods: Sequence[PodSighting],
    history: History,
) -> History:
    """Takes in run times, arrivals and starts."""
    counters = {each.worker_id: _counters(each) for each in workers}
    learned, ended = learn(history.learned, counters, look.now)
    history = replace(history, learned=learned, ended=history.ended + ended)
    history = _count_arrivals(look, history)
    by_uid = {each.uid: each for each in pods}
    starts, started = list(history.starts), set(history.started) & by_uid.keys()
    for each in sorted(workers, key=lambda worker: worker.started_at):
        pod = by_uid.get(each.pod_uid or "")
        if pod is None or pod.uid in started:
            continue
        started.add(pod.uid)
        if not pod.restarted:
            starts.append(max(0.0, _local(each.started_at, clock) - pod.created_at))
    return replace(
        history,
        starts=tuple(starts[-KEPT:]),
        started=frozenset(started),
        slots_per_pod=workers[-1].slots if workers else history.slots_per_pod,
    )


def _counters(worker: WorkerFigures) -> Counters:
    return Counters(
        tasks=worker.counters.tasks,
        seconds=worker.counters.seconds,
        squares=worker.counters.squares,
        cost=worker.counters.cost,
        held_tasks=len(worker.held),
        held_seconds=sum(each.seconds for each in worker.held),
        held_cost=sum(each.cost for each in worker.held),
    )


def _count_arrivals(look: Look, history: History) -> History:
    """Once for each time that the queue's figures were written."""
    statistics = look.statistics
    if statistics is None:
        return history
    written = look.now - statistics.age_seconds
    if history.figures_at is not None and written - history.figures_at < _LEAST_BETWEEN_SECONDS:
        return history
    in_queue = statistics.depth + statistics.scheduled + statistics.running
    return replace(
        history,
        arrivals=history.arrivals.observing(
            in_queue if statistics.depth_exact else None, history.ended, written
        ),
        figures_at=written,
        ended=0,
    )


def _figures(look: Look, history: History) -> QueueFigures | None:
    statistics = look.statistics
    if statistics is None or look.queues is None:
        return None
    depth, oldest = statistics.depth, statistics.oldest_seconds
    costs = tuple(CostClass(each.tasks, each.cost) for each in statistics.costs)
    if look.pool.queue in look.queues.waiting:
        # Just now a task waits, whatever the figures said a second or two ago.
        depth, oldest = max(depth, 1), oldest or 0.0
    window = look.pool.policy.window_seconds(
        cold_start_seconds(history.starts) or look.pool.policy.cold_start_seconds
    )
    due = statistics.next_due_seconds
    return QueueFigures(
        age_seconds=statistics.age_seconds,
        depth=depth,
        depth_exact=statistics.depth_exact,
        running=statistics.running,
        due_soon=statistics.scheduled if due is not None and due <= window else 0,
        oldest_seconds=oldest,
        costs=costs if costs or not depth else None,
        arrival_rate=history.arrivals.per_second,
    )


def _row(worker: WorkerFigures, clock: float, run_times: RunTimes | None) -> WorkerRow:
    remaining = None
    if run_times is not None and worker.held:
        remaining = max(
            run_times.remaining_seconds(each.cost, each.seconds) for each in worker.held
        )
    return WorkerRow(
        worker_id=worker.worker_id,
        pod_uid=worker.pod_uid,
        slots=worker.slots,
        leases=worker.leases,
        started_at=_local(worker.started_at, clock),
        heartbeat_at=_local(worker.heartbeat_at, clock),
        idle_since=None if worker.idle_since is None else _local(worker.idle_since, clock),
        remaining_seconds=remaining,
        draining_at=None if worker.draining_at is None else _local(worker.draining_at, clock),
        drained_at=None if worker.drained_at is None else _local(worker.drained_at, clock),
    )


def _pod(pod: PodSighting, history: History) -> Pod:
    return Pod(
        uid=pod.uid,
        name=pod.name,
        phase=pod.phase,
        created_at=pod.created_at,
        node=pod.node,
        deletion_cost=pod.deletion_cost,
        cost_since=history.costs[pod.uid].since,
    )


def _deployment(look: Look, pods: Sequence[PodSighting]) -> DeploymentState | None:
    if look.deployment is None:
        return None
    state = look.deployment.state
    templates = {
        each.labels.get(TEMPLATE_HASH) for each in pods if each.phase is not PodPhase.GOING
    }
    return replace(state, rolling_out=state.rolling_out or len(templates) > 1)


def _local(moment: datetime, clock: float) -> float:
    return moment.timestamp() + clock
