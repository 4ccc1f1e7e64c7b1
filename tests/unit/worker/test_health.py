"""The probe of a worker that listens on no port."""

import json
import time
from pathlib import Path

import pytest

from qcexec_worker.health import main
from qcexec_worker.health_file import read_health, write_health


def probe(file: Path, *arguments: str) -> int:
    return main(list(arguments), {"QCEXEC_HEALTH_FILE": str(file)})


def write_aged(file: Path, seconds: float, *, ready: bool = True) -> None:
    file.write_text(json.dumps({"at": time.monotonic() - seconds, "ready": ready}))


@pytest.mark.parametrize("ready", [True, False])
def test_what_is_written_is_read(tmp_path: Path, ready: bool) -> None:
    write_health(tmp_path / "health", ready=ready)
    assert read_health(tmp_path / "health").ready is ready
    assert 0 <= read_health(tmp_path / "health").age_seconds < 60
    assert [path.name for path in tmp_path.iterdir()] == ["health"]


def test_a_worker_that_drains_is_alive_and_not_ready(tmp_path: Path) -> None:
    write_health(tmp_path / "health", ready=False)
    assert probe(tmp_path / "health") == 0
    assert probe(tmp_path / "health", "--ready") == 1
    write_health(tmp_path / "health", ready=True)
    assert probe(tmp_path / "health", "--ready") == 0


def test_a_worker_that_has_not_written_for_long_is_taken_for_stuck(tmp_path: Path) -> None:
    write_aged(tmp_path / "health", 3600)
    assert probe(tmp_path / "health") == 1
    assert probe(tmp_path / "health", "--ready") == 1
    assert probe(tmp_path / "health", "--oldest", "7200") == 0


@pytest.mark.parametrize("text", [None, "", "{", "[]", "{}", '"a"', '{"at": "x", "ready": true}'])
def test_without_a_proper_file_it_is_not_well(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "health").write_text(text)
    assert probe(tmp_path / "health") == 1


def test_without_the_variable_it_says_what_to_set(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([], {})
    assert "QCEXEC_HEALTH_FILE" in capsys.readouterr().err
