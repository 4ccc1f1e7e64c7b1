"""Whole workers as processes, and circuits that keep them busy.

A circuit that is to run for as long as a test likes is frozen: its child is stopped by SIGSTOP
as soon as it is seen at work, so that it holds its task and takes no processor from others.
"""

import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psutil

from qcexec_worker.health_file import read_health
from support.services import ServiceProcess, Services
from support.waiting import wait_until

BELL = (
    'OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; bit[2] c; '
    "h q[0]; cx q[0], q[1]; c = measure q;"
)
BROKEN = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nh q[0]\n'

_AT_WORK_SECONDS = 0.25


def dense(rounds: int) -> str:
    """A circuit with a short text and a long run: on 20 qubits, which each round entangles."""
    chain = " ".join(f"cx q[{qubit}], q[{qubit + 1}];" for qubit in range(19))
    return (
        'OPENQASM 3.0; include "stdgates.inc"; qubit[20] q; bit[20] c; '
        f"for int i in [1:{rounds}] {{ h q; t q; {chain} }} c = measure q;"
    )


MEDIUM = dense(120)
"""Runs for seconds: long enough to be caught at work, short enough to be waited for."""

LONG = dense(5000)
"""Runs for minutes: nobody waits for its end."""


class Worker:
    """One worker's process, its forkserver and its children."""

    def __init__(self, process: ServiceProcess, health_file: Path) -> None:
        self.process = process
        self.health_file = health_file

    async def started(self) -> "Worker":
        """Waits until it is registered in the database and claims."""
        await self.process.wait_for_event("worker_started")

        def claims() -> bool:
            try:
                return read_health(self.health_file).ready
            except FileNotFoundError:
                return False

        await wait_until(claims, 60, what=f"{self.process.name} claims")
        return self

    @property
    def worker_id(self) -> UUID:
        """Under which the database knows it; once it has started."""
        return UUID(self.process.events("worker_started")[0]["worker_id"])

    @property
    def alive(self) -> bool:
        """Whether the process runs, be it stopped."""
        return self.process.exit_code is None

    def events(self, event: str) -> list[dict[str, Any]]:
        """Its log lines of one event."""
        return self.process.events(event)

    def forkserver(self) -> psutil.Process:
        """The process that forks the children."""
        (forkserver,) = psutil.Process(self.process.pid).children()
        return forkserver

    def children(self) -> list[psutil.Process]:
        """The processes that run circuits, busy or not."""
        try:
            return psutil.Process(self.process.pid).children()[0].children()
        except (psutil.NoSuchProcess, IndexError):
            # Between two forkservers, or between two looks at one.
            return []

    async def child_at_work(self) -> psutil.Process:
        """A child that is seen to run a circuit: it takes processor time."""
        before = {child.pid: _processor_seconds(child) for child in self.children()}

        def find() -> psutil.Process | None:
            for child in self.children():
                used = _processor_seconds(child) - before.setdefault(child.pid, 0.0)
                if used > _AT_WORK_SECONDS:
                    return child
            return None

        found = await wait_until(find, 60, what=f"a child of {self.process.name} is at work")
        assert found is not None
        return found

    async def handed_on(self, tasks: int) -> None:
        """Waits until it has claimed so many tasks at once and is done with handing them out."""

        def waits_again() -> bool:
            claimed = [line["claimed"] for line in self.events("exchanged")]
            status = psutil.Process(self.process.pid).status()
            return tasks in claimed and status == psutil.STATUS_SLEEPING

        await wait_until(waits_again, 60, what=f"{self.process.name} has handed on {tasks} tasks")

    async def freeze_child_at_work(self) -> psutil.Process:
        """Stops a child within its circuit; `resume()` on it lets the circuit go on."""
        child = await self.child_at_work()
        child.suspend()
        return child

    def kill(self) -> None:
        """SIGKILL, which ends forkserver and children, too."""
        self.process.kill()

    async def stop(self, *, times: int = 1) -> int:
        """SIGTERM, and again once it has said that it drains; gives the exit code."""
        self.process.send(signal.SIGTERM)
        if times > 1:
            await self.process.wait_for_event("draining")
            self.process.send(signal.SIGTERM)
        return await self.process.wait_async()


def start_worker(
    services: Services, dsn: str, variables: Mapping[str, str] | None = None, *, slots: int = 1
) -> Worker:
    """A worker on the database `dsn`; `variables` without their prefix, in lower case."""
    given = {
        "database_url": dsn,
        "slots": str(slots),
        "log_level": "DEBUG",
        "retry_backoff_seconds": "0.1",
        "health_file": f"{uuid4()}.health",
        **(variables or {}),
    }
    environment = {f"QCEXEC_{name.upper()}": value for name, value in given.items()}
    process = services.start("qcexec_worker", environment)
    return Worker(process, process.log.parent / given["health_file"])


def _processor_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
