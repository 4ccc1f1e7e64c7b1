"""The standalone mode, as a user has it: one command, a service, nothing left behind."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx2
import psutil
import pytest

from qcexec_standalone.ports import LOOPBACK, free_port
from support.memory import memory
from support.waiting import wait_until_blocking

_EXAMPLES = Path(__file__).parents[2] / "examples"

_BELL = """OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q;
h q[0];
cx q[0], q[1];
bit[2] c = measure q;
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="qcexec-", dir=memory()) as name:
        # As root, PostgreSQL runs as somebody else, who has to pass through here.
        Path(name).chmod(0o711)
        yield Path(name)
        assert (
            wait_until_blocking(lambda: not _processes_of(Path(name)), what="all is ended") or True
        )


class _Standalone:
    """`python -m qcexec_standalone` with what it writes, and an environment of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.output_file = folder / "output.txt"
        with self.output_file.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "qcexec_standalone", *arguments],
                cwd=folder,
                env={"PATH": os.environ["PATH"], "TMPDIR": str(folder)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def output(self) -> str:
        return self.output_file.read_text()

    def wait_for(self, text: str) -> None:
        def written() -> bool:
            assert self.process.poll() is None, self.output()
            return text in self.output()

        wait_until_blocking(written, 120, what=f"{text!r} is written")

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(120)

    def child(self, module: str) -> psutil.Process:
        found = [
            child
            for child in psutil.Process(self.process.pid).children()
            if child.cmdline()[-1] == module
        ]
        assert len(found) == 1
        return found[0]


@pytest.fixture
def up(folder: Path) -> Iterator[tuple[_Standalone, httpx2.Client]]:
    """A stack that stands, with a client of its API; one setting comes from a `.env` file."""
    port = free_port()
    (folder / ".env").write_text("QCEXEC_MAX_SHOTS=100\nQCEXEC_DATABASE_URL=postgresql://db/x\n")
    stack = _Standalone(folder, "up", "--port", str(port))
    try:
        stack.wait_for("Ctrl-C ends")
        with httpx2.Client(base_url=f"http://{LOOPBACK}:{port}", trust_env=False) as client:
            yield stack, client
    finally:
        if stack.process.poll() is None:
            stack.end(signal.SIGTERM)


def _processes_of(folder: Path) -> list[psutil.Process]:
    """All that mention the folder in their command or have it for their working folder."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), process.cwd()]
        except (psutil.NoSuchProcess, psutil.ZombieProcess, psutil.AccessDenied):
            continue
        if process.pid != os.getpid() and any(str(folder) in word for word in words):
            found.append(process)
    return found


def _submit(client: httpx2.Client) -> str:
    answer = client.post("/tasks", json={"qc": _BELL, "shots": 100})
    assert answer.status_code == 202, answer.text
    return str(answer.headers["location"])


def _counts(client: httpx2.Client, location: str) -> dict[str, int]:
    def answered() -> dict[str, int] | None:
        body = client.get(location).json()
        assert body["status"] != "error", body
        result: dict[str, int] | None = body.get("result")
        return result

    counts = wait_until_blocking(answered, 120, what="the task completes")
    assert counts is not None
    return counts


def test_the_demonstration_shows_every_circuit_and_leaves_nothing_behind(folder: Path) -> None:
    demo = _Standalone(folder, "demo", str(_EXAMPLES))

    assert demo.process.wait(120) == 0, demo.output()
    output = demo.output()
    assert all(file.stem in output for file in _EXAMPLES.glob("*.qasm"))
    assert "(100)" in output
    assert "line 9, column 7" in output
    assert not _processes_of(folder)
    assert [file.name for file in folder.iterdir()] == ["output.txt"]


def test_a_demonstration_that_is_interrupted_leaves_nothing_behind(folder: Path) -> None:
    demo = _Standalone(folder, "demo", str(_EXAMPLES))
    demo.wait_for("starting API")

    assert demo.end(signal.SIGINT) == 130
    assert not _processes_of(folder)
    assert [file.name for file in folder.iterdir()] == ["output.txt"]


def test_a_worker_that_is_killed_is_started_again_and_tasks_complete(
    up: tuple[_Standalone, httpx2.Client],
) -> None:
    stack, client = up
    stack.child("qcexec_worker").kill()
    stack.wait_for("worker ended by SIGKILL: starting it again")

    assert sum(_counts(client, _submit(client)).values()) == 100


def test_results_are_kept_from_one_run_to_the_next(
    folder: Path, up: tuple[_Standalone, httpx2.Client]
) -> None:
    stack, client = up
    location = _submit(client)
    counts = _counts(client, location)

    assert stack.end(signal.SIGINT) == 0
    assert not _processes_of(folder)
    again = _Standalone(folder, "up", "--port", str(client.base_url.port))
    again.wait_for("Ctrl-C ends")
    assert client.get(location).json()["result"] == counts
    assert again.end(signal.SIGTERM) == 0


def test_nothing_outlives_a_stack_that_is_killed(
    folder: Path, up: tuple[_Standalone, httpx2.Client]
) -> None:
    stack, _ = up
    assert len(_processes_of(folder)) > 3

    stack.process.kill()
    stack.process.wait()

    wait_until_blocking(lambda: not _processes_of(folder), what="all processes end")


def test_a_setting_of_the_env_file_reaches_the_services_and_its_database_does_not(
    up: tuple[_Standalone, httpx2.Client],
) -> None:
    _, client = up

    assert client.post("/tasks", json={"qc": _BELL, "shots": 101}).status_code == 422


def test_a_port_that_is_taken_is_said_in_one_line(
    folder: Path, up: tuple[_Standalone, httpx2.Client]
) -> None:
    _, client = up
    port = client.base_url.port
    other = folder / "other"
    other.mkdir()

    second = _Standalone(other, "up", "--port", str(port))

    assert second.process.wait(60) == 1
    assert f"cannot listen on 127.0.0.1 port {port}" in second.output()
    assert len(second.output().splitlines()) == 1


@pytest.mark.usefixtures("up")
def test_a_second_stack_on_the_same_data_is_refused(folder: Path) -> None:
    other = folder / "other"
    other.mkdir()
    second = _Standalone(other, "up", "--data", str(folder / ".data"), "--port", str(free_port()))

    assert second.process.wait(60) == 1
    assert "another process uses the data folder" in second.output()


def test_a_service_that_does_not_start_is_shown_with_what_it_said(folder: Path) -> None:
    (folder / ".env").write_text("QCEXEC_SLOTS=none\n")
    stack = _Standalone(folder, "up", "--port", str(free_port()))

    assert stack.process.wait(60) == 1
    assert "worker ended with exit code" in stack.output()
    assert "QCEXEC_SLOTS" in stack.output()
