"""The dashboards are what Grafana imports, and what the chart ships."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from dashboards.__main__ import DASHBOARDS, main
from dashboards.grafana import document, model
from dashboards.panels import Dashboard, Kind, Panel

_SHIPPED = Path(__file__).parents[2] / "charts/qcexec/files/monitoring/dashboards"
each_dashboard = pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda each: each.uid)


def test_uids_are_those_that_links_use() -> None:
    assert [each.uid for each in DASHBOARDS] == [
        "qcexec-overview",
        "qcexec-workers",
        "qcexec-autoscaling",
        "qcexec-queue",
    ]


@pytest.mark.parametrize(
    "panel", [panel for each in DASHBOARDS for panel in each.panels], ids=lambda panel: panel.title
)
def test_each_panel_says_what_it_shows(panel: Panel) -> None:
    assert panel.description.endswith(".")
    assert panel.description.rstrip(".") != panel.title
    assert panel.unit.value
    assert panel.queries
    assert all(query.legend for query in panel.queries) or panel.kind is Kind.FIGURE


@each_dashboard
def test_titles_are_told_once(dashboard: Dashboard) -> None:
    titles = [panel.title for panel in dashboard.panels]
    assert len(set(titles)) == len(titles)


@each_dashboard
def test_one_can_choose_data_source_namespace_and_release(dashboard: Dashboard) -> None:
    variables = {each["name"]: each for each in model(dashboard)["templating"]["list"]}
    assert list(variables) == ["datasource", "namespace", "release"]
    assert 'namespace="$namespace"' in variables["release"]["definition"]


@each_dashboard
def test_every_query_goes_to_the_data_source_that_is_chosen(dashboard: Dashboard) -> None:
    for panel in _drawn(dashboard):
        for place in (panel, *panel["targets"]):
            assert place["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


@each_dashboard
def test_panels_lie_within_the_grid_and_not_on_one_another(dashboard: Dashboard) -> None:
    places = [panel["gridPos"] for panel in model(dashboard)["panels"]]
    assert all(each["x"] >= 0 and each["x"] + each["w"] <= 24 for each in places)
    for one, other in itertools.combinations(places, 2):
        apart = (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        )
        assert apart, (one, other)


@each_dashboard
def test_ids_and_references_are_told_once(dashboard: Dashboard) -> None:
    ids = [panel["id"] for panel in model(dashboard)["panels"]]
    assert len(set(ids)) == len(ids)
    for panel in _drawn(dashboard):
        references = [target["refId"] for target in panel["targets"]]
        assert len(set(references)) == len(references)


@each_dashboard
def test_thresholds_rise(dashboard: Dashboard) -> None:
    for panel in _drawn(dashboard):
        steps = panel["fieldConfig"]["defaults"].get("thresholds", {"steps": []})["steps"]
        values = [step["value"] for step in steps]
        assert values[:1] in ([], [None])
        assert values[1:] == sorted(values[1:])


@each_dashboard
def test_the_chart_ships_what_the_code_says(dashboard: Dashboard) -> None:
    assert (_SHIPPED / f"{dashboard.uid}.json").read_text(encoding="utf-8") == document(dashboard)


def test_check_says_what_differs_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--folder", str(tmp_path)]) == 0
    assert main(["--folder", str(tmp_path), "--check"]) == 0
    changed = tmp_path / "qcexec-queue.json"
    changed.write_text(changed.read_text(encoding="utf-8").replace("Claim", "Blame"))
    before = changed.read_text(encoding="utf-8")
    (tmp_path / "qcexec-old.json").write_text("{}")
    capsys.readouterr()
    assert main(["--folder", str(tmp_path), "--check"]) == 1
    assert changed.read_text(encoding="utf-8") == before
    said = capsys.readouterr().out
    assert "qcexec-old.json is no dashboard's" in said
    assert main(["--folder", str(tmp_path)]) == 0
    assert sorted(each.stem for each in tmp_path.iterdir()) == sorted(
        each.uid for each in DASHBOARDS
    )


@each_dashboard
def test_the_text_is_json(dashboard: Dashboard) -> None:
    assert json.loads(document(dashboard)) == model(dashboard)


def _drawn(dashboard: Dashboard) -> list[dict[str, Any]]:
    return [panel for panel in model(dashboard)["panels"] if panel["type"] != "row"]
