"""The command that writes and compares a chart's reference."""

from pathlib import Path

import pytest
from charts.values_reference.__main__ import main
from charts.values_reference.table import BEGIN, END


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    (tmp_path / "values.yaml").write_text("# A count.\nreplicas: 2\n")
    (tmp_path / "README.md").write_text(f"{BEGIN}\n{END}\n")
    return tmp_path


def run(chart: Path, *options: str) -> int:
    return main([*options, "--chart", str(chart)])


def test_after_writing_nothing_differs(chart: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(chart) == 0
    assert run(chart, "--check") == 0
    assert capsys.readouterr().out == ""


def test_check_says_what_differs_and_writes_nothing(
    chart: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(chart)
    before = {path: path.read_bytes() for path in chart.iterdir()}
    values = chart / "values.yaml"
    values.write_text("# A count.\nreplicas: 3\n")
    assert run(chart, "--check") == 1
    shown = capsys.readouterr().out
    assert "-| `replicas` | A count. | `2` |" in shown
    assert "+| `replicas` | A count. | `3` |" in shown
    assert {path: path.read_bytes() for path in chart.iterdir() if path != values} == {
        path: content for path, content in before.items() if path != values
    }


def test_check_before_anything_was_written_shows_the_whole_schema(
    chart: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(chart, "--check") == 1
    assert '+  "title": ' in capsys.readouterr().out


def test_a_value_without_prose_ends_the_command_with_its_name(
    chart: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (chart / "values.yaml").write_text("replicas: 3\n")
    assert run(chart) == 1
    assert "replicas = 3" in capsys.readouterr().err
    assert not (chart / "values.schema.json").exists()
