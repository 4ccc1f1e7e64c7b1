"""`qcexec-admin top` on a real database: one frame in a pipe, and live on a real terminal."""

import asyncio
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from qcexec_admin.look import read_look
from qcexec_admin.reader import answers, reading
from qcexec_admin.terminal import Terminal
from qcexec_queue.exchange import Appetite
from qcexec_queue.settlement import RetryPolicy
from qcexec_queue.statistics import write_statistics
from qcexec_queue.workers import PoolRow, WorkerIdentity, register, register_pool
from qcexec_standalone.postgres import PostgresServer
from support.databases import Database, Databases
from support.queue import exchange_of, queue_number, service, submit, tasks
from support.waiting import wait_until

ODD_POD = "pod-\x1b[31m日本"


def environment(dsn: str, **variables: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "QCEXEC_DATABASE_URL": dsn, **variables}


async def fill(database: Database, pod: str = "worker-a") -> None:
    """Six tasks, of which a worker with two slots holds three, and figures of their queue."""
    await submit(database.app_dsn, *tasks(6))
    async with service(database.app_dsn) as connection:
        queue_id = await queue_number(connection)
        worker = WorkerIdentity(uuid4(), queue_id, "r", 2, 2**30, pod=pod, node="node-1")
        await register(connection, worker, RetryPolicy())
        await register_pool(connection, PoolRow(queue_id, 2**30, 0))
        exchange = await exchange_of(connection, worker.worker_id)
        await exchange.run(connection, [], Appetite(3, 3, 0.0))
        await write_statistics(connection)


async def once(database: Database, folder: Path, *arguments: str, **variables: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "qcexec_admin", "top", *arguments),
        cwd=folder,
        env=environment(database.app_dsn, **variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    output, errors = await asyncio.wait_for(process.communicate(), 60)
    assert (process.returncode, errors) == (0, b"")
    return output.decode()


@pytest.mark.parametrize("arguments", [(), ("--once",)])
async def test_in_a_pipe_one_frame_is_printed_as_text(
    database: Database, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    await fill(database)
    text = await once(database, tmp_path, *arguments)
    assert "\x1b" not in text
    assert "3 ready, 0 scheduled, 3 running" in text
    assert "1 worker, 2 of 2 slots busy" in text
    assert re.search(r"^default +3 +0 +3 .* 2/2 .* yes$", text, re.MULTILINE)
    assert re.search(r"^worker-a +node-1 +default +2/2 +3 ", text, re.MULTILINE)
    assert len(re.findall(r" running .* worker-a$", text, re.MULTILINE)) == 3
    assert len(re.findall(r"^0[0-9a-f-]{35} +ready ", text, re.MULTILINE)) == 3


@pytest.mark.parametrize("columns", [60, 80, 137, 200])
async def test_a_frame_fits_the_columns_that_are_told(
    database: Database, tmp_path: Path, columns: int
) -> None:
    await fill(database, ODD_POD)
    text = await once(database, tmp_path, "--once", COLUMNS=str(columns))
    assert max(map(len, text.splitlines())) <= columns
    assert "pod-?[31m日本" in text


async def test_a_locale_that_can_not_show_a_name_is_no_reason_to_fail(
    database: Database, tmp_path: Path
) -> None:
    await fill(database, ODD_POD)
    variables = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    assert "pod-?[31m??" in await once(database, tmp_path, "--once", **variables)


async def test_a_reader_that_has_enough_is_no_error(database: Database, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "qcexec_admin", "top", "--once"),
        cwd=tmp_path,
        env=environment(database.app_dsn),
        stdout=writer,
        stderr=subprocess.PIPE,
    )
    os.close(writer)
    _, errors = await asyncio.wait_for(process.communicate(), 60)
    assert (process.returncode, errors) == (141, b"")


async def test_arrivals_are_those_of_the_last_seconds(database: Database) -> None:
    await submit(database.app_dsn, *tasks(7))
    async with reading(database.app_dsn, "test") as connection, answers(connection):
        assert (await read_look(connection)).arrivals == 7
        # Statements that look at the clock again see the same tasks grow old.
        await wait_until(lambda: _arrivals(connection, 0), what="no task is young any more")


async def _arrivals(connection: Any, expected: int) -> bool:
    return (await read_look(connection)).arrivals == expected


class LiveTop:
    """The command on a terminal of its own, which is its controlling one."""

    def __init__(self, process: "subprocess.Popen[bytes]", keyboard: int, terminal: int) -> None:
        self.process = process
        self._keyboard = keyboard
        self._terminal = terminal
        self._screen = bytearray()
        self.attributes = termios.tcgetattr(terminal)

    def read(self) -> None:
        """Takes what was drawn since."""
        try:
            self._screen += os.read(self._keyboard, 65536)
        except BlockingIOError:
            return

    @property
    def text(self) -> str:
        """All that was drawn so far, control sequences included."""
        self.read()
        return self._screen.decode(errors="replace")

    @property
    def frame(self) -> str:
        """The last frame, as far as it has been drawn."""
        return self.text.rpartition("\x1b[H")[2]

    def press(self, keys: bytes) -> None:
        os.write(self._keyboard, keys)

    def resize(self, columns: int, lines: int) -> None:
        resize(self._terminal, columns, lines)

    async def shows(self, text: str, what: str | None = None) -> None:
        """Waits until a frame holds `text`."""
        await wait_until(lambda: text in self.frame, 60, what=what or f"top shows {text!r}")

    async def ends(self) -> int:
        """Its exit code, once its terminal is as it was found."""

        def ended() -> bool:
            self.read()
            return self.process.poll() is not None

        await wait_until(ended, 60, what="top ends")
        assert self.text.endswith("\x1b[?25h\x1b[?1049l")
        assert termios.tcgetattr(self._terminal) == self.attributes
        return self.process.wait()


def resize(terminal: int, columns: int, lines: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


TAKE_TERMINAL = """
import os, sys
# The first terminal that the leader of a session opens becomes its controlling one.
os.close(os.open(os.ttyname(0), os.O_RDWR))
os.execv(sys.executable, [sys.executable, "-m", "qcexec_admin", "top"])
"""


@asynccontextmanager
async def live(dsn: str, folder: Path, **variables: str) -> AsyncIterator[LiveTop]:
    keyboard, terminal = pty.openpty()
    os.set_blocking(keyboard, False)
    resize(terminal, 100, 40)
    # asyncio's own would watch the process on a thread; here nothing waits for it but `ends`.
    process = subprocess.Popen(  # noqa: ASYNC220 - see above
        [sys.executable, "-c", TAKE_TERMINAL],
        cwd=folder,
        env=environment(dsn, TERM="xterm", **variables),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    try:
        yield LiveTop(process, keyboard, terminal)
    finally:
        process.kill()
        process.wait()
        os.close(keyboard)
        os.close(terminal)


@pytest.mark.parametrize("keys", [b"q", b"Q", b"\x03"])
async def test_it_draws_until_q_or_ctrl_c_and_leaves_the_terminal_as_it_was(
    database: Database, tmp_path: Path, keys: bytes
) -> None:
    await fill(database)
    async with live(database.app_dsn, tmp_path) as top:
        await top.shows("worker-a")
        assert top.text.startswith("\x1b[?1049h\x1b[?25l")
        top.press(b"x\x1a")
        top.press(keys)
        assert await top.ends() == 0


def test_keys_that_ctrl_c_took_away_before_they_were_read_are_not_waited_for() -> None:
    keyboard, terminal = pty.openpty()
    taken = Terminal(keys=terminal, screen=terminal)
    read: list[str] = []
    with taken.taken():
        waiting = threading.Thread(target=lambda: read.append(taken.pressed()), daemon=True)
        waiting.start()
        waiting.join(30)
        assert read == [""]
        os.write(keyboard, b"qx")
        assert taken.pressed() == "qx"
    os.close(keyboard)
    os.close(terminal)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_ends_it_with_the_terminal_as_it_was(
    database: Database, tmp_path: Path, number: signal.Signals
) -> None:
    async with live(database.app_dsn, tmp_path) as top:
        await top.shows("oldest tasks")
        top.process.send_signal(number)
        assert await top.ends() == 0


async def test_what_changes_is_drawn_and_a_resize_too(database: Database, tmp_path: Path) -> None:
    async with live(database.app_dsn, tmp_path, NO_COLOR="1") as top:
        await top.shows("no figures of any queue")
        await fill(database)
        await top.shows("3 ready, 0 scheduled, 3 running")
        await top.shows("heartbeat")
        top.resize(30, 6)
        await wait_until(lambda: 0 < top.frame.count("\n") < 6, 60, what="six lines")
        assert "heartbeat" not in top.frame
        top.resize(160, 40)
        await top.shows("heartbeat")
        top.press(b"q")
        assert await top.ends() == 0
        # No colour was asked for: nothing but places on the screen.
        assert "\x1b[1m" not in top.text


@pytest.fixture
def own_database(own_postgres: PostgresServer) -> Database:
    return Databases(own_postgres).create()


async def test_while_postgresql_is_away_the_last_look_stays_and_says_so(
    own_postgres: PostgresServer, own_database: Database, tmp_path: Path
) -> None:
    await fill(own_database)
    async with live(own_database.app_dsn, tmp_path) as top:
        await top.shows("worker-a")
        own_postgres.stop()
        await top.shows("no answer for")
        await top.shows("worker-a", "the last look is still there")
        own_postgres.start()

        def answers_again() -> bool:
            return "oldest tasks" in top.frame and "no answer for" not in top.frame

        await wait_until(answers_again, 60, what="a frame without trouble")
        top.press(b"q")
        assert await top.ends() == 0


async def test_it_waits_for_a_database_that_is_away_at_its_start(
    own_postgres: PostgresServer, own_database: Database, tmp_path: Path
) -> None:
    own_postgres.stop()
    async with live(own_database.app_dsn, tmp_path) as top:
        await top.shows("no answer for")
        own_postgres.start()
        await top.shows("oldest tasks")
        top.press(b"q")
        assert await top.ends() == 0


async def test_a_schema_that_does_not_fit_is_told_after_the_terminal_is_back(
    empty_database: Database, tmp_path: Path
) -> None:
    async with live(empty_database.app_dsn, tmp_path) as top:

        def ended() -> bool:
            top.read()
            return top.process.poll() is not None

        await wait_until(ended, 60, what="top ends")
        assert top.process.wait() == 1
        left = top.text.rpartition("\x1b[?1049l")[2]
        assert "has migrate run?" in left
