"""From looks to what a decision is made of, and what is remembered between them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcexec_operator.history import History
from qcexec_operator.look import Look, QueueLook
from qcexec_operator.memory import Memory
from qcexec_operator.observe import STALE_SECONDS, observe
from qcexec_operator.observed import Doubt, DoubtCode, Observed, PodPhase
from qcexec_operator.sighting import read_deployment, read_pod
from qcexec_operator.worker_pool import read_worker_pool
from qcexec_queue.fleet import Fleet, HeldTask, WorkerFigures
from qcexec_queue.statistics import CostClass, QueueStatistics
from qcexec_queue.workers import NOTHING_RUN, RunCounters
from support.cluster_objects import CREATED, deployment_body, pod_body, pool_body

NOW = CREATED + 1000.0
LEASE = 30.0
FRESH = History(memory=Memory(began=0.0))


def database_time(seconds: float, ahead: float = 0.0) -> datetime:
    """What a database says at that moment whose clock is so far ahead of ours."""
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds + ahead)


def worker(number: int = 1, *, ahead: float = 0.0, **fields: Any) -> WorkerFigures:
    """The worker of the pod of that number, which started 12 s after its pod was created."""
    return replace(
        WorkerFigures(
            worker_id=UUID(int=number),
            queue="default",
            pod_uid=f"pod-{number}",
            pod=f"pool-{number}",
            node="node",
            slots=2,
            slot_memory=2**30,
            started_at=database_time(CREATED + 12, ahead),
            heartbeat_at=database_time(NOW - 3, ahead),
            idle_since=database_time(NOW - 60, ahead),
            draining_at=None,
            drained_at=None,
            counters=NOTHING_RUN,
            leases=0,
            held=(),
        ),
        **fields,
    )


def statistics(depth: int = 0, **fields: Any) -> QueueStatistics:
    return replace(
        QueueStatistics(
            depth=depth,
            depth_exact=True,
            bytes=0,
            scheduled=0,
            running=0,
            oldest_seconds=None,
            mean_cost=0.0,
            age_seconds=1.0,
        ),
        **fields,
    )


def queues(
    *workers: WorkerFigures,
    figures: QueueStatistics | None = None,
    waiting: Sequence[str] = (),
    now: float = NOW,
    ahead: float = 0.0,
) -> QueueLook:
    known = {} if figures is None else {"default": figures}
    return QueueLook(Fleet(database_time(now, ahead), workers), known, frozenset(waiting))


def look(
    asked: QueueLook | None = None,
    *,
    pods: Sequence[dict[str, Any]] | None = None,
    deployment: dict[str, Any] | None = None,
    now: float = NOW,
    doubts: tuple[Doubt, ...] = (),
) -> Look:
    """One pod, one worker, an empty queue."""
    bodies = [pod_body()] if pods is None else pods
    return Look(
        pool=read_worker_pool(pool_body()),
        now=now,
        pods=[read_pod(each) for each in bodies],
        deployment=read_deployment(deployment or deployment_body(len(bodies))),
        queues=queues(worker(), figures=statistics(), now=now) if asked is None else asked,
        doubts=doubts,
    )


def observed(seen: Look, history: History = FRESH) -> tuple[Observed, History]:
    found, _, history = observe(seen, history, LEASE)
    return found, history


def test_the_policy_has_the_slots_of_a_pod_and_how_long_a_lease_lives() -> None:
    _, policy, _ = observe(look(), FRESH, LEASE)
    assert (policy.slots_per_pod, policy.lease_seconds, policy.max_replicas) == (2, LEASE, 4)


def test_slots_of_a_pod_are_remembered_when_the_last_worker_is_gone() -> None:
    _, history = observed(look())
    _, policy, _ = observe(look(queues(figures=statistics()), pods=[]), history, LEASE)
    assert policy.slots_per_pod == 2


@given(st.floats(-1e5, 1e5))
def test_whatever_the_clock_of_the_database_says_moments_are_our_own(ahead: float) -> None:
    asked = queues(
        worker(
            ahead=ahead,
            draining_at=database_time(NOW - 20, ahead),
            drained_at=database_time(NOW - 10, ahead),
        ),
        figures=statistics(),
        ahead=ahead,
    )
    found, _ = observed(look(asked))
    (row,) = found.workers
    moments = (row.started_at, row.heartbeat_at, row.idle_since, row.draining_at, row.drained_at)
    expected = (CREATED + 12, NOW - 3, NOW - 60, NOW - 20, NOW - 10)
    assert moments == pytest.approx(expected, abs=1e-3)
    assert found.cold_start_seconds == pytest.approx(12.0, abs=1e-3)


def test_workers_of_other_pods_are_not_the_pools() -> None:
    asked = queues(worker(1), worker(2), worker(3, pod_uid=None), figures=statistics())
    found, _ = observed(look(asked))
    assert [row.pod_uid for row in found.workers] == ["pod-1"]


def test_pods_of_other_deployments_are_not_the_pools() -> None:
    other = pod_body(2)
    other["metadata"]["labels"]["pool"] = "other"
    found, _ = observed(look(pods=[pod_body(), other], deployment=deployment_body(1)))
    assert [pod.uid for pod in found.pods] == ["pod-1"]


def test_what_is_not_known_is_none_and_never_nothing() -> None:
    found, _ = observed(look(queues(worker())))
    assert (found.figures, found.run_times) == (None, None)
    away, _ = observed(replace(look(), queues=None, deployment=None))
    assert (away.figures, away.deployment, away.workers, away.pods) == (None, None, (), ())
    assert away.cold_start_seconds is None


def test_a_task_that_waits_at_this_moment_counts_before_the_figures_have_it() -> None:
    found, _ = observed(look(queues(figures=statistics(), waiting=["default"]), pods=[]))
    assert found.figures is not None
    assert (found.figures.depth, found.figures.oldest_seconds) == (1, 0.0)
    # Nobody has said what it costs.
    assert found.figures.costs is None


def test_a_task_that_waits_takes_nothing_from_better_figures() -> None:
    known = statistics(7, oldest_seconds=3.0, costs=(CostClass(7, 1.0),))
    found, _ = observed(look(queues(figures=known, waiting=["default"]), pods=[]))
    assert found.figures is not None
    assert (found.figures.depth, found.figures.oldest_seconds) == (7, 3.0)


@pytest.mark.parametrize(("due", "soon"), [(None, 0), (-1.0, 5), (20.0, 5), (10_000.0, 0)])
def test_scheduled_tasks_count_when_they_are_due_within_the_window(
    due: float | None, soon: int
) -> None:
    figures = statistics(scheduled=5, next_due_seconds=due)
    found, _ = observed(look(queues(worker(), figures=figures)))
    assert found.figures is not None
    assert found.figures.due_soon == soon


def test_a_cold_start_counts_once_and_not_where_a_container_was_restarted() -> None:
    _, history = observed(look())
    _, history = observed(look(), history)
    assert history.starts == (12.0,)
    later = worker(2, started_at=database_time(CREATED + 500))
    asked = queues(worker(1), later, figures=statistics())
    _, history = observed(look(asked, pods=[pod_body(1), pod_body(2, restarts=1)]), history)
    assert history.starts == (12.0,)
    # A second process of a pod is no start of that pod.
    again = worker(1, worker_id=UUID(int=9), started_at=database_time(CREATED + 700))
    _, history = observed(look(queues(again, figures=statistics())), history)
    assert history.starts == (12.0,)


def test_run_times_are_learnt_from_what_workers_counted() -> None:
    counters = RunCounters(tasks=4, seconds=8.0, squares=16.0, cost=2.0)
    found, _ = observed(look(queues(worker(counters=counters), figures=statistics())))
    assert found.run_times is not None
    assert (found.run_times.mean_seconds, found.run_times.seconds_per_cost) == (2.0, 4.0)


def test_what_a_worker_holds_ends_when_the_last_of_it_does() -> None:
    counters = RunCounters(tasks=4, seconds=4.0, squares=4.0, cost=4.0)
    held = (HeldTask(cost=0.0, seconds=0.0), HeldTask(cost=10.0, seconds=2.0))
    busy = worker(counters=counters, held=held, leases=2, idle_since=None)
    found, _ = observed(look(queues(busy, figures=statistics(running=2))))
    (row,) = found.workers
    times = found.run_times
    assert times is not None
    assert row.remaining_seconds == pytest.approx(10.0 * times.seconds_per_cost - 2.0)
    assert (row.idle_since, row.leases) == (None, 2)


def test_arrivals_count_once_for_each_time_that_the_figures_were_written() -> None:
    history = FRESH
    rates = []
    for second, (depth, written) in enumerate([(0, 0.0), (10, 1.0), (10, 1.0), (10, 1.0)]):
        now = NOW + second
        figures = statistics(depth, age_seconds=now - NOW - written)
        found, history = observed(
            look(queues(worker(), figures=figures, now=now), now=now), history
        )
        assert found.figures is not None
        rates.append(found.figures.arrival_rate)
    # Ten in the one second between the two writings; read twice more, that is no lull.
    assert rates == pytest.approx([None, 10.0, 10.0, 10.0])


def test_what_ended_between_two_writings_has_arrived_too() -> None:
    _, history = observed(look(queues(worker(), figures=statistics(5, age_seconds=0.0))))
    for second, done in ((0.3, 3), (1.0, 6)):
        now = NOW + second
        counters = RunCounters(done, float(done), float(done), float(done))
        # At 0.3 s the figures are those of before.
        age = second if done == 3 else 0.0
        asked = queues(worker(counters=counters), figures=statistics(5, age_seconds=age), now=now)
        _, history = observed(look(asked, now=now), history)
    assert history.arrivals.per_second == pytest.approx(6.0)


def test_arrivals_are_unknown_while_the_depth_is_an_estimate() -> None:
    _, history = observed(look())
    deep = queues(worker(), figures=statistics(20_000, depth_exact=False), now=NOW + 2)
    found, history = observed(look(deep, now=NOW + 2), history)
    assert found.figures is not None
    assert found.figures.arrival_rate is None


def test_since_when_a_pod_has_its_deletion_cost_is_remembered() -> None:
    _, history = observed(look(pods=[pod_body(cost="-1000")]))
    found, history = observed(look(pods=[pod_body(cost="-1000")], now=NOW + 5), history)
    assert found.pods[0].cost_since == NOW
    found, history = observed(look(pods=[pod_body(cost="0")], now=NOW + 6), history)
    assert found.pods[0].cost_since == NOW + 6
    found, _ = observed(look(pods=[pod_body(cost="-1000")], now=NOW + 7), history)
    assert found.pods[0].cost_since == NOW + 7


def test_pods_that_differ_from_what_the_deployment_says_are_doubted_after_a_while() -> None:
    two = deployment_body(2)
    history = FRESH
    for second, doubted in ((0.0, False), (STALE_SECONDS - 1, False), (STALE_SECONDS, True)):
        found, history = observed(look(deployment=two, now=NOW + second), history)
        assert [each.code for each in found.doubts] == [DoubtCode.PODS_STALE] * doubted
    found, history = observed(look(now=NOW + STALE_SECONDS + 1), history)
    assert (found.doubts, history.pods_differ_since) == ((), None)


def test_pods_that_are_going_are_none_that_the_deployment_still_has() -> None:
    pods = [pod_body(1), pod_body(2, deleted="2026-01-01T00:00:00Z"), pod_body(3, phase="Failed")]
    found, history = observed(look(pods=pods, deployment=deployment_body(1)))
    assert history.pods_differ_since is None
    assert [pod.phase for pod in found.pods] == [PodPhase.READY, PodPhase.GOING, PodPhase.GOING]


def test_pods_of_two_templates_are_a_rollout_unless_the_older_are_going() -> None:
    def rolling(*pods: dict[str, Any]) -> bool:
        found, _ = observed(look(pods=pods))
        assert found.deployment is not None
        return found.deployment.rolling_out

    assert not rolling(pod_body(1), pod_body(2))
    assert rolling(pod_body(1), pod_body(2, template="b"))
    assert not rolling(pod_body(1), pod_body(2, template="b", phase="Failed"))
    assert not rolling()


def test_a_write_that_failed_is_a_doubt_beside_those_of_the_look() -> None:
    failed = Doubt(DoubtCode.WRITE_CONFLICT, "Somebody else wrote.")
    away = Doubt(DoubtCode.API_UNAVAILABLE, "No answer.")
    found, _ = observed(look(doubts=(away,)), replace(FRESH, failed_write=failed))
    assert found.doubts == (away, failed)
