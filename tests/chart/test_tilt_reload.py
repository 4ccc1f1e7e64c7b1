"""A service under `tilt up`: changed source is run by the same process, in the same container."""

import signal
import sys
from pathlib import Path

import pytest

from chart.helm import ROOT
from qcexec_standalone.ports import free_port
from support.databases import Database
from support.programs import run
from support.services import ServiceProcess, Services
from support.waiting import wait_until_blocking

_RELOAD = {
    "PYTHONPATH": str(ROOT / "k8s" / "tilt"),
    # As in the images: what was compiled from source of the same second and size is taken for it.
    "PYTHONDONTWRITEBYTECODE": "1",
}

_SERVICE = """
import os, signal, sys

def stop(*_):
    print("drained", flush=True)
    sys.exit(0)

signal.signal(signal.SIGTERM, stop)
print("version {version} runs as", os.getpid(), flush=True)
while True:
    signal.pause()
"""


class _Source:
    """A service's source, which a test changes."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "service_under_change.py"

    def write(self, text: str) -> None:
        self._file.write_text(text, encoding="utf-8")

    def write_version(self, version: int) -> None:
        self.write(_SERVICE.format(version=version))


@pytest.fixture
def source(tmp_path: Path) -> _Source:
    return _Source(tmp_path)


@pytest.fixture
def service(services: Services, source: _Source, tmp_path: Path) -> ServiceProcess:
    source.write_version(1)
    path = f"{_RELOAD['PYTHONPATH']}:{tmp_path}"
    environment = {**_RELOAD, "MODULE": "service_under_change", "PYTHONPATH": path}
    started = services.start("reload", environment)
    _wait_for(started, f"version 1 runs as {started.pid}")
    return started


def test_changed_source_is_run_by_the_same_process_after_a_drain(
    service: ServiceProcess, source: _Source
) -> None:
    for version in (2, 3):
        source.write_version(version)
        service.send(signal.SIGHUP)
        _wait_for(service, f"version {version} runs as {service.pid}")
    assert service.output().count("drained") == 2


def test_source_that_does_not_run_is_shown_and_the_next_change_awaited(
    service: ServiceProcess, source: _Source
) -> None:
    source.write("def broken(")
    service.send(signal.SIGHUP)
    _wait_for(service, "waiting for a change")
    assert "SyntaxError" in service.output()
    source.write_version(2)
    service.send(signal.SIGHUP)
    _wait_for(service, f"version 2 runs as {service.pid}")


@pytest.mark.parametrize("end", ["raise SystemExit(3)", "raise SystemExit('no')", "1 / 0"])
def test_a_service_that_fails_by_itself_waits_for_a_change(
    service: ServiceProcess, source: _Source, end: str
) -> None:
    source.write(end)
    service.send(signal.SIGHUP)
    _wait_for(service, "waiting for a change")
    service.send(signal.SIGTERM)
    assert service.wait() == 0


def test_a_service_that_is_stopped_drains_and_ends(service: ServiceProcess) -> None:
    service.send(signal.SIGTERM)
    assert service.wait() == 0
    assert service.output().count("drained") == 1


def test_api_and_worker_run_anew_and_a_circuit_gives_its_counts(
    services: Services, database: Database
) -> None:
    port = free_port()
    settings = {**_RELOAD, "QCEXEC_DATABASE_URL": database.app_dsn, "QCEXEC_PORT": str(port)}
    api = services.start("reload", {**settings, "MODULE": "qcexec_api"})
    worker = services.start("reload", {**settings, "MODULE": "qcexec_worker", "QCEXEC_SLOTS": "1"})
    for starts in (1, 2):
        for process, event in ((api, "maintenance_held"), (worker, "worker_started")):
            _wait_for_start(process, event, starts)
        url = f"http://127.0.0.1:{port}"
        script = str(ROOT / "k8s" / "submit_circuit.py")
        said = run(sys.executable, script, url, str(ROOT / "examples" / "bell.qasm"), "100")
        assert '"status": "completed"' in said
        api.send(signal.SIGHUP)
        worker.send(signal.SIGHUP)


def _wait_for_start(process: ServiceProcess, event: str, number: int) -> None:
    """Waits until the service has started for the `number`th time, as an event tells."""

    def started() -> bool:
        assert process.exit_code is None, process.output()
        return len([line for line in process.events(event) if line.get("held", True)]) == number

    wait_until_blocking(started, 60, what=f"{event}, {number} times")


def _wait_for(process: ServiceProcess, text: str) -> None:
    def written() -> bool:
        assert process.exit_code is None, process.output()
        return text in process.output()

    wait_until_blocking(written, what=text)
