"""Real services as processes, each with a log of its own, none of which outlives the test run."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qcexec_standalone.launch import launch_command
from support.waiting import wait_until, wait_until_blocking


class ServiceProcess:
    """One process of a service. Output goes to a file; log lines are JSON objects."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self.log = log
        self._process = process

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; the negative signal number if a signal ended it."""
        return self._process.poll()

    def send(self, number: signal.Signals) -> None:
        """Send a signal; does nothing to a process that has ended."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it with SIGKILL and wait until it is gone."""
        if self.exit_code is None:
            # A stopped process dies by SIGKILL, too, but says nothing more.
            self._process.kill()
        self._process.wait()

    def terminate(self, deadline: float = 60.0) -> int:
        """Ask it to end with SIGTERM, and give its exit code."""
        self.send(signal.SIGTERM)
        return self.wait(deadline)

    def wait(self, deadline: float = 60.0) -> int:
        """Its exit code, once it has ended by itself. Raises AssertionError after `deadline` s."""
        wait_until_blocking(
            lambda: self.exit_code is not None, deadline, what=f"{self.name} ends\n{self.output()}"
        )
        return self._process.wait()

    async def wait_async(self, deadline: float = 60.0) -> int:
        """As `wait`, beside other work of the event loop."""
        await wait_until(lambda: self.exit_code is not None, deadline, what=f"{self.name} ends")
        return self._process.wait()

    def output(self) -> str:
        """All that it has written so far."""
        return self.log.read_text(errors="replace")

    def events(self, event: str | None = None) -> list[dict[str, Any]]:
        """The log lines so far that are JSON objects: those of one event, or all."""
        lines = []
        for text in self.output().splitlines():
            try:
                line = json.loads(text)
            except ValueError:
                # Not a log line (a traceback of the interpreter, say), or not yet all of one.
                continue
            if isinstance(line, dict) and event in (None, line.get("event")):
                lines.append(line)
        return lines

    async def wait_for_event(self, event: str, deadline: float = 60.0) -> dict[str, Any]:
        """The first log line of that event, once there is one. Fails at once if it ends."""

        def logged() -> dict[str, Any] | None:
            found = self.events(event)
            if not found and self.exit_code is not None:
                raise AssertionError(f"{self.name} ended ({self.exit_code}):\n{self.output()}")
            return found[0] if found else None

        line = await wait_until(logged, deadline, what=f"{self.name} logs {event}")
        assert line is not None
        return line


class Services:
    """Starts services for one test and ends them after it."""

    def __init__(self, folder: Path) -> None:
        self.environment: dict[str, str] = {}
        """What each has beside its own; for those that are started from then on."""
        self._folder = folder
        self._started: list[ServiceProcess] = []

    def start(
        self,
        module: str,
        environment: Mapping[str, str],
        *,
        arguments: tuple[str, ...] = (),
    ) -> ServiceProcess:
        """Run `python -m module` with `environment` beside PATH and HOME and nothing else.

        Its working folder is the test's own, so that no `.env` is read.
        """
        number = len(self._started) + 1
        log = self._folder / f"{number}-{module}.log"
        base = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        # Many run on this machine: one that serves its metrics is told where.
        base["QCEXEC_METRICS_PORT"] = "0"
        with log.open("wb") as output:
            process = subprocess.Popen(
                launch_command([sys.executable, "-m", module, *arguments]),
                cwd=self._folder,
                env={**base, **self.environment, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        service = ServiceProcess(f"{module} ({number})", process, log)
        self._started.append(service)
        return service

    def close(self) -> None:
        """Kill what still runs, and print every log (pytest shows it when the test failed)."""
        for service in self._started:
            service.kill()
        for service in self._started:
            print(f"--- {service.name}, exit code {service.exit_code}")
            print("\n".join(service.output().splitlines()[-200:]))
