"""What is said after an installation: how to reach the service, and what must stand before it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from chart.helm import CHART, MAJORS
from chart.rendering import render

_NOTES = """\
kind: Notes
metadata: {name: notes}
text: {{ tpl (.Files.Get "notes.txt") . | toJson }}
"""


@pytest.fixture(scope="module")
def chart_of_notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The chart, with the notes in an object: `helm template` renders no notes."""
    chart = tmp_path_factory.mktemp("notes") / "qcexec"
    shutil.copytree(CHART, chart)
    shutil.move(chart / "templates" / "NOTES.txt", chart / "notes.txt")
    (chart / "templates" / "notes.yaml").write_text(_NOTES)
    return chart


def notes(chart: Path, name: str, changes: dict[str, Any] | None = None, major: int = 4) -> str:
    text: str = render(name, changes, chart=chart, major=major).one("Notes", "notes")["text"]
    return text


@pytest.mark.parametrize("major", MAJORS)
@pytest.mark.parametrize("name", ["default", "ingress", "gateway", "everything_off"])
def test_that_nobody_asks_who_is_there_is_always_said(
    chart_of_notes: Path, name: str, major: int
) -> None:
    text = " ".join(notes(chart_of_notes, name, major=major).split())
    assert "There is no authentication" in text
    assert "put something in front" in text


def test_an_unpublished_service_is_reached_by_a_forwarded_port(chart_of_notes: Path) -> None:
    text = notes(chart_of_notes, "default", {"api": {"service": {"port": 8080}}})
    assert "port-forward service/qcexec-api 8000:8080" in text


def test_the_circuit_to_try_is_one_json_document(chart_of_notes: Path) -> None:
    (line,) = [each for each in notes(chart_of_notes, "default").splitlines() if " -d '" in each]
    assert json.loads(line.split(" -d '")[1].rstrip("'"))["qc"].startswith("OPENQASM 3")


def test_a_published_service_is_named_by_its_hosts(chart_of_notes: Path) -> None:
    text = notes(chart_of_notes, "ingress")
    assert "https://qcexec.example" in text
    assert "https://circuits.example" in text
    assert "port-forward" not in text
    assert "qcexec.example" in notes(chart_of_notes, "gateway")


def test_a_gitops_tool_is_warned_where_the_chart_makes_the_passwords(chart_of_notes: Path) -> None:
    assert "postgresql.auth.existingSecret" in notes(chart_of_notes, "default")
    assert "existingSecret" not in notes(chart_of_notes, "existing_secret")


def test_what_outlives_the_release_is_named_as_it_is_called(chart_of_notes: Path) -> None:
    text = notes(chart_of_notes, "default")
    assert "data-qcexec-postgresql-0" in text
    assert "qcexec-postgresql-auth" in text


def test_missing_backups_are_said(chart_of_notes: Path) -> None:
    assert "no backups" in notes(chart_of_notes, "default")
    assert "no backups" not in notes(chart_of_notes, "everything_on")


def test_a_database_that_may_be_anywhere_is_said(chart_of_notes: Path) -> None:
    anywhere: dict[str, Any] = {"externalDatabase": {"egress": []}}
    assert "externalDatabase.egress" in notes(chart_of_notes, "external_database", anywhere)
    assert "externalDatabase.egress" not in notes(chart_of_notes, "external_database")
