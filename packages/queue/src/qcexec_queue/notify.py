"""Waking the workers of a queue: payload-less NOTIFY, coalesced.

A NOTIFY serialises commits across the whole server, so each process sends at
most one per queue and 20 ms. The first goes out with the very commit that
brought the task, so that an idle worker wakes without a further round trip;
what is committed within the next 20 ms is announced by a trailing one. Lost
notifications cost latency, never a task: workers also poll.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import asyncpg

from qcexec_queue.connections import TRANSIENT_ERRORS, Connection, Pool, describe
from qcexec_queue.events import ConnectionReplaced, Observer

INTERVAL_SECONDS = 0.020
WORKER_CHANNEL = "qcexec_worker"
"""Asks every worker for a heartbeat now, since something about it was changed."""


def ready_channel(queue_id: int) -> str:
    """The channel on which the workers of a queue listen."""
    return f"qcexec_ready_{queue_id}"


class NotifySchedule:
    """Decides when to notify: at most once per queue and interval."""

    def __init__(self) -> None:
        self._last: dict[int, float] = {}

    def due_at(self, queue_id: int) -> float:
        """From when on the queue may be notified (monotonic seconds)."""
        return self._last.get(queue_id, float("-inf")) + INTERVAL_SECONDS

    def due(self, queue_ids: Iterable[int], now: float) -> list[int]:
        """Those of the queues that may be notified now, and are taken to be."""
        chosen = [queue_id for queue_id in queue_ids if self.due_at(queue_id) <= now]
        for queue_id in chosen:
            self.sent(queue_id, now)
        return chosen

    def sent(self, queue_id: int, now: float) -> None:
        """The queue was notified."""
        self._last[queue_id] = now


class Notifier:
    """Notifies for a process that enqueues, and sends what can't ride on a commit."""

    def __init__(self, pool: Pool, observer: Observer) -> None:
        self._pool = pool
        self._observer = observer
        self._schedule = NotifySchedule()
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._sending: set[asyncio.Task[None]] = set()

    def riding(self, queue_ids: Iterable[int]) -> list[int]:
        """Those of the queues whose NOTIFY is to be part of the commit that follows.

        None while a trailing one is outstanding: that one may be late, and two would go out.
        """
        free = [queue_id for queue_id in queue_ids if queue_id not in self._timers]
        return self._schedule.due(free, asyncio.get_running_loop().time())

    def committed(self, queue_ids: Iterable[int]) -> None:
        """Tasks of these queues are committed, and no NOTIFY was part of that commit."""
        loop = asyncio.get_running_loop()
        for queue_id in queue_ids:
            if queue_id not in self._timers:
                due = max(loop.time(), self._schedule.due_at(queue_id))
                self._timers[queue_id] = loop.call_at(due, self._send, queue_id)

    async def close(self) -> None:
        """Sends what is outstanding."""
        for queue_id, timer in list(self._timers.items()):
            timer.cancel()
            self._send(queue_id)
        if self._sending:
            await asyncio.wait(self._sending)

    def _send(self, queue_id: int) -> None:
        self._timers.pop(queue_id, None)
        self._schedule.sent(queue_id, asyncio.get_running_loop().time())
        task = asyncio.create_task(self._notify(queue_id))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _notify(self, queue_id: int) -> None:
        try:
            await self._pool.execute("select pg_notify($1, '')", ready_channel(queue_id))
        except (*TRANSIENT_ERRORS, asyncpg.PostgresError) as error:
            # Workers find the tasks when they reconnect, or poll.
            self._observer(ConnectionReplaced("notify", describe(error)))


async def listen(
    connection: Connection,
    queue_id: int,
    *,
    on_ready: Callable[[], None],
    on_worker: Callable[[], None],
) -> None:
    """Calls back when tasks became ready, and when a worker's row was changed by others."""
    await connection.add_listener(ready_channel(queue_id), lambda *_: on_ready())
    await connection.add_listener(WORKER_CHANNEL, lambda *_: on_worker())
