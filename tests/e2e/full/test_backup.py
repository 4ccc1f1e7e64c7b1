"""Dumps to a volume, and what is restored from them after the database was lost."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from e2e.cluster import LOOK_SECONDS
from e2e.load import under_load
from e2e.release import Release
from e2e.releases import Releases
from e2e.settings import ROOT
from support.circuits import state_vector_circuit
from support.waiting import wait_until_blocking

VALUES = {
    "backup": {"enabled": True, "keep": 2},
    "workerPoolDefaults": {"taskTimeoutSeconds": 300, "graceSeconds": 5},
}

# Runs for longer than a job takes to begin.
_LONG = state_vector_circuit(qubits=21, layers=40)
_JOB_SECONDS = 180.0
_STOP_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Job:
    """A job that has ended."""

    succeeded: bool
    said: str


class Volume:
    """The volume with the dumps, in the hands of the pod that docs/backup.md describes."""

    def __init__(self, release: Release) -> None:
        self._release = release

    def dumps(self) -> list[str]:
        """The names of its files."""
        return self.run("ls").splitlines()

    def run(self, command: str) -> str:
        """Run a shell's command in its folder."""
        cluster, namespace = self._release.cluster, self._release.namespace
        return cluster.execute(
            *("backups", "backups", "sh", "-c", f"cd /backups && {command}"), namespace=namespace
        )


@pytest.fixture
def volume(release: Release) -> Iterator[Volume]:
    with _volume(release) as volume:
        yield volume


def test_a_dump_under_load_costs_no_request_and_gives_everything_back(
    release: Release, releases: Releases
) -> None:
    with releases.service(release) as service:
        with under_load(release) as load:
            assert _dump(release, "under-load").succeeded
        assert load.failed == []
        release.database.wait_for_results(load.accepted)
        finished = {task_id: service.look_up(task_id) for task_id in load.accepted[:20]}
        running, waiting = service.submit(_LONG, shots=1), service.submit(_LONG, shots=1)
        release.database.wait_for_lease(running)
        assert _dump(release, "before").succeeded
        lost = service.submit()
    with _stopped(release):
        # What a later release may have left, and a table that is gone.
        release.database.query(
            "create table qcexec.later (x integer); drop table qcexec.result cascade"
        )
        restored = _restore(release, "restore")
        assert restored.succeeded, restored.said
    with releases.service(release) as service:
        assert {task_id: service.look_up(task_id) for task_id in finished} == finished
        for task_id in (running, waiting):
            assert service.result(task_id)["status"] == "completed"
        assert service.get(f"/tasks/{lost}").status_code == 404
        assert service.result(service.submit())["status"] == "completed"
    assert release.database.attempts(running) == ["worker_expired|f"]


def test_the_newest_dumps_are_kept_and_what_was_killed_is_not(
    release: Release, volume: Volume
) -> None:
    volume.run("touch qcexec-20200101T000000Z.dump qcexec-20200102T000000Z.dump.partial")
    for number in range(2):
        assert _dump(release, f"dump-{number}").succeeded
    found = volume.dumps()
    assert len(found) == 2
    assert all(re.fullmatch(r"qcexec-20\d{6}T\d{6}Z\.dump", name) for name in found)
    assert not any(name.startswith("qcexec-2020") for name in found)


def test_nothing_is_restored_from_a_broken_dump_or_under_the_feet_of_a_worker(
    release: Release, releases: Releases, volume: Volume
) -> None:
    with releases.service(release) as service:
        task_id = service.submit()
        before = service.result(task_id)
    assert _dump(release, "whole").succeeded
    newest = volume.dumps()[-1]
    volume.run(f"size=$(stat -c %s {newest}); head -c $((size / 2)) {newest} > broken")
    refused = _restore(release, "connected")
    assert not refused.succeeded
    assert "API or workers are connected" in refused.said
    with _stopped(release):
        refused = _restore(release, "broken", RESTORE_FILE="broken")
        assert not refused.succeeded
        assert "the schema is as it was" in refused.said
    with releases.service(release) as service:
        assert service.look_up(task_id) == before


def test_a_new_release_with_an_empty_database_reads_what_an_older_one_dumped(
    release: Release, releases: Releases
) -> None:
    with releases.service(release) as service:
        task_id = service.submit()
        before = service.result(task_id)
    assert _dump(release, "last").succeeded
    release.uninstall()
    release.cluster.kubectl(
        *("delete", "persistentvolumeclaim", "data-qcexec-postgresql-0"),
        namespace=release.namespace,
    )
    release.install(VALUES)
    with releases.service(release) as service:
        assert service.get(f"/tasks/{task_id}").status_code == 404
    with _stopped(release):
        restored = _restore(release, "elsewhere")
        assert restored.succeeded, restored.said
    with releases.service(release) as service:
        assert service.look_up(task_id) == before
        assert service.result(service.submit())["status"] == "completed"


def _dump(release: Release, name: str) -> Job:
    return _run(release, "backup", name, {})


def _restore(release: Release, name: str, **variables: str) -> Job:
    return _run(release, "restore", name, variables)


def _run(release: Release, cron_job: str, name: str, variables: Mapping[str, str]) -> Job:
    """Run a job as one is made by hand, to its end."""
    cluster, namespace = release.cluster, release.namespace
    source = f"--from=cronjob/{release.full_name}-{cron_job}"
    job = json.loads(
        cluster.kubectl(
            *("create", "job", name, source, "--dry-run=client", "--output=json"),
            namespace=namespace,
        )
    )
    (container,) = job["spec"]["template"]["spec"]["containers"]
    container["env"] += [{"name": key, "value": value} for key, value in variables.items()]
    cluster.kubectl("create", "--filename", "-", namespace=namespace, text=json.dumps(job))

    def ended() -> list[str]:
        conditions = cluster.get("job", name, namespace)["status"].get("conditions", [])
        types = {each["type"] for each in conditions if each["status"] == "True"}
        return sorted(types & {"Complete", "Failed"})

    (end,) = wait_until_blocking(ended, _JOB_SECONDS, what=f"{name} ends", pause=LOOK_SECONDS)
    said = cluster.kubectl("logs", f"job/{name}", namespace=namespace)
    return Job(end == "Complete", said)


@contextmanager
def _stopped(release: Release) -> Iterator[None]:
    """API and workers are gone for the length of the block."""
    workloads = ("api", "worker-default")
    for workload in workloads:
        release.scale("deployment", workload, 0)
    selector = "app.kubernetes.io/component in (api,worker)"
    wait_until_blocking(
        lambda: not release.cluster.find("pods", release.namespace, selector),
        _STOP_SECONDS,
        what="API and workers are gone",
        pause=LOOK_SECONDS,
    )
    yield
    for workload in workloads:
        release.scale("deployment", workload, 1)


@contextmanager
def _volume(release: Release) -> Iterator[Volume]:
    text = (ROOT / "docs" / "backup.md").read_text(encoding="utf-8")
    (manifest,) = re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    cluster, namespace = release.cluster, release.namespace
    cluster.kubectl("apply", "--filename", "-", namespace=namespace, text=manifest)
    try:
        cluster.kubectl(
            *("wait", "pod/backups", "--for=condition=Ready", "--timeout=60s"), namespace=namespace
        )
        yield Volume(release)
    finally:
        cluster.kubectl("delete", "pod", "backups", "--grace-period=1", namespace=namespace)
