"""The folder of one PostgreSQL server: `data`, `socket`, `postgresql.log` and `lock`.

Who runs on a folder is told by a file lock, which ends with its process, not by the server's own
`postmaster.pid`: that survives a SIGKILL and may name a process of quite another kind by the time
it is read.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Literal

from qcexec_standalone.binaries import Binaries
from qcexec_standalone.errors import DataFolderInUse, FolderUnreachable, ServerDidNotStart
from qcexec_standalone.launch import launch_command
from qcexec_standalone.server_user import ServerUser, first_barrier

SERVER_ENVIRONMENT: Mapping[str, str] = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
"""What the server sees: nothing of the caller's PG* variables, locale or secrets."""

HostAuthentication = Literal["trust", "scram-sha-256"]

_POLL_SECONDS = 0.02
_LONGEST_SOCKET_FOLDER = 85


class DataFolder:
    """Prepares `folder` for a server that runs as `user` (None: as this process does)."""

    def __init__(self, folder: Path, user: ServerUser | None) -> None:
        self.folder = folder.absolute()
        self.data = self.folder / "data"
        self.log = self.folder / "postgresql.log"
        self.socket = self.folder / "socket"
        self._user = user
        self._lock: IO[bytes] | None = None

    def claim(self) -> None:
        """Make the folder where there is none, and take its lock.

        Raises DataFolderInUse if another process has it.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (self.folder / "lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise DataFolderInUse(f"another process uses the data folder {self.folder}") from None
        self._lock = lock

    def prepare(self) -> None:
        """Make what the server finds in the folder beside its data, and give it all of that.

        Raises FolderUnreachable if the server's user cannot enter a folder above.
        """
        # A socket's path may be about 100 bytes long, whatever the folder's may be.
        if len(os.fsencode(self.socket)) > _LONGEST_SOCKET_FOLDER:
            self.socket = Path(tempfile.mkdtemp(prefix="qcexec-"))
        self.socket.mkdir(mode=0o700, exist_ok=True)
        self.log.touch(mode=0o600)
        for path in (self.folder, self.socket, self.log):
            self._give(path)
        self._require_reachable(self.folder)

    def release(self) -> None:
        """Give the lock back."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        if self.socket.parent != self.folder:
            shutil.rmtree(self.socket, ignore_errors=True)

    def major(self) -> int | None:
        """The major version that made the data, or None where there is none yet."""
        try:
            return int((self.data / "PG_VERSION").read_text())
        except FileNotFoundError:
            return None

    def reachable(self, binaries: Binaries) -> Binaries:
        """These binaries, copied into the folder where the server's user cannot reach them.

        That is so for a package that root installed below its home. Raises FolderUnreachable if
        they cannot be copied.
        """
        if self._user is None or first_barrier(binaries.folder, self._user) is None:
            return binaries
        if not binaries.parts:
            self._require_reachable(binaries.folder)
        copy = self.folder / f"postgresql-{binaries.major}"
        if not copy.exists():
            unfinished = Path(tempfile.mkdtemp(prefix="postgresql-", dir=self.folder))
            unfinished.chmod(0o755)
            for part in binaries.parts:
                shutil.copytree(part, unfinished / part.name, symlinks=True)
            unfinished.rename(copy)
        return Binaries(
            copy / binaries.folder.relative_to(binaries.parts[0].parent), binaries.major
        )

    def initialize(
        self, binaries: Binaries, *, superuser: str, durable: bool, host_auth: HostAuthentication
    ) -> None:
        """Make the data where there is none. Raises ServerDidNotStart with what initdb said."""
        if self.data.exists():
            return
        # Renamed when complete: a run that was killed in the middle leaves no half-made data.
        unfinished = Path(tempfile.mkdtemp(prefix="data-", dir=self.folder))
        self._give(unfinished)
        command = [
            str(binaries.initdb),
            f"--pgdata={unfinished}",
            f"--username={superuser}",
            "--auth-local=trust",
            f"--auth-host={host_auth}",
            "--locale=C",
            "--encoding=UTF8",
            *([] if durable else ["--no-sync"]),
        ]
        made = subprocess.run(
            self.launched(command, signal.SIGKILL),
            cwd="/",
            env=SERVER_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if made.returncode != 0:
            raise ServerDidNotStart(f"initdb failed: {(made.stderr or made.stdout).strip()}")
        unfinished.rename(self.data)

    def clear_stale_pid_file(self, seconds: float) -> None:
        """Remove what a killed server left, once no server runs on the data any more.

        A server whose starter was killed may still be ending: it is waited for up to `seconds`,
        then DataFolderInUse is raised.
        """
        pid_file = self.data / "postmaster.pid"
        deadline = time.monotonic() + seconds
        while (pid := _recorded_pid(pid_file)) is not None and _serves(pid, self.data):
            if time.monotonic() > deadline:
                raise DataFolderInUse(f"a PostgreSQL server (process {pid}) uses {self.data}")
            time.sleep(_POLL_SECONDS)
        pid_file.unlink(missing_ok=True)

    def says_ready(self, pid: int) -> bool:
        """Whether the server with this process id wrote that it takes connections.

        It writes so in the eighth line of its pid file, where pg_ctl reads it, too.
        """
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def log_tail(self, lines: int = 20) -> str:
        """The last lines that the server logged."""
        try:
            text = self.log.read_text(errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def launched(self, command: list[str], death_signal: signal.Signals) -> list[str]:
        """`command`, run as the server's user and bound to the life of this thread."""
        if self._user is None:
            return launch_command(command, death_signal=death_signal)
        return launch_command(
            command, death_signal=death_signal, user=self._user.uid, group=self._user.gid
        )

    def _give(self, path: Path) -> None:
        if self._user is not None:
            os.chown(path, self._user.uid, self._user.gid)

    def _require_reachable(self, path: Path) -> None:
        barrier = first_barrier(path, self._user) if self._user else None
        if barrier is not None and self._user is not None:
            raise FolderUnreachable(
                f"as root, PostgreSQL runs as the user {self._user.name}, who cannot enter "
                f"{barrier}, on the way to {path}"
            )


def _recorded_pid(pid_file: Path) -> int | None:
    try:
        return int(pid_file.read_text().splitlines()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None


def _serves(pid: int, data: Path) -> bool:
    """Whether the process is a server at work in `data`: a server's working folder is its data."""
    if sys.platform != "linux":
        return False
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == data.resolve()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False
