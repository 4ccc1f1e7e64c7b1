"""What the operator exports of its pools: from the first look, and no longer than they are."""

from dataclasses import replace

import pytest

from qcexec_operator import metrics
from qcexec_operator.decide import decide
from qcexec_operator.events import (
    CallFailed,
    PoolScaled,
    ResourceSkipped,
    ScalingHeld,
    TasksReturned,
    WorkersAsked,
)
from qcexec_operator.metrics import Metrics
from qcexec_operator.observed import DoubtCode
from qcexec_telemetry.metrics import BUILD_INFO
from support.metrics import Scrape, of
from support.worker_pools import NOW, POLICY, figures, pod, pool, worker


class Own:
    """Metrics that have seen one pool."""

    def __init__(self) -> None:
        self.metrics = Metrics("0", lambda: 1.5)
        observed = pool(worker(1, leases=2), queue=figures(3))
        self.metrics.decided("big", observed, decide(observed, POLICY, NOW), POLICY)

    def scrape(self) -> Scrape:
        return of(self.metrics.registry)


@pytest.fixture
def own() -> Own:
    return Own()


def test_a_pool_is_shown_with_what_was_seen_and_what_is_wanted_of_it(own: Own) -> None:
    seen = own.scrape()
    assert seen.value("qcexec_pool_busy_slots", pool="big") == 2
    assert seen.value("qcexec_pool_waiting_tasks", pool="big") == 3
    assert seen.value("qcexec_pool_target_wait_seconds", pool="big") == POLICY.target_wait_seconds
    assert seen.value("qcexec_pool_max_replicas", pool="big") == POLICY.max_replicas
    assert seen.value("qcexec_operator_last_look_age_seconds") == 1.5


def test_what_is_not_known_has_no_value(own: Own) -> None:
    observed = replace(pool(pods=(pod(1),), queue=figures(3)), figures=None)
    own.metrics.decided("big", observed, decide(observed, POLICY, NOW), POLICY)
    seen = own.scrape()
    assert seen.value("qcexec_pool_waiting_tasks", pool="big") is None
    assert seen.value("qcexec_pool_ready_pods", pool="big") == 1


def test_what_happens_to_a_pool_is_an_increase_of_a_series_that_was_there(own: Own) -> None:
    before = own.scrape()
    for event in (
        PoolScaled("big", 1, 3, "why"),
        WorkersAsked("big", drain=2, call_back=1),
        TasksReturned("big", "pod-1", 4),
        ScalingHeld("big", DoubtCode.PODS_STALE.value, "why"),
    ):
        own.metrics.count(event)
    after = own.scrape()
    increases = {
        (name, *sorted(value for key, value in labels if key != "pool")): value
        - before.samples[name, labels]
        for (name, labels), value in after.samples.items()
        if name.startswith("qcexec_pool_") and value != before.samples[name, labels]
    }
    assert increases == {
        ("qcexec_pool_scales_total", "up"): 1,
        ("qcexec_pool_workers_asked_total", "drain"): 2,
        ("qcexec_pool_workers_asked_total", "call_back"): 1,
        ("qcexec_pool_tasks_returned_total",): 4,
        ("qcexec_pool_holds_total", "PodsStale"): 1,
    }


def test_every_reason_to_hold_has_its_series(own: Own) -> None:
    codes = own.scrape().labels("qcexec_pool_holds_total", "code")
    assert codes == {code.value for code in DoubtCode}


def test_a_pool_that_is_no_more_leaves_no_series_and_may_come_again(own: Own) -> None:
    def of_pools() -> set[str]:
        return {name for name, labels in own.scrape().samples if "pool" in dict(labels)}

    there = of_pools()
    own.metrics.forget("big")
    assert of_pools() == set()
    again = Own()
    own.metrics = again.metrics
    assert of_pools() == there


def test_what_was_not_done_is_counted_by_its_code(own: Own) -> None:
    own.metrics.count(CallFailed("api_unavailable", "why"))
    own.metrics.count(ResourceSkipped("why"))
    seen = own.scrape()
    assert seen.value("qcexec_operator_failures_total", code="api_unavailable") == 1
    assert seen.value("qcexec_operator_failures_total", code="invalid_resource") == 1


def test_exactly_what_is_declared_is_exported(own: Own) -> None:
    own.metrics.looked(0.01, leads=True)
    declared = {each.name for each in (*metrics.METRICS, BUILD_INFO)}
    assert own.scrape().ours == declared
