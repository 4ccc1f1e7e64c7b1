"""The table in the documentation is the code's, and a page without a place for it is refused."""

from pathlib import Path

import pytest

from qcexec_telemetry.errors import MarkersMissing
from qcexec_telemetry.metrics import CounterMetric, HistogramMetric
from qcexec_telemetry.metrics_table import BEGIN, END, Section, main, table, with_table

MODULE = "qcexec_telemetry.metrics"


def test_each_metric_has_a_row_with_its_labels_and_buckets() -> None:
    metrics = (
        CounterMetric("qcexec_a_total", "What | it is", ("one", "two")),
        HistogramMetric("qcexec_b_seconds", "Took", buckets=(0.5, 1.0, 10.0)),
    )
    text = table([Section("A part", metrics)])
    assert "### A part" in text
    assert "| `qcexec_a_total` | counter | `one`, `two` | What \\| it is |" in text
    assert "| `qcexec_b_seconds` | histogram |  | Took. Buckets: 0.5, 1, 10 |" in text


def test_what_stands_round_the_table_stays() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    made = with_table(page, "new\n")
    assert made.startswith("before\n")
    assert made.endswith("\nafter\n")
    assert "old" not in made
    assert with_table(made, "new\n") == made


@pytest.mark.parametrize("page", ["", BEGIN, END, f"{END}\n{BEGIN}", f"{BEGIN}{BEGIN}{END}"])
def test_a_page_without_a_place_for_it_is_refused(page: str) -> None:
    with pytest.raises(MarkersMissing):
        with_table(page, "new")


def test_a_check_tells_a_difference_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"{BEGIN}\n{END}\n")
    assert main(["--check", "--page", str(page), MODULE]) == 1
    assert "+| `qcexec_build_info` |" in capsys.readouterr().out
    assert page.read_text() == f"{BEGIN}\n{END}\n"
    assert main(["--page", str(page), MODULE]) == 0
    assert main(["--check", "--page", str(page), MODULE]) == 0
    assert capsys.readouterr().out == ""


def test_a_page_without_markers_fails_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text("")
    assert main(["--page", str(page), MODULE]) == 1
    assert BEGIN in capsys.readouterr().err
