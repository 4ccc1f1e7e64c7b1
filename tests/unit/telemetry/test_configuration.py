"""A process that is set up says everything in JSON lines, on stdout and in its file."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from qcexec_telemetry import LogFileUnusable, configure_logging

PREAMBLE = """
import asyncio, logging, sys, threading, warnings
from pathlib import Path
from qcexec_telemetry import configure_logging, log_event
file = Path(sys.argv[1]) if len(sys.argv) > 1 else None
configure_logging("tested", level="info", file=file)
logger = logging.getLogger("a.logger")
"""


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PREAMBLE + program, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def read(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_an_uncaught_exception_is_a_line_and_still_ends_the_process() -> None:
    done = run("raise ValueError('nobody caught this')")
    (line,) = read(done.stdout)
    assert line["event"] == "uncaught_exception"
    assert "nobody caught this" in str(line["exc_info"])
    assert done.returncode == 1
    assert done.stderr == ""


def test_an_exception_of_a_thread_is_a_line_with_its_name() -> None:
    done = run(
        "t = threading.Thread(target=lambda: 1 / 0, name='helper'); t.start(); t.join()",
    )
    (line,) = read(done.stdout)
    assert (line["event"], line["thread"]) == ("uncaught_exception", "helper")
    assert done.stderr == ""


def test_an_exception_of_a_finalizer_is_a_line() -> None:
    done = run(
        """
class Fragile:
    def __del__(self):
        raise RuntimeError("while it goes")
fragile = Fragile()
del fragile
""",
    )
    (line,) = read(done.stdout)
    assert line["event"] == "unraisable_exception"
    assert "while it goes" in str(line["exc_info"])
    assert done.stderr == ""


def test_a_task_whose_exception_nobody_reads_is_a_line() -> None:
    done = run(
        """
async def fail():
    raise ValueError("unread")
async def main():
    task = asyncio.ensure_future(fail())
    await asyncio.wait([task])
    del task
asyncio.run(main())
""",
    )
    (line,) = read(done.stdout)
    assert line["logger"] == "asyncio"
    assert "unread" in str(line["exc_info"])
    assert done.stderr == ""


def test_a_warning_is_a_line() -> None:
    done = run("warnings.warn('old thing', UserWarning)")
    (line,) = read(done.stdout)
    assert line["logger"] == "py.warnings"
    assert "old thing" in str(line["message"])


def test_the_file_holds_the_same_lines_as_stdout(tmp_path: Path) -> None:
    file = tmp_path / "missing" / "folder" / "app.log"
    done = run("log_event(logger, 'first', n=1); log_event(logger, 'second')", str(file))
    assert file.read_text() == done.stdout
    assert [line["event"] for line in read(done.stdout)] == ["first", "second"]


def test_the_file_is_rotated_and_only_some_old_ones_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "app.log"
    run("for n in range(85): log_event(logger, 'large', text='x' * 1_000_000)", str(file))
    kept = sorted(tmp_path.iterdir())
    assert [path.name for path in kept] == ["app.log", *(f"app.log.{n}" for n in range(1, 6))]
    assert all(path.stat().st_size <= 10 * 1024 * 1024 for path in kept)


def test_setting_up_twice_does_not_double_the_lines() -> None:
    done = run(
        "configure_logging('again', level='INFO', file=None); log_event(logger, 'once')",
    )
    (line,) = read(done.stdout)
    assert line["service"] == "again"


def test_a_file_that_cannot_be_written_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(LogFileUnusable, match=r"cannot write the log file .*: ") as caught:
        configure_logging("tested", level="INFO", file=tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown log level 'LOUD'"):
        configure_logging("tested", level="LOUD", file=None)
