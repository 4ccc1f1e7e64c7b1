"""The rules do what they say, as Prometheus' own tool sees it."""

import re
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest

from monitoring.promql import selectors
from monitoring.rules import ROOT, RULES_FILE, UNIT_TEST_FILES, Rule, rules, unit_tests

ALERTS = [rule for rule in rules() if rule.alert]
_PROMTOOL = shutil.which("promtool")

needs_promtool = pytest.mark.skipif(
    _PROMTOOL is None, reason="promtool is not on PATH (on Debian: apt install prometheus)"
)


def _promtool(*arguments: str) -> None:
    assert _PROMTOOL is not None
    done = subprocess.run([_PROMTOOL, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_prometheus_takes_the_file() -> None:
    _promtool("check", "rules", str(RULES_FILE))


@needs_promtool
@pytest.mark.parametrize("file", UNIT_TEST_FILES, ids=lambda file: file.stem)
def test_each_alert_fires_when_it_should_and_is_silent_when_not(file: Path) -> None:
    _promtool("test", "rules", str(file))


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule.alert)
def test_each_alert_is_tested_both_firing_and_silent(rule: Rule) -> None:
    tests = [
        each
        for test in unit_tests()
        for each in test.get("alert_rule_test", ())
        if each["alertname"] == rule.alert
    ]
    assert any(each["exp_alerts"] for each in tests)
    assert any(not each["exp_alerts"] for each in tests)


def test_each_recording_is_tested() -> None:
    tested = {
        selector.name
        for test in unit_tests()
        for each in test.get("promql_expr_test", ())
        for selector in selectors(each["expr"])
    }
    assert {rule.record for rule in rules() if rule.record} <= tested


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule.alert)
def test_each_alert_says_how_grave_it_is_what_it_saw_and_what_to_do(rule: Rule) -> None:
    assert rule.labels["severity"] in {"warning", "critical"}
    assert set(rule.annotations) == {"summary", "description", "runbook_url"}
    assert len(rule.annotations["summary"]) < 90
    assert re.search(r"\d|\$value", rule.annotations["description"])


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule.alert)
def test_each_alert_has_a_runbook_that_names_it(rule: Rule) -> None:
    page = ROOT / rule.annotations["runbook_url"]
    assert page.is_relative_to(ROOT / "docs/runbooks")
    assert rule.alert in page.read_text(encoding="utf-8")


def test_each_runbook_is_one_of_an_alert() -> None:
    pages = {str(page.relative_to(ROOT)) for page in (ROOT / "docs/runbooks").glob("*.md")}
    used = {rule.annotations["runbook_url"] for rule in ALERTS}
    assert pages - {"docs/runbooks/README.md"} == used


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)
def test_each_rule_can_be_narrowed_to_a_release(rule: Rule) -> None:
    for selector in selectors(rule.expression):
        first = selector.matchers[0]
        if selector.name.startswith("kubelet_"):
            assert (first.label, first.value) == ("persistentvolumeclaim", "data-.+-postgresql-0")
        else:
            assert (first.label, first.operator, first.value) == ("release", "!=", "")


def test_names_are_told_once() -> None:
    names = [rule.name for rule in rules()]
    assert len(set(names)) == len(names)


def test_the_page_lists_all_alerts_with_their_time() -> None:
    page = (ROOT / "docs/observability.md").read_text(encoding="utf-8")
    index = (ROOT / "docs/runbooks/README.md").read_text(encoding="utf-8")
    for rule in ALERTS:
        time = "" if rule.for_ == "0m" else f"{rule.for_.removesuffix('m')} min"
        assert re.search(rf"^\| `{rule.alert}` \|.*\| ?{time} \|$", page, re.MULTILINE), rule.alert
        assert re.search(rf"^\| .*\b{rule.alert}\b", index, re.MULTILINE), rule.alert


@needs_promtool
def test_prometheus_takes_the_configurations_of_the_page(tmp_path: Path) -> None:
    page = (ROOT / "docs/observability.md").read_text(encoding="utf-8")
    found = re.findall(r"^    scrape_configs:\n(?:    .*\n)+", page, re.MULTILINE)
    assert len(found) == 2
    shutil.copy(RULES_FILE, tmp_path)
    for number, text in enumerate(found):
        file = tmp_path / f"{number}.yaml"
        # Debian's promtool is built without the discovery of Kubernetes.
        plain = textwrap.dedent(text).replace(
            "kubernetes_sd_configs: [{role: pod}]", 'static_configs: [{targets: ["pod:1"]}]'
        )
        file.write_text(plain, encoding="utf-8")
        _promtool("check", "config", str(file))
