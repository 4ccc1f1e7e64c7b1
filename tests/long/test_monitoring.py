"""Dashboards and rules beside a real Prometheus that has watched a stack work."""

import asyncio
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
from dashboards.__main__ import DASHBOARDS
from dashboards.panels import Panel

from monitoring.lab import Lab, lab
from monitoring.prometheus import EXECUTABLE, NAMESPACE, RELEASE
from monitoring.rules import rules
from support.databases import Databases

pytestmark = pytest.mark.skipif(
    EXECUTABLE is None, reason="prometheus is not on PATH (on Debian: apt install prometheus)"
)

PANELS = [panel for dashboard in DASHBOARDS for panel in dashboard.panels]
IN_FORCE = ("pending", "firing")


@pytest.fixture(scope="module")
def worked(databases: Databases) -> Iterator[Lab]:
    database = databases.create()
    with lab(database) as made:
        yield made
    databases.drop(database)


def _chosen(expression: str) -> str:
    """As Grafana sends it."""
    for name, value in (
        ("$namespace", NAMESPACE),
        ("$release", RELEASE),
        ("$__rate_interval", "2m"),
    ):
        expression = expression.replace(name, value)
    return expression


def _rows(worked: Lab, statement: str) -> list[Any]:
    async def fetched() -> list[Any]:
        connection = await asyncpg.connect(worked.database.admin_dsn)
        try:
            return list(await connection.fetch(statement))
        finally:
            await connection.close()

    return asyncio.run(fetched())


def _figure(worked: Lab, statement: str) -> float:
    return float(_rows(worked, statement)[0][0])


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.title)
def test_each_panel_shows_something(worked: Lab, panel: Panel) -> None:
    for query in panel.queries:
        shown = worked.prometheus.query(_chosen(query.expression))
        assert shown or panel.quiet, query.expression


def test_each_rule_is_evaluated_and_each_recording_records(worked: Lab) -> None:
    unwell = [rule for rule in worked.prometheus.rules() if rule["health"] != "ok"]
    assert unwell == []
    for rule in rules():
        if rule.record:
            assert worked.prometheus.query(rule.record), rule.record


def test_nothing_is_wrong_with_a_stack_that_works(worked: Lab) -> None:
    in_force = {rule["name"] for rule in worked.prometheus.rules() if rule.get("state") in IN_FORCE}
    assert in_force == set()


def test_what_waited_is_what_the_database_had(worked: Lab) -> None:
    assert worked.ready_before == worked.waited_for_a_worker


@pytest.mark.parametrize(
    ("expression", "statement"),
    [
        ("sum(qcexec_submissions_total)", "select count(*) from qcexec.task"),
        (
            'sum(qcexec_http_requests_total{route="/tasks",method="POST",status="202"})',
            "select count(*) from qcexec.task",
        ),
        (
            'sum(qcexec_tasks_finished_total{outcome="completed"})',
            "select count(*) from qcexec.result where outcome = 1",
        ),
        (
            'sum(qcexec_tasks_finished_total{outcome="failed"})',
            "select count(*) from qcexec.result where outcome = 2",
        ),
        (
            "sum(qcexec_worker_claimed_tasks_total)",
            "select (select count(*) from qcexec.result) + (select count(*) from qcexec.attempt)",
        ),
        ("sum(qcexec_task_wait_seconds_count)", "select count(*) from qcexec.result"),
        ("sum(qcexec_task_run_seconds_count)", "select count(*) from qcexec.result"),
        ("sum(qcexec_enqueue_batch_tasks_sum)", "select count(*) from qcexec.task"),
        ("max(qcexec_queue_workers{state='claiming'})", "select count(*) from qcexec.worker"),
        ("max(qcexec_queue_slots)", "select sum(slots) from qcexec.worker"),
    ],
)
def test_figures_are_the_databases_own(worked: Lab, expression: str, statement: str) -> None:
    assert worked.prometheus.figure(expression) == _figure(worked, statement)


def test_codes_are_the_databases_own(worked: Lab) -> None:
    counted = worked.prometheus.query("sum by (code) (qcexec_tasks_finished_total) > 0")
    stored = _rows(worked, "select coalesce(code, ''), count(*) from qcexec.result group by 1")
    # A label without a value is one that Prometheus does not store.
    assert {each.labels.get("code", ""): each.value for each in counted} == {
        code: float(number) for code, number in stored
    }


def test_waits_lie_between_the_claims_and_the_ends_of_the_tasks(worked: Lab) -> None:
    waited = worked.prometheus.figure("sum(qcexec_task_wait_seconds_sum)")
    least, most = _rows(
        worked,
        "select sum(extract(epoch from claimed_at - qcexec.uuid7_moment(task_id))),"
        " sum(extract(epoch from finished_at - qcexec.uuid7_moment(task_id))) from qcexec.result",
    )[0]
    # The worker knows the database's time to within the way of a statement.
    slack = 0.05 * worked.tasks
    assert waited is not None
    assert float(least) - slack <= waited <= float(most) + slack


def test_the_database_is_as_large_as_it_says(worked: Lab) -> None:
    told = worked.prometheus.figure("max(qcexec_database_size_bytes)")
    assert told == pytest.approx(
        _figure(worked, "select pg_database_size(current_database())"), rel=0.1
    )
