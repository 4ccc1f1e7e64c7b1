"""Taking the measures: which runs are made, in which order, and which figures they give.

Repetitions are interleaved: each goes through all systems before the next one begins, each time
from another system on, so that what else happens on the machine hits all alike.
"""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

from benchmarks.databases import Databases
from benchmarks.processes import DriverFailed, Figures, Running, running
from benchmarks.queue.plan import BATCH, PAYLOAD_BYTES, PRODUCERS, Plan
from benchmarks.queue.systems import OURS, System

_SECONDS = 300.0
_SLOWEST_FILL = 4_000
"""Tasks a second."""
_WARM_UP = 10
"""Pickups and claims that count for nothing: connections and prepared statements are new."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One value of one measure of one system in one repetition."""

    measure: str
    system: str
    value: float


class Bench:
    """Runs the drivers of `systems` on fresh databases."""

    def __init__(
        self,
        databases: Databases,
        systems: Sequence[System],
        plan: Plan,
        say: Callable[[str], None],
    ) -> None:
        self._databases = databases
        self._systems = systems
        self._plan = plan
        self._say = say

    async def install(self) -> None:
        """Make each system's schema. Raises DriverFailed."""
        for system in self._systems:
            await _drive(system, await self._databases.create_template(system.name), "install", {})

    async def figures(self) -> AsyncIterator[Figure]:
        """Run everything; give each figure as soon as it is there."""
        rates = (self._enqueue, self._batches, self._best, self._tens, self._one, self._pickup)
        for measure in rates:
            for repetition in range(self._plan.repetitions):
                for system in _rotated(self._systems, repetition):
                    async for figure in self._one_run(measure, system):
                        yield figure
        for repetition in range(self._plan.repetitions):
            for system in self._systems:
                if system.name == OURS or (self._plan.slow_for_peers and repetition == 0):
                    for measure in (self._snapshot_keeping_up, self._snapshot_backlog):
                        async for figure in self._one_run(measure, system):
                            yield figure
        for system in self._systems:
            if system.name == OURS or self._plan.slow_for_peers:
                async for figure in self._one_run(self._claims, system):
                    yield figure

    async def _one_run(
        self, measure: "Callable[[System, str], AsyncIterator[Figure]]", system: System
    ) -> AsyncIterator[Figure]:
        async with self._databases.copy(system.name) as url:
            try:
                async for figure in measure(system, url):
                    self._say(f"{figure.measure:24} {figure.system:14} {figure.value:12,.2f}")
                    yield figure
            except DriverFailed as error:
                self._say(f"{measure.__name__.strip('_'):24} {system.name:14} failed: {error}")

    async def _enqueue(self, system: System, url: str) -> AsyncIterator[Figure]:
        tasks = self._plan.tasks("enqueue", system.name)
        parameters = {"tasks": tasks, "producers": PRODUCERS, "payload": PAYLOAD_BYTES}
        figures = await _drive(system, url, "enqueue", parameters)
        yield Figure("enqueue", system.name, figures["rate"])

    async def _batches(self, system: System, url: str) -> AsyncIterator[Figure]:
        tasks = self._plan.tasks("batches", system.name)
        parameters = {"tasks": tasks, "size": BATCH, "payload": PAYLOAD_BYTES}
        figures = await _drive(system, url, "batches", parameters)
        yield Figure("batches", system.name, figures["rate"])

    async def _best(self, system: System, url: str) -> AsyncIterator[Figure]:
        before = await self._databases.wal_position()
        async for figure in self._drain("best", system, url):
            yield figure
            written = await self._databases.wal_position() - before
            yield Figure("wal", system.name, written / self._plan.tasks("drain.best", system.name))

    async def _tens(self, system: System, url: str) -> AsyncIterator[Figure]:
        async for figure in self._drain("tens", system, url):
            yield figure

    async def _one(self, system: System, url: str) -> AsyncIterator[Figure]:
        async for figure in self._drain("one", system, url):
            yield figure

    async def _drain(self, mode: str, system: System, url: str) -> AsyncIterator[Figure]:
        measure = f"drain.{mode}"
        tasks = self._plan.tasks(measure, system.name)
        await self._fill(system, url, tasks)
        await self._databases.analyze(url)
        figures = await _drive(system, url, "drain", {"tasks": tasks, "mode": mode})
        if "rate" in figures:
            yield Figure(measure, system.name, figures["rate"])

    async def _pickup(self, system: System, url: str) -> AsyncIterator[Figure]:
        tasks = {"tasks": self._plan.pickups + _WARM_UP}
        async with _driver(system, url, "pickup-worker", tasks) as worker:
            await worker.line(30)
            await _drive(system, url, "pickup-producer", tasks)
            figures = await worker.line(30)
        milliseconds = figures["milliseconds"][_WARM_UP:]
        yield Figure("pickup.p50", system.name, median(milliseconds))
        yield Figure("pickup.p99", system.name, _p99(milliseconds))

    async def _snapshot_keeping_up(self, system: System, url: str) -> AsyncIterator[Figure]:
        async for figure in self._churn("snapshot.up", system, url, waiting=200, chunk=100):
            yield figure

    async def _snapshot_backlog(self, system: System, url: str) -> AsyncIterator[Figure]:
        async for figure in self._churn("snapshot.backlog", system, url, waiting=0, chunk=0):
            yield figure

    async def _churn(
        self, measure: str, system: System, url: str, *, waiting: int, chunk: int
    ) -> AsyncIterator[Figure]:
        parameters = {
            "tasks": self._plan.snapshot_tasks,
            "mode": "tens",
            "payload": PAYLOAD_BYTES,
            "waiting": waiting,
            "chunk": chunk,
            "seconds": self._plan.snapshot_seconds,
        }
        if waiting == 0:
            await self._fill(system, url, self._plan.snapshot_tasks)
            await self._databases.analyze(url)
        async with self._databases.held_snapshot(url):
            figures = await _drive(system, url, "churn", parameters)
        if figures.get("last"):
            yield Figure(f"{measure}.first", system.name, figures["first"])
            yield Figure(f"{measure}.last", system.name, figures["last"])
            yield Figure(measure, system.name, figures["last"] / figures["first"])

    async def _claims(self, system: System, url: str) -> AsyncIterator[Figure]:
        filled = 0
        p50: list[float] = []
        for depth in self._plan.depths:
            if system.name != OURS and depth > 1_000_000:
                return
            await self._fill(system, url, depth - filled)
            await self._databases.analyze(url, vacuum=True)
            claims = self._plan.claims + _WARM_UP
            parameters = {"claims": claims, "size": 10, "payload": PAYLOAD_BYTES}
            figures = await _drive(system, url, "claims", parameters)
            if "milliseconds" not in figures:
                return
            filled = depth
            milliseconds = figures["milliseconds"][_WARM_UP:]
            p50.append(median(milliseconds))
            yield Figure(f"claims.{depth}", system.name, p50[-1])
            yield Figure(f"claims.{depth}.p99", system.name, _p99(milliseconds))
        yield Figure("claims.flat", system.name, p50[-1] / p50[0])

    async def _fill(self, system: System, url: str, tasks: int) -> None:
        # The first batch is that command's warm-up.
        parameters = {"tasks": tasks - BATCH, "size": BATCH, "payload": PAYLOAD_BYTES}
        await _drive(system, url, "batches", parameters, max(_SECONDS, tasks / _SLOWEST_FILL))


def _driver(
    system: System, url: str, command: str, parameters: Mapping[str, Any]
) -> AbstractAsyncContextManager[Running]:
    return running(
        [*system.command, command, json.dumps(parameters)],
        folder=system.folder,
        environment={**system.environment, "BENCHMARK_DATABASE_URL": url},
    )


async def _drive(
    system: System,
    url: str,
    command: str,
    parameters: Mapping[str, Any],
    seconds: float = _SECONDS,
) -> Figures:
    async with _driver(system, url, command, parameters) as driver:
        return await driver.line(seconds)


def _rotated(systems: Sequence[System], by: int) -> Sequence[System]:
    by %= len(systems)
    return [*systems[by:], *systems[:by]]


def _p99(values: Sequence[float]) -> float:
    return quantiles(values, n=100, method="inclusive")[98]
