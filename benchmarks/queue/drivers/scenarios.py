"""What a Python driver can be asked to do, written over the few verbs of an adapter.

A driver is a process, `python -m benchmarks.queue.drivers.<system> COMMAND '<parameters as
JSON>'`, with the database's URL in BENCHMARK_DATABASE_URL. The last line that it prints is one
JSON object with its figures. The drivers in other languages answer to the same commands, so that
the harness need not know what stands behind one.

Only the standard library is imported here: each system runs in an environment of its own.
"""

import asyncio
import json
import logging
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

Enqueue = Callable[[bytes], Awaitable[object]]
Handle = Callable[[bytes], None]

MARK_EVERY = 1_000
"""Tasks between two readings of the clock, where a rate is followed through a run."""


class Adapter(Protocol):
    """One queue, as far as a benchmark needs it. Payloads are ASCII text."""

    @property
    def modes(self) -> Collection[str]:
        """The modes that `work` has: "best" and "pickup", perhaps "tens" and "one"."""

    async def install(self) -> None:
        """Make the queue's schema in an empty database, tuned as its manual says."""

    async def producers(self, count: int) -> Sequence[Enqueue]:
        """Give `count` ways to enqueue and commit one task, which may run at the same time."""

    async def enqueue_many(self, payloads: Sequence[bytes]) -> None:
        """Enqueue all payloads by the queue's own batch call."""

    async def work(self, mode: str, handle: Handle, enough: asyncio.Event) -> None:
        """Run one worker in one of its modes until `enough` is set."""

    async def unfinished(self) -> bool:
        """Tell whether any task is waiting or still held by the worker."""

    async def claim(self, size: int) -> object:
        """Claim up to `size` tasks by the call that the queue's own worker makes."""

    async def finish(self, claimed: object) -> None:
        """Complete what `claim` gave."""


class Unsupported(Exception):
    """The queue offers no public way to do this."""


async def run(adapter: Adapter, command: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Carry out one command; its figures are `{"unsupported": true}` where the queue cannot."""
    commands: dict[str, Callable[..., Awaitable[Mapping[str, Any]]]] = {
        "install": _install,
        "enqueue": _enqueue,
        "batches": _batches,
        "drain": _drain,
        "churn": _churn,
        "pickup-worker": _pickup_worker,
        "pickup-producer": _pickup_producer,
        "claims": _claims,
    }
    try:
        return await commands[command](adapter, **parameters)
    except Unsupported:
        return {"unsupported": True}


def main(
    make_adapter: Callable[[str], Adapter],
    run_loop: Callable[[Any], Mapping[str, Any]],
) -> None:
    """Read the command line, run the command on a fresh event loop and print the figures."""
    logging.disable(logging.CRITICAL)
    command, parameters = sys.argv[1], json.loads(sys.argv[2])
    adapter = make_adapter(os.environ["BENCHMARK_DATABASE_URL"])
    _print(run_loop(run(adapter, command, parameters)))


async def _install(adapter: Adapter) -> Mapping[str, Any]:
    await adapter.install()
    return {}


async def _enqueue(adapter: Adapter, tasks: int, producers: int, payload: int) -> Mapping[str, Any]:
    enqueues = await adapter.producers(producers)
    body = b"x" * payload
    await asyncio.gather(*(enqueue(body) for enqueue in enqueues))

    async def produce(enqueue: Enqueue) -> None:
        for _ in range(tasks // producers):
            await enqueue(body)

    started = time.perf_counter()
    await asyncio.gather(*(produce(enqueue) for enqueue in enqueues))
    return {"rate": tasks // producers * producers / (time.perf_counter() - started)}


async def _batches(adapter: Adapter, tasks: int, size: int, payload: int) -> Mapping[str, Any]:
    body = [b"x" * payload] * size
    await adapter.enqueue_many(body)
    started = time.perf_counter()
    for _ in range(tasks // size):
        await adapter.enqueue_many(body)
    return {"rate": tasks // size * size / (time.perf_counter() - started)}


async def _drain(adapter: Adapter, tasks: int, mode: str) -> Mapping[str, Any]:
    _require(adapter, mode)
    progress = _Progress(tasks)
    enough = asyncio.Event()
    worker = asyncio.create_task(adapter.work(mode, progress.handle, enough))
    await _either(worker, progress.all_done)
    while await adapter.unfinished():  # noqa: ASYNC110 -- what is waited for is in the database
        await asyncio.sleep(0.002)
    ended = time.perf_counter()
    enough.set()
    await worker
    return {"rate": tasks / (ended - progress.marks[0]), "done": progress.done}


async def _churn(
    adapter: Adapter, tasks: int, mode: str, payload: int, waiting: int, chunk: int, seconds: float
) -> Mapping[str, Any]:
    _require(adapter, mode)
    progress = _Progress(tasks)
    enough = asyncio.Event()
    worker = asyncio.create_task(adapter.work(mode, progress.handle, enough))
    if waiting == 0:
        feeder = asyncio.create_task(progress.wait())
    else:
        feeder = asyncio.create_task(
            _feed(adapter, progress, tasks, b"x" * payload, waiting, chunk)
        )
    _, late = await asyncio.wait({feeder}, timeout=seconds)
    for task in late:
        task.cancel()
    figures = progress.first_and_last(5_000)
    enough.set()
    await asyncio.wait({worker}, timeout=10)
    return figures


async def _feed(
    adapter: Adapter, progress: "_Progress", tasks: int, body: bytes, waiting: int, chunk: int
) -> None:
    produced = 0
    while produced < tasks:
        while produced - progress.done > waiting - chunk:
            progress.moved.clear()
            await progress.moved.wait()
        await adapter.enqueue_many([body] * chunk)
        produced += chunk
    await progress.wait()


async def _pickup_worker(adapter: Adapter, tasks: int) -> Mapping[str, Any]:
    latencies: list[float] = []
    enough = asyncio.Event()

    def handle(payload: bytes) -> None:
        latencies.append((time.monotonic_ns() - int(payload)) / 1e6)
        if len(latencies) >= tasks:
            enough.set()

    _print({"ready": True})
    await adapter.work("pickup", handle, enough)
    return {"milliseconds": latencies}


async def _pickup_producer(adapter: Adapter, tasks: int) -> Mapping[str, Any]:
    (enqueue,) = await adapter.producers(1)
    for _ in range(tasks):
        await asyncio.sleep(random.uniform(0.02, 0.04))
        await enqueue(str(time.monotonic_ns()).encode())
    return {}


async def _claims(adapter: Adapter, claims: int, size: int, payload: int) -> Mapping[str, Any]:
    body = b"x" * payload
    milliseconds: list[float] = []
    for _ in range(claims):
        started = time.perf_counter()
        claimed = await adapter.claim(size)
        milliseconds.append((time.perf_counter() - started) * 1e3)
        await adapter.finish(claimed)
        await adapter.enqueue_many([body] * size)
    return {"milliseconds": milliseconds}


def _require(adapter: Adapter, mode: str) -> None:
    if mode not in adapter.modes:
        raise Unsupported


async def _either(worker: "asyncio.Task[None]", event: asyncio.Event) -> None:
    waiter = asyncio.create_task(event.wait())
    await asyncio.wait({worker, waiter}, return_when=asyncio.FIRST_COMPLETED)
    if not event.is_set():
        waiter.cancel()
        worker.result()
        raise RuntimeError("the worker stopped before all tasks were done")


class _Progress:
    """Counts handled tasks and reads the clock at the first and at every thousandth."""

    def __init__(self, tasks: int) -> None:
        self.done = 0
        self.marks: list[float] = []
        self.moved = asyncio.Event()
        self.all_done = asyncio.Event()
        self._tasks = tasks

    def handle(self, payload: bytes) -> None:
        del payload
        if self.done == 0:
            self.marks.append(time.perf_counter())
        self.done += 1
        if self.done % MARK_EVERY == 0:
            self.marks.append(time.perf_counter())
        self.moved.set()
        if self.done >= self._tasks:
            self.all_done.set()

    async def wait(self) -> None:
        await self.all_done.wait()

    def first_and_last(self, tasks: int) -> Mapping[str, Any]:
        steps = tasks // MARK_EVERY
        if len(self.marks) <= 2 * steps:
            return {"done": self.done, "first": None, "last": None}
        return {
            "done": self.done,
            "first": tasks / (self.marks[steps] - self.marks[0]),
            "last": tasks / (self.marks[-1] - self.marks[-1 - steps]),
        }


def _print(figures: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()
