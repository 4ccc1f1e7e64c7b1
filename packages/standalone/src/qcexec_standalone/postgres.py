"""Runs a real PostgreSQL server in a folder of its own, for the standalone mode and for tests.

PostgreSQL refuses to run as root; there the server alone runs as another user, who owns the
folder. The server is bound to the life of the thread that started it (see `launch`), so it is
started from the main thread; when that ends, it is asked to end at once, keeps what was committed,
and recovers at the next start.

Everything here blocks for moments only and needs no event loop.
"""

import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlencode

from qcexec_standalone.binaries import Binaries, find_binaries
from qcexec_standalone.data_folder import (
    SERVER_ENVIRONMENT,
    DataFolder,
    HostAuthentication,
)
from qcexec_standalone.errors import ServerDidNotStart, StandaloneError
from qcexec_standalone.ports import LOOPBACK, free_port
from qcexec_standalone.server_user import find_server_user

SUPERUSER = "postgres"

_POLL_SECONDS = 0.02


class PostgresServer:
    """A server of its own in `folder`, on a free loopback port and a unix socket.

    `settings` are server settings (`-c name=value`); `binaries` are found where not given. With
    `durable=False` the data folder is made without fsync, for folders that are thrown away.
    `host_auth="trust"` lets anybody on this
    machine in as anybody, which suits tests; with "scram-sha-256" only roles with a password
    get in over the port, and the superuser, who has none, over the socket alone, whose folder
    others cannot enter. The port is chosen at the first start and kept over restarts.
    """

    def __init__(
        self,
        folder: Path,
        *,
        settings: Mapping[str, str] | None = None,
        binaries: Binaries | None = None,
        durable: bool = True,
        host_auth: HostAuthentication = "trust",
        start_seconds: float = 60.0,
    ) -> None:
        self.port: int | None = None
        self._folder = DataFolder(folder, find_server_user())
        self._settings = dict(settings or {})
        self._binaries = binaries
        self._durable = durable
        self._host_auth: HostAuthentication = host_auth
        self._start_seconds = start_seconds
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process id of the postmaster. Raises StandaloneError when it was not started."""
        if self._process is None:
            raise StandaloneError("the PostgreSQL server is not running")
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it was started and has neither been stopped nor ended by itself."""
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> Path:
        """The file that the server logs to."""
        return self._folder.log

    def admin_dsn(self, database: str = "postgres") -> str:
        """The superuser's URL of `database`, over the unix socket."""
        place = urlencode({"host": str(self._folder.socket), "port": str(self.port)}, safe="/")
        return f"postgresql://{SUPERUSER}@/{quote(database)}?{place}"

    def dsn(self, user: str, database: str, password: str | None = None) -> str:
        """The URL of `database` for `user` over the loopback port."""
        secret = f":{quote(password, safe='')}" if password else ""
        return f"postgresql://{quote(user)}{secret}@{LOOPBACK}:{self.port}/{quote(database)}"

    def start(self) -> None:
        """Make the data folder where there is none, start, and return when it takes connections.

        Raises DataFolderInUse, DataFolderMismatch, FolderUnreachable, PostgresNotFound,
        ServerDidNotStart.
        """
        if threading.current_thread() is not threading.main_thread():
            raise StandaloneError("start the server from the main thread: it ends with its thread")
        if self._process is not None:
            raise StandaloneError("the PostgreSQL server is running already")
        self._folder.claim()
        try:
            self._folder.prepare()
            binaries = self._binaries or find_binaries(data_major=self._folder.major())
            binaries = self._folder.reachable(binaries)
            self._folder.initialize(
                binaries, superuser=SUPERUSER, durable=self._durable, host_auth=self._host_auth
            )
            self._folder.clear_stale_pid_file(self._start_seconds)
            self._start_postmaster(binaries)
        except BaseException:
            self._folder.release()
            raise

    def stop(self, *, immediate: bool = False, seconds: float = 30.0) -> None:
        """End the server: open transactions are rolled back, and sessions told so.

        With `immediate` without a last checkpoint, as after a loss of power, so that the
        next start recovers. Kills it after `seconds`. Does nothing when it does not run.
        """
        process, self._process = self._process, None
        if process is None:
            return
        for number in [signal.SIGQUIT] if immediate else [signal.SIGINT, signal.SIGQUIT]:
            process.send_signal(number)
            try:
                process.wait(seconds)
                break
            except subprocess.TimeoutExpired:
                continue
        else:
            process.kill()
            process.wait()
        self._folder.release()

    def restart(self, *, immediate: bool = False) -> None:
        """Stop and start again, on the same port."""
        self.stop(immediate=immediate)
        self.start()

    def log_tail(self, lines: int = 20) -> str:
        """The last lines that the server logged."""
        return self._folder.log_tail(lines)

    def _start_postmaster(self, binaries: Binaries) -> None:
        if self.port is None:
            self.port = free_port()
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": str(self._folder.socket),
            "unix_socket_permissions": "0700",
            **self._settings,
        }
        command = [str(binaries.postgres), "-D", str(self._folder.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with self._folder.log.open("ab") as log:
            process = subprocess.Popen(
                self._folder.launched(command, signal.SIGQUIT),
                cwd="/",
                env=SERVER_ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Out of the terminal's process group: Ctrl-C is for the one who started it.
                start_new_session=True,
            )
        try:
            self._wait_until_ready(process)
        except BaseException:
            process.kill()
            process.wait()
            raise
        self._process = process

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + self._start_seconds
        while not self._folder.says_ready(process.pid):
            if process.poll() is not None:
                raise ServerDidNotStart(f"PostgreSQL ended at its start:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise ServerDidNotStart(
                    f"PostgreSQL was not ready within {self._start_seconds:g} s:\n{self.log_tail()}"
                )
            time.sleep(_POLL_SECONDS)
