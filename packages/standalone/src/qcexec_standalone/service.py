"""One service as a child process, with its output in a file, bound to the life of this process."""

import asyncio
import contextlib
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from qcexec_standalone.errors import StandaloneError
from qcexec_standalone.launch import launch_command

_LOG_BYTES = 10 * 1024**2


class Service:
    """A program that is started, watched and ended; it may be started again after its end."""

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> None:
        self.name = name
        self.log = log
        self._command = command
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None
        self._log_start = 0

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative, the number of the signal that ended it."""
        return self._started().returncode

    async def start(self) -> None:
        """Start it. Call from the main thread: it ends with the thread that starts it."""
        self._keep_log_short()
        with self.log.open("ab") as output:
            self._log_start = output.tell()
            self._process = await asyncio.create_subprocess_exec(
                *launch_command(self._command),
                # The log's folder: no .env there, which a service would read by itself.
                cwd=self.log.parent,
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Out of the terminal's process group: Ctrl-C is for the one who started it.
                start_new_session=True,
            )

    async def ended(self) -> int:
        """The exit code, once it has ended."""
        return await self._started().wait()

    async def stop(self, seconds: float) -> None:
        """Ask it to end, and kill it after `seconds`. Does nothing to one that does not run."""
        if self._process is None:
            return
        self.send(signal.SIGTERM)
        try:
            async with asyncio.timeout(seconds):
                await self._process.wait()
        except TimeoutError:
            self.send(signal.SIGKILL)
            await self._process.wait()

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    def log_tail(self, lines: int = 20) -> str:
        """The last lines that it wrote since its last start."""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            text = log.read().decode(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def _started(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise StandaloneError(f"{self.name} was not started")
        return self._process

    def _keep_log_short(self) -> None:
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))


def describe_exit(code: int) -> str:
    """An exit code in words."""
    if code < 0:
        return f"ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"
