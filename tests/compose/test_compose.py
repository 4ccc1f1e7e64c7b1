"""`docker compose up --build` after `cp .env.example .env`, for real."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from compose.stack import ROOT, Stack
from qcexec_api.settings import ApiSettings
from qcexec_configuration import PREFIX, ServiceSettings
from qcexec_worker.settings import WorkerSettings
from support.circuits import SECONDS
from support.programs import attempt, run
from support.waiting import wait_until_blocking

BELL = (ROOT / "examples/bell.qasm").read_text(encoding="utf-8")
BROKEN = (ROOT / "examples/syntax_error.qasm").read_text(encoding="utf-8")

INVARIANT = ROOT / "packages/queue/src/qcexec_queue/sql/invariant.sql"

# Until its input ends it names the processes whose environment it can read and holds the password.
ONLOOKER = """
import os, select, sys
print("looking", flush=True)
seen = {str(os.getpid())}
while not select.select([sys.stdin], [], [], 0)[0]:
    for pid in set(filter(str.isdecimal, os.listdir("/proc"))) - seen:
        try:
            environment = open(f"/proc/{pid}/environ").read()
            command = open(f"/proc/{pid}/cmdline").read()
        except OSError:
            continue
        if "QCEXEC_DATABASE_URL" in environment:
            seen.add(pid)
            print(command.replace(chr(0), " ").strip(), flush=True)
"""

# What compose.yaml decides, or what means something in Kubernetes alone.
DECIDED = {
    *("database_url", "host", "port", "log_file", "health_file"),
    *("pod_uid", "pod_name", "node_name", "metrics_host", "metrics_port"),
}


def test_a_circuit_gives_its_counts(stack: Stack) -> None:
    document = stack.result(stack.submit(BELL, shots=1000))
    assert document["status"] == "completed"
    assert set(document["result"]) == {"00", "11"}
    assert sum(document["result"].values()) == 1000


def test_a_broken_circuit_gives_its_line_and_column(stack: Stack) -> None:
    document = stack.result(stack.submit(BROKEN))
    assert document["status"] == "error"
    assert re.match(r"line \d+, column \d+: ", document["message"])


def test_the_http_contract_holds(stack: Stack) -> None:
    environment = {**os.environ, "INTEGRATION": "1", "API_BASE_URL": stack.base_url}
    pytest_command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    said = run(
        *pytest_command,
        "tests/test_integration.py",
        environment=environment,
        folder=ROOT,
        deadline=600,
    )
    assert " passed" in said
    assert "skipped" not in said


def test_results_outlive_a_stop_and_circuits_run_after_it(stack: Stack) -> None:
    path = stack.submit(BELL)
    before = stack.result(path)
    stack.compose("stop", deadline=180)
    for service in ("api", "worker", "db"):
        state = stack.inspect(service)["State"]
        assert (state["Status"], state["ExitCode"]) == ("exited", 0), service
    stack.compose("start", deadline=180)
    stack.wait_ready()
    assert stack.look_up(path) == before
    assert stack.result(stack.submit(BELL))["status"] == "completed"


def test_a_task_completes_though_its_worker_is_killed_in_the_middle(stack: Stack) -> None:
    path = stack.submit(SECONDS, shots=1)
    task_id = path.rpartition("/")[2]
    wait_until_blocking(
        lambda: stack.query("select 1 from qcexec.lease where task_id = :'task'", task=task_id),
        60,
        what="the task is claimed",
    )
    _kill_first_process(stack, "worker")
    assert stack.result(path)["status"] == "completed"
    interrupted = stack.query("select 1 from qcexec.attempt where task_id = :'task'", task=task_id)
    assert len(interrupted) == 1
    assert stack.query(INVARIANT.read_text(encoding="utf-8")) == []
    assert stack.query(
        "select count(*) from qcexec.result where task_id = :'task'", task=task_id
    ) == ["1"]


@pytest.mark.parametrize("service", ["api", "worker", "db"])
def test_a_container_has_no_rights_that_it_does_not_need(stack: Stack, service: str) -> None:
    assert int(stack.execute(service, "id", "-u")) > 0
    status = stack.execute(service, "cat", "/proc/self/status")
    assert re.search(r"^CapBnd:\t0+$", status, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\t1$", status, re.MULTILINE)
    written = attempt("docker", "exec", stack.inspect(service)["Id"], "touch", "/written")
    assert "Read-only file system" in written.stderr


@pytest.mark.parametrize("service", ["api", "worker"])
def test_the_first_process_is_the_service_and_writes_its_log_file(
    stack: Stack, service: str
) -> None:
    command = stack.execute(service, "cat", "/proc/1/cmdline").split("\0")
    assert command[1:3] == ["-m", f"qcexec_{service}"]
    assert f'"service": "{service}"' in stack.execute(service, "cat", "/var/log/app/app.log")


@pytest.mark.parametrize("service", ["api", "worker", "db"])
def test_a_container_becomes_healthy(stack: Stack, service: str) -> None:
    wait_until_blocking(
        lambda: stack.inspect(service)["State"]["Health"]["Status"] == "healthy",
        120,
        what=f"{service} is healthy",
    )


def test_the_api_image_holds_no_simulator(stack: Stack) -> None:
    absent = ("qiskit", "qiskit_aer", "numpy", "openqasm3", "qcexec_engine", "qcexec_worker", "pip")
    find = "import importlib.util as u, sys\nprint(*[n for n in sys.argv[1:] if u.find_spec(n)])"
    assert stack.execute("api", "python", "-c", find, *absent) == ""
    assert stack.execute("api", "python", "-c", find, "qcexec_api") == "qcexec_api"


def test_no_password_is_in_a_command_or_a_log(stack: Stack) -> None:
    passwords = {
        value
        for name, value in stack.config()["services"]["db"]["environment"].items()
        if name.endswith("PASSWORD")
    }
    assert passwords
    for service in ("db", "migrate", "api", "worker"):
        told = stack.inspect(service)
        config = told["Config"]
        commands = (told["Path"], told["Args"], config["Cmd"], config["Entrypoint"])
        assert not any(password in repr(commands) for password in passwords), service
        assert not any(password in repr(config.get("Healthcheck")) for password in passwords)
    assert not any(password in stack.logs(100_000) for password in passwords)


def test_services_are_told_no_password_but_their_own(stack: Stack) -> None:
    for service in ("api", "worker"):
        environment = stack.execute(service, "env")
        assert "qcexec_owner" not in environment
        assert "POSTGRES_" not in environment
    roles = "select rolname, rolsuper or rolcreaterole or rolcreatedb or rolreplication"
    assert stack.query(f"{roles} from pg_roles where rolname ~ '^qcexec_' order by 1") == [
        "qcexec_app|f",
        "qcexec_owner|f",
    ]


def test_the_worker_has_no_way_to_the_world(stack: Stack) -> None:
    for network in stack.inspect("worker")["NetworkSettings"]["Networks"]:
        internal = run("docker", "network", "inspect", "--format", "{{.Internal}}", network)
        assert internal == "true", network


def test_a_health_check_shows_no_password_to_circuits(stack: Stack, tmp_path: Path) -> None:
    container = stack.inspect("worker")["Id"]
    probe = stack.image("worker")["Config"]["Healthcheck"]["Test"][1:]
    sightings = tmp_path / "sightings"
    sealed = ("sealed-env", "-i", "/opt/venv/bin/python", "-I", "-c", ONLOOKER)
    with _running_in(container, *sealed, output=sightings):
        _wait_for_lines(sightings, 1)
        for _ in range(10):
            run("docker", "exec", container, *probe)
        # One that is not sealed is seen, so that seeing no other means something.
        with _running_in(container, "cat", output=tmp_path / "nothing"):
            assert _wait_for_lines(sightings, 2) == ["looking", "cat"]


@pytest.mark.parametrize(("service", "kind"), [("api", ApiSettings), ("worker", WorkerSettings)])
def test_every_setting_of_a_service_reaches_its_container(
    stack: Stack, service: str, kind: type[ServiceSettings]
) -> None:
    names = {f"{PREFIX}{name.upper()}" for name in set(kind.model_fields) - DECIDED}
    told = stack.config(**dict.fromkeys(names, "told"))["services"][service]["environment"]
    assert {name for name, value in told.items() if value == "told"} == names


def test_every_variable_of_the_compose_file_is_explained(stack: Stack) -> None:
    del stack
    used = set(re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text(encoding="utf-8")))
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert used - set(re.findall(r"^(\w+)=", example, re.MULTILINE)) == set()


def test_the_size_of_each_image_is_told(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    for service in ("api", "worker", "db"):
        image = stack.image(service)
        with capsys.disabled():
            print(f"\n{image['RepoTags'][0]}: {image['Size'] / 1e6:.0f} MB", end="")
        assert image["Size"] < 1_500_000_000


def _kill_first_process(stack: Stack, service: str) -> None:
    """SIGKILL, as from the kernel when memory is short: docker thinks that nobody asked for it.

    `docker kill` would count as a wish to stop, after which nothing is started again.
    """
    process = stack.inspect(service)["State"]["Pid"]
    image = stack.image("db")["Id"]
    run(
        *("docker", "run", "--rm", "--pid", "host", "--network", "none"),
        *("--entrypoint", "bash", image, "-c", f"kill -KILL {process}"),
    )


@contextmanager
def _running_in(container: str, *command: str, output: Path) -> Iterator[None]:
    """Run `command` beside the container's own for the length of the block."""
    with (
        output.open("wb") as written,
        subprocess.Popen(
            ("docker", "exec", "--interactive", container, *command),
            stdin=subprocess.PIPE,
            stdout=written,
        ) as process,
    ):
        yield
        # Both programs end with their input, which also ends a `docker exec` that is waiting.
        process.communicate(timeout=60)


def _wait_for_lines(file: Path, number: int) -> list[str]:
    def lines() -> list[str] | None:
        found = file.read_text(encoding="utf-8").splitlines()
        return found if len(found) >= number else None

    found = wait_until_blocking(lines, 60, what=f"{number} lines")
    assert found is not None
    return found
