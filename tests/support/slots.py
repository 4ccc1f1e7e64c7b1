"""Slots with a runner that does what a test tells it, and a neighbour that must not notice."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path

import pytest

from qcexec_worker.jobs import (
    Begun,
    ChildLimits,
    Finished,
    Job,
    SlotEvent,
    SlotLimits,
)
from qcexec_worker.slot import Slot
from qcexec_worker.spawner import Spawner, forkserver_environment
from support.waiting import wait_until

TESTS = Path(__file__).resolve().parents[1]
RUNNER = "faults.slot_processes.runner"
BUDGET = 256 * 2**20
PATIENCE = 60


def limits(task_seconds: float = 3600, **others: float) -> SlotLimits:
    return SlotLimits(ChildLimits(BUDGET, 20, task_seconds), **others)


@asynccontextmanager
async def new_spawner(
    start_file: Path | None = None, runner: str = RUNNER, spawn_seconds: float = PATIENCE
) -> AsyncIterator[Spawner]:
    environment = forkserver_environment({"PYTHONPATH": str(TESTS)})
    if start_file is not None:
        environment["SLOT_TEST_START"] = str(start_file)
    spawner = Spawner(environment, runner=runner, spawn_seconds=spawn_seconds)
    try:
        yield spawner
    finally:
        await spawner.stop()


@asynccontextmanager
async def new_slot(spawner: Spawner, limits: SlotLimits) -> AsyncIterator[Slot]:
    slot = Slot("tried", spawner, limits)
    await slot.start()
    try:
        yield slot
    finally:
        await slot.stop()


def job(key: int, do: str, **fields: object) -> Job:
    return Job(key, json.dumps({"do": do, **fields}).encode(), seed=key)


async def collect(slot: Slot, *jobs: Job) -> list[SlotEvent]:
    async with asyncio.timeout(PATIENCE), aclosing(slot.run(jobs)) as events:
        return [event async for event in events]


async def works(slot: Slot) -> bool:
    """Say whether the slot answers, once it has a child again."""
    await wait_until(lambda: slot.ready)
    events = await collect(slot, job(5, "answer"))
    return [type(event) for event in events] == [Begun, Finished]


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def kill_if_there(pid: int, sent: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, sent)


def is_asleep(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"


def pid_of(slot: Slot) -> int:
    assert slot.child_pid is not None
    return slot.child_pid


@pytest.fixture
async def spawner() -> AsyncIterator[Spawner]:
    async with new_spawner() as spawner:
        yield spawner


@pytest.fixture
async def slot(spawner: Spawner) -> AsyncIterator[Slot]:
    async with new_slot(spawner, limits()) as slot:
        yield slot


class Neighbour:
    """A slot with a job that runs on while something happens next door."""

    def __init__(self, slot: Slot) -> None:
        self._slot = slot
        self._pid = pid_of(slot)
        self._events = slot.run([job(0, "sleep", seconds=0.3), job(1, "answer")])

    async def begin(self) -> None:
        assert await anext(self._events) == Begun(0)

    async def finished(self) -> bool:
        rest = [type(event) async for event in self._events]
        return rest == [Finished, Begun, Finished] and pid_of(self._slot) == self._pid


@pytest.fixture
async def neighbour(spawner: Spawner) -> AsyncIterator[Neighbour]:
    async with new_slot(spawner, limits()) as slot:
        neighbour = Neighbour(slot)
        await neighbour.begin()
        yield neighbour
