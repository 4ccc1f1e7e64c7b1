"""The workflows of .github: what their linter says, and what it does not look at."""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from chart.helm import ROOT
from support.programs import attempt

_FOLDER = ROOT / ".github" / "workflows"
_WORKFLOWS = sorted(_FOLDER.glob("*.yaml"))
_PROGRAMS = Path(sys.executable).parent

# The suites that are run for each change.
_SUITES = {"check", "test", "test-faults", "test-chart", "test-compose", "e2e-smoke"}


@pytest.fixture(params=_WORKFLOWS, ids=lambda path: path.stem)
def workflow(request: pytest.FixtureRequest) -> Mapping[Any, Any]:
    loaded: Mapping[Any, Any] = yaml.safe_load(request.param.read_text(encoding="utf-8"))
    return loaded


def test_the_linter_finds_nothing() -> None:
    assert {path.stem for path in _WORKFLOWS} == {"ci", "release"}
    assert _lint(*_WORKFLOWS) == ""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("runs-on: ubuntu-24.04", "runs-on: ubuntu-99.04"),
        ("matrix.target", "matrix.targets"),
        ('make "$TARGET"', "for name in $TARGET; do make $name; done"),
        ("timeout-minutes", "timeout"),
    ],
)
def test_the_linter_finds_a_slip_in_a_workflow_and_in_its_commands(
    tmp_path: Path, right: str, wrong: str
) -> None:
    text = (_FOLDER / "ci.yaml").read_text(encoding="utf-8")
    assert right in text
    changed = tmp_path / "ci.yaml"
    changed.write_text(text.replace(right, wrong), encoding="utf-8")
    assert _lint(changed) != ""


def test_each_change_goes_through_every_suite() -> None:
    ci = yaml.safe_load((_FOLDER / "ci.yaml").read_text(encoding="utf-8"))
    assert set(_make_targets(ci)) >= _SUITES


def test_make_has_every_target_that_is_called(workflow: Mapping[Any, Any]) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):(?!=)", makefile, re.MULTILINE))
    assert set(_make_targets(workflow)) - targets == set()


def test_a_job_may_read_and_no_more_unless_it_publishes(workflow: Mapping[Any, Any]) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        granted = job.get("permissions", {})
        assert granted in ({}, {"contents": "read", "packages": "write"}), name
        if granted:
            assert any("push" in step.get("run", "") for step in job["steps"]), name


def test_no_job_can_hang_and_no_two_runs_of_one_kind_meet(workflow: Mapping[Any, Any]) -> None:
    assert {"group", "cancel-in-progress"} <= workflow["concurrency"].keys()
    assert [name for name, job in workflow["jobs"].items() if "timeout-minutes" not in job] == []


def test_actions_are_pinned_and_keep_no_credentials(workflow: Mapping[Any, Any]) -> None:
    for step in _steps(workflow):
        action, _, version = step.get("uses", "").partition("@")
        if action:
            assert re.fullmatch(r"[0-9a-f]{40}", version), step
        if action == "actions/checkout":
            assert step["with"]["persist-credentials"] is False


def test_secrets_reach_a_program_by_its_input_alone(workflow: Mapping[Any, Any]) -> None:
    for step in _steps(workflow):
        command = step.get("run", "")
        assert "${{" not in command, step
        assert not re.search(r"--password[= ](?!stdin)", command), step


def _lint(*paths: Path) -> str:
    """What actionlint says of workflows, and shellcheck of the commands in them."""
    shellcheck = f"-shellcheck={_PROGRAMS / 'shellcheck'}"
    ended = attempt(
        str(_PROGRAMS / "actionlint"), shellcheck, *map(str, paths), environment=dict(os.environ)
    )
    assert (ended.returncode == 0) == (ended.stdout == ""), ended.stderr
    return ended.stdout


def _make_targets(workflow: Mapping[Any, Any]) -> Iterator[str]:
    for job in workflow["jobs"].values():
        for combination in job.get("strategy", {}).get("matrix", {}).get("include", []):
            yield combination["target"]
    for step in _steps(workflow):
        yield from re.findall(r"^make ([a-z][a-z0-9-]*)", step.get("run", ""), re.MULTILINE)


def _steps(workflow: Mapping[Any, Any]) -> Iterator[Mapping[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job["steps"]
