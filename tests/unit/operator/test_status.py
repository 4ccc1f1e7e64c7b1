"""What a WorkerPool's status says."""

from dataclasses import replace
from typing import Any

import pytest

from qcexec_operator.observed import Observed
from qcexec_operator.plan import Change, Condition, ConditionType, Plan
from qcexec_operator.status import pressing, status
from qcexec_operator.worker_pool import WorkerPool, read_worker_pool
from support.cluster_objects import pool_body
from support.worker_pools import MEMORY, figures, idle, pool, worker

AT = 1_767_225_600.0
LATER = AT + 90.0


def conditions(*, active: bool = True, reason: str = "FiguresKnown") -> tuple[Condition, ...]:
    return (Condition(ConditionType.SCALING_ACTIVE, active, reason, "Words."),)


def plan(**fields: Any) -> Plan:
    usual = Plan(
        desired=2,
        recommendation=2,
        change=Change.NONE,
        replicas=None,
        resource_version=None,
        undrain=(),
        drain=(),
        deletion_costs=(),
        reason="2 pods will do.",
        conditions=conditions(),
        memory=MEMORY,
        draining=1,
    )
    return replace(usual, **fields)


def said(
    seen: Observed,
    decided: Plan | None = None,
    *,
    before: dict[str, Any] | None = None,
    scaled_to: int | None = None,
    now: float = AT,
    message: str = "2 pods will do.",
) -> dict[str, Any]:
    body = pool_body(generation=3)
    body["status"] = before or {}
    resource: WorkerPool = read_worker_pool(body)
    return status(resource, seen, decided or plan(), scaled_to, message, now)


def test_what_is_seen_is_said() -> None:
    seen = pool(*idle(2), worker(3, leases=3), queue=figures(5, oldest=1.2345))
    written = said(seen)
    assert (written["replicas"], written["ready"], written["desired"]) == (3, 3, 2)
    assert (written["busySlots"], written["slots"], written["draining"]) == (3, 12, 1)
    assert (written["queueDepth"], written["oldestWaitSeconds"]) == (5, 1.2)
    assert (written["message"], written["observedGeneration"]) == ("2 pods will do.", 3)


def test_what_is_not_known_is_taken_out_of_the_status() -> None:
    unknown = replace(pool(), figures=None, deployment=None)
    written = said(unknown)
    absent = {key for key, value in written.items() if value is None}
    assert absent == {
        *("replicas", "queueDepth", "busySlots", "slots", "oldestWaitSeconds"),
        *("predictedCpuSeconds", "lastScale"),
    }


def test_the_last_scale_stays_until_there_is_another() -> None:
    first = said(pool(*idle(2)), plan(reason="Why."), scaled_to=4)
    assert first["replicas"] == 4
    expected = {"at": "2026-01-01T00:00:00Z", "from": 2, "to": 4, "reason": "Why."}
    assert first["lastScale"] == expected
    assert said(pool(*idle(4)), before=first, now=LATER)["lastScale"] == expected
    third = said(pool(*idle(4)), before=first, scaled_to=0, now=LATER)
    assert third["lastScale"]["at"] == "2026-01-01T00:01:30Z"
    assert (third["lastScale"]["from"], third["replicas"]) == (4, 0)


def test_a_condition_keeps_its_moment_while_its_status_is_the_same() -> None:
    first = said(pool())
    second = said(pool(), plan(conditions=conditions(reason="Other")), before=first, now=LATER)
    (kept,) = second["conditions"]
    assert kept["lastTransitionTime"] == "2026-01-01T00:00:00Z"
    assert (kept["status"], kept["reason"], kept["observedGeneration"]) == ("True", "Other", 3)
    third = said(pool(), plan(conditions=conditions(active=False)), before=second, now=LATER)
    (turned,) = third["conditions"]
    assert (turned["status"], turned["lastTransitionTime"]) == ("False", "2026-01-01T00:01:30Z")


@pytest.mark.parametrize("before", [{"conditions": None}, {"conditions": [{"type": "Foreign"}]}])
def test_a_status_that_somebody_else_wrote_is_no_hindrance(before: dict[str, Any]) -> None:
    (condition,) = said(pool(), before=before)["conditions"]
    assert condition["lastTransitionTime"] == "2026-01-01T00:00:00Z"


def test_a_message_is_no_longer_than_the_schema_allows() -> None:
    assert len(said(pool(), message="x" * 10_000)["message"]) == 4096


def test_figures_alone_can_wait_and_all_else_is_pressing() -> None:
    calm = said(pool(*idle(2), queue=figures(1, oldest=1.0)))
    busier = said(
        pool(*idle(1), worker(2, leases=1), queue=figures(2, oldest=2.0)), message="Other words."
    )
    assert pressing(None, calm)
    assert not pressing(calm, calm)
    assert not pressing(calm, busier)
    assert pressing(calm, said(pool(*idle(2)), scaled_to=3))
    assert pressing(calm, said(pool(*idle(2)), plan(draining=0)))
    assert pressing(calm, said(pool(*idle(2)), plan(conditions=conditions(active=False))))
