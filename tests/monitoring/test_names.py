"""No rule and no panel asks for what no component exports."""

import re

import pytest
from dashboards.__main__ import DASHBOARDS
from dashboards.panels import Panel

from monitoring.exported import KNOWN_VALUES, TARGET_LABELS, labels_of_series
from monitoring.promql import Matcher, grouped_by, selectors
from monitoring.rules import Rule, rules

PANELS = [(dashboard, panel) for dashboard in DASHBOARDS for panel in dashboard.panels]
_VARIABLES = {"$namespace", "$release", "$release|"}


def _faults(expression: str) -> list[str]:
    """What an expression asks for in vain."""
    known = labels_of_series()
    faults = []
    labels_at_hand = set(TARGET_LABELS)
    for selector in selectors(expression):
        if selector.name not in known:
            faults.append(f"{selector.name} is exported by nobody")
            continue
        labels_at_hand |= known[selector.name]
        for matcher in selector.matchers:
            if matcher.label not in known[selector.name]:
                faults.append(f"{selector.name} has no label {matcher.label}")
            faults += _unknown_values(selector.name, matcher)
    return faults + [f"no label {each}" for each in grouped_by(expression) - labels_at_hand]


def _unknown_values(name: str, matcher: Matcher) -> list[str]:
    values = KNOWN_VALUES.get((name, matcher.label))
    if values is None or matcher.value in _VARIABLES | {""}:
        return []
    asked = matcher.value.split("|") if "~" in matcher.operator else [matcher.value]
    return [f"{name}: {matcher.label} is never {each}" for each in asked if each not in values]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)
def test_rules_ask_for_what_there_is(rule: Rule) -> None:
    assert _faults(rule.expression) == []


@pytest.mark.parametrize("panel", [each for _, each in PANELS], ids=lambda panel: panel.title)
def test_panels_ask_for_what_there_is(panel: Panel) -> None:
    assert [fault for query in panel.queries for fault in _faults(query.expression)] == []


@pytest.mark.parametrize("panel", [each for _, each in PANELS], ids=lambda panel: panel.title)
def test_legends_name_labels_that_the_query_keeps(panel: Panel) -> None:
    for query in panel.queries:
        assert set(re.findall(r"\{\{(\w+)\}\}", query.legend)) <= grouped_by(query.expression)


@pytest.mark.parametrize("panel", [each for _, each in PANELS], ids=lambda panel: panel.title)
def test_panels_show_the_release_that_is_chosen_and_no_other(panel: Panel) -> None:
    for query in panel.queries:
        for selector in selectors(query.expression):
            matchers = {each.label: each.value for each in selector.matchers}
            assert matchers["namespace"] == "$namespace"
            assert "persistentvolumeclaim" in matchers or "$release" in matchers["release"]


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        (
            'rate(qcexec_no_such_total{release!=""}[5m])',
            "qcexec_no_such_total is exported by nobody",
        ),
        ("sum(qcexec_task_wait_seconds)", "qcexec_task_wait_seconds is exported by nobody"),
        ('qcexec_queue_tasks{status="ready"}', "qcexec_queue_tasks has no label status"),
        ('qcexec_queue_tasks{state="pending"}', "qcexec_queue_tasks: state is never pending"),
        ("sum by (shard) (qcexec_queue_tasks)", "no label shard"),
        ("sum by (le) (qcexec_enqueue_seconds_count)", "no label le"),
    ],
)
def test_a_name_that_there_is_not_would_be_found(expression: str, fault: str) -> None:
    assert _faults(expression) == [fault]
