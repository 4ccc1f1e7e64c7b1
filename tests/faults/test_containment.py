"""A worker run as an ordinary user, and what a circuit that took its child over can reach.

Root passes every check of the kernel's that containment is built on, so as root the tests start
the worker as another user. Where the interpreter lies in a folder that is closed to others, that
user gets the one capability of reading files until all processes have started.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parents[1]
LONE_WORKER = TESTS / "faults/slot_processes/lone_worker.py"
READER = TESTS / "faults/slot_processes/reader.py"
PYTHON = {"PYTHONPATH": str(TESTS), "PYTHONDONTWRITEBYTECODE": "1"}
SECRET = "postgresql://qcexec_app:hunter2@db/qcexec"
ORDINARY_USER = 65534
ENGINE_VARIABLES = {
    "LC_CTYPE",  # set by Python itself
    "MALLOC_ARENA_MAX",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "PYTHONPATH",
    "RAYON_NUM_THREADS",
}


def as_ordinary_user(*command: str) -> list[str]:
    """Give the command line that runs a command without root's powers."""
    if os.geteuid() != 0:
        return list(command)
    user = ["setpriv", f"--reuid={ORDINARY_USER}", f"--regid={ORDINARY_USER}", "--clear-groups"]
    # setpriv itself may open what the user may not: the interpreter must reach itself again.
    reach = "import os, sys; sys.exit(not os.access(sys.argv[1], os.X_OK))"
    tried = [*user, sys.executable, "-c", reach, sys.executable]
    if subprocess.run(tried, capture_output=True, check=False).returncode != 0:
        user += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    return [*user, *command]


@contextmanager
def lone_worker(*options: str) -> Iterator[dict[str, Any]]:
    """Run a worker with a secret in its environment; give its process ids and its probe."""
    worker = subprocess.Popen(
        as_ordinary_user(sys.executable, str(LONE_WORKER), "--probe", *options),
        env={"QCEXEC_DATABASE_URL": SECRET, **PYTHON},
        stdout=subprocess.PIPE,
        cwd="/",
    )
    with worker:
        assert worker.stdout is not None
        line = worker.stdout.readline()
        assert line, "the worker did not come up"
        try:
            yield json.loads(line)
        finally:
            worker.kill()


@pytest.fixture(scope="module")
def told() -> Iterator[dict[str, Any]]:
    with lone_worker() as told:
        yield told


@pytest.mark.parametrize("process", ["worker", "forkserver"])
@pytest.mark.parametrize("what", ["environ", "memory", "maps", "descriptors", "limits", "trace"])
def test_a_child_reads_nothing_of_the_processes_above_it(
    told: dict[str, Any], process: str, what: str
) -> None:
    assert told["probe"][f"{process}_{what}"].startswith("refused: ")


@pytest.mark.parametrize("what", ["execute", "fork", "socket", "signal_worker", "write_file"])
def test_a_child_reaches_nothing_outside_itself(told: dict[str, Any], what: str) -> None:
    assert told["probe"][what].startswith("refused: ")


def test_a_child_may_start_threads(told: dict[str, Any]) -> None:
    assert told["probe"]["thread"].startswith("done: ")


def test_a_child_holds_its_channel_and_no_other_descriptor(told: dict[str, Any]) -> None:
    assert told["probe"]["descriptors"] == [
        ["0", "/dev/null"],
        ["1", "/dev/null"],
        ["2", "/dev/null"],
        ["3", "socket"],
    ]


def test_a_childs_environment_holds_what_the_engine_needs_alone(told: dict[str, Any]) -> None:
    assert set(told["probe"]["environment"]) <= ENGINE_VARIABLES


def test_a_child_has_given_up_privileges_and_is_filtered(told: dict[str, Any]) -> None:
    assert told["probe"]["status"] == {"NoNewPrivs": "1", "Seccomp": "2"}


def read_by_another(*pids: int) -> list[str]:
    """Have another process of the same user read these; give what it could read."""
    reader = as_ordinary_user(sys.executable, str(READER), *map(str, pids))
    read = subprocess.run(reader, capture_output=True, text=True, check=True, env=PYTHON)
    return read.stdout.split()


def test_another_process_of_the_same_user_reads_none_of_them(told: dict[str, Any]) -> None:
    assert read_by_another(told["worker"], told["forkserver"], *told["children"]) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root sees into a protected process")
def test_the_secret_is_nowhere_in_the_environment_of_forkserver_and_children(
    told: dict[str, Any],
) -> None:
    for pid in (told["forkserver"], *told["children"]):
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        names = {entry.partition(b"=")[0].decode() for entry in environment.split(b"\0") if entry}
        assert names <= ENGINE_VARIABLES


def test_the_reader_does_read_a_process_that_is_not_protected() -> None:
    with lone_worker("--unprotected") as told:
        assert f"/proc/{told['worker']}/environ" in read_by_another(told["worker"])


def test_the_probe_does_read_a_worker_that_is_not_protected() -> None:
    with lone_worker("--unprotected") as told:
        assert SECRET in told["probe"]["worker_environ"]
