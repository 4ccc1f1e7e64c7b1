"""``qcexec-admin top``: looks each second, and draws what it saw.

While PostgreSQL is away the last look stays, under a line that says so, and the next
is tried each second.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from qcexec_admin.frame import Size, frame
from qcexec_admin.look import Look, read_look
from qcexec_admin.rates import History
from qcexec_admin.reader import answers, open_reader, reading
from qcexec_admin.table import plain
from qcexec_admin.terminal import Terminal
from qcexec_admin.wording import duration
from qcexec_queue.connections import Connection
from qcexec_queue.errors import DatabaseUnavailable
from qcexec_queue.schema import check_schema

APPLICATION = "qcexec-admin top"
INTERVAL_SECONDS = 1.0
_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def top_once(dsn: str, *, columns: int, lease_seconds: float) -> str:
    """One frame, as long as it takes, as text. Raises DatabaseUnavailable, SchemaMismatch."""
    async with reading(dsn, APPLICATION) as connection:
        look = await _look(connection)
    lines = frame(History((look,)), Size(columns), lease_seconds=lease_seconds)
    return "".join(f"{plain(line)}\n" for line in lines)


async def top(dsn: str, terminal: Terminal, *, lease_seconds: float, colours: bool) -> None:
    """Draws until q, the end of the input, or a signal.

    Raises SchemaMismatch where the schema does not serve this release.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    view = _View()

    def draw() -> None:
        found = terminal.size()
        lines = frame(
            view.history,
            Size(found.columns, found.lines),
            lease_seconds=lease_seconds,
            trouble=view.trouble(time.monotonic()),
        )
        terminal.draw(lines, colours=colours)

    def keys() -> None:
        pressed = terminal.pressed()
        if not pressed or "q" in pressed.lower():
            stop.set()

    with terminal.taken():
        for number in _ENDINGS:
            loop.add_signal_handler(number, stop.set)
        loop.add_signal_handler(signal.SIGWINCH, draw)
        if terminal.keys is not None:
            loop.add_reader(terminal.keys, keys)
        try:
            draw()
            await _until(stop, _watch(dsn, view, draw))
        finally:
            if terminal.keys is not None:
                loop.remove_reader(terminal.keys)
            for number in (*_ENDINGS, signal.SIGWINCH):
                loop.remove_signal_handler(number)


@dataclass(slots=True)
class _View:
    """What is known, and since when nothing new is."""

    history: History = field(default_factory=History)
    failure: str | None = None
    silent_since: float = 0.0

    def saw(self, look: Look) -> None:
        self.history = self.history.then(look)
        self.failure = None

    def failed(self, failure: str, now: float) -> None:
        if self.failure is None:
            self.silent_since = now
        self.failure = failure

    def trouble(self, now: float) -> str | None:
        if self.failure is None:
            return None
        return f"no answer for {duration(now - self.silent_since)}: {self.failure}"


async def _watch(dsn: str, view: _View, draw: Callable[[], None]) -> None:
    connection: Connection | None = None
    try:
        while True:
            begun = time.monotonic()
            try:
                if connection is None:
                    connection = await open_reader(dsn, APPLICATION)
                view.saw(await _look(connection))
            except DatabaseUnavailable as error:
                if connection is not None:
                    connection.terminate()
                connection = None
                view.failed(str(error), time.monotonic())
            draw()
            await asyncio.sleep(max(0.0, begun + INTERVAL_SECONDS - time.monotonic()))
    finally:
        if connection is not None:
            connection.terminate()


async def _look(connection: Connection) -> Look:
    async with answers(connection):
        await check_schema(connection)
        return await read_look(connection)


async def _until(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Runs ``work`` until it fails or is told to stop."""
    working, stopped = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
        # A call that is answered in the moment of its cancellation may go on as if nothing was.
        while not working.done():
            working.cancel()
            await asyncio.wait({working}, timeout=INTERVAL_SECONDS)
    if not working.cancelled():
        working.result()
