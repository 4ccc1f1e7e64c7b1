"""The whole service: many clients at once, no worker at all, and what others can read of it."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import psutil
import pytest

from qcexec_queue.states import Outcome
from support.databases import Database
from support.load import api_on
from support.queue_seen import seen_queue
from support.services import ServiceProcess, Services
from support.waiting import wait_until
from support.workers import BELL, BROKEN, start_worker

CLIENTS = 50
TESTS = Path(__file__).resolve().parents[1]
READER = TESTS / "faults/slot_processes/reader.py"
ORDINARY_USER = 65534


async def test_without_a_worker_intake_goes_on_and_fifty_clients_get_a_result_each(
    services: Services, database: Database
) -> None:
    async with (
        seen_queue(database.app_dsn) as queue,
        api_on(services, database.app_dsn, lease_seconds=30) as (_, client),
    ):
        answers = await asyncio.gather(
            *(client.post("/tasks", json={"qc": BELL, "shots": 64}) for _ in range(CLIENTS))
        )
        assert {answer.status_code for answer in answers} == {202}
        task_ids = [answer.json()["task_id"] for answer in answers]
        assert len(set(task_ids)) == CLIENTS
        wrong = await client.post("/tasks", json={"qc": BROKEN})
        assert wrong.status_code == 202
        looks = await asyncio.gather(*(client.get(f"/tasks/{id_}") for id_ in task_ids))
        assert {look.json()["status"] for look in looks} == {"pending"}

        async def counted() -> bool:
            waiting = await queue.pool.fetchval("select depth from qcexec.queue_stats")
            return bool(waiting == CLIENTS + 1)

        await wait_until(counted, what="the API maintains the queue's figures")

        start_worker(services, database.app_dsn, slots=2)
        queue.accepted += [UUID(id_) for id_ in [*task_ids, wrong.json()["task_id"]]]
        await queue.wait_for_results()
        looks = await asyncio.gather(*(client.get(f"/tasks/{id_}") for id_ in task_ids))
        for look in looks:
            assert look.json()["status"] == "completed"
            assert sum(look.json()["result"].values()) == 64
        failed = (await client.get(wrong.headers["location"])).json()
        assert failed["status"] == "error"
        assert "line" in failed["message"]
        results = await queue.check()
        outcomes = [result.outcome for result in results.values()]
        assert sorted(outcomes) == [Outcome.COMPLETED] * CLIENTS + [Outcome.FAILED]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run a worker as another user")
async def test_what_a_worker_of_an_ordinary_user_knows_no_process_of_that_user_can_read(
    database: Database, tmp_path: Path
) -> None:
    worker = start_as_ordinary_user(tmp_path / "worker.log", database.app_dsn)
    try:
        await worker.wait_for_event("worker_started")
        async with seen_queue(database.app_dsn) as queue:
            await queue.wait_for_results(await queue.submit(BELL))
            await queue.check()
        process = psutil.Process(worker.pid)
        others = process.children(recursive=True)
        assert len(others) == 2
        assert {each.uids().real for each in [process, *others]} == {ORDINARY_USER}
        assert "hunter2" in environment_of(worker.pid)
        for other in others:
            assert "hunter2" not in environment_of(other.pid)
            assert "QCEXEC" not in environment_of(other.pid)
        pids = [str(each.pid) for each in [process, *others]]
        reader = await asyncio.create_subprocess_exec(
            *as_ordinary_user(sys.executable, str(READER), *pids),
            env={"PYTHONPATH": str(TESTS), "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.PIPE,
        )
        read, _ = await reader.communicate()
        assert (reader.returncode, read) == (0, b"")
    finally:
        worker.kill()


def start_as_ordinary_user(log: Path, dsn: str) -> ServiceProcess:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONDONTWRITEBYTECODE": "1",
        "QCEXEC_DATABASE_URL": f"{dsn}?application_name=hunter2",
        "QCEXEC_SLOTS": "1",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            as_ordinary_user(sys.executable, "-m", "qcexec_worker"),
            cwd="/",
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return ServiceProcess("a worker of an ordinary user", process, log)


def environment_of(pid: int) -> str:
    return Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")


def as_ordinary_user(*command: str) -> list[str]:
    """The command line that runs a command without root's powers.

    Where the interpreter lies in a folder that is closed to others, the user gets the one
    capability of reading files; it does not open what a process protects.
    """
    user = ["setpriv", f"--reuid={ORDINARY_USER}", f"--regid={ORDINARY_USER}", "--clear-groups"]
    reach = "import os, sys; sys.exit(not os.access(sys.argv[1], os.X_OK))"
    tried = [*user, sys.executable, "-c", reach, sys.executable]
    if subprocess.run(tried, capture_output=True, check=False).returncode != 0:
        user += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    return [*user, *command]
