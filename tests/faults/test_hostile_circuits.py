"""Hostile texts in the confinement of a worker's child: each ends, and the child next door lives.

The budget of memory is enforced by the kernel here, and the deadline by a kill, so that a text
which the engine misjudges ends as it would in a worker. The same child takes all of them, but for
those that cost it its life.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from qcexec_worker.jobs import (
    Begun,
    ChildLimits,
    Counts,
    DoesNotFit,
    Finished,
    Job,
    Refused,
    SlotEvent,
    SlotLimits,
)
from qcexec_worker.slot import Slot
from qcexec_worker.spawner import Spawner, forkserver_environment
from support.hostile import CORPUS, Hostile

BUDGET = 256 * 2**20
TASK_SECONDS = 20.0
BATCH = 20


@pytest.fixture
async def slot() -> AsyncIterator[Slot]:
    spawner = Spawner(forkserver_environment(os.environ))
    await spawner.start()
    slot = Slot(
        "tried", spawner, SlotLimits(ChildLimits(BUDGET, max_qubits=30, task_seconds=TASK_SECONDS))
    )
    await slot.start()
    yield slot
    await slot.stop()
    await spawner.stop()


def number_of_lines(text: str) -> int:
    return text.count("\n") + text.count("\r") + 1


def ending(case: Hostile, event: SlotEvent) -> str:
    match event:
        case Finished(_, Counts(body, _)):
            counts = json.loads(body)
            assert sum(counts.values()) == case.shots
            assert case.counts is None or set(counts) == set(case.counts)
            return "completed"
        case Finished(_, Refused(code, message, line, _)):
            assert 0 < len(message) < 1000
            assert line is None or 1 <= line <= number_of_lines(case.text())
            return code
        case Finished(_, DoesNotFit()):
            return "does_not_fit"
        case _:
            return f"no answer: {event}"


@pytest.mark.parametrize("first", range(0, len(CORPUS), BATCH))
async def test_hostile_texts_cost_no_child_its_life(slot: Slot, first: int) -> None:
    cases = CORPUS[first : first + BATCH]
    jobs = [
        Job(key, json.dumps({"qc": case.text(), "shots": case.shots}).encode(), seed=key)
        for key, case in enumerate(cases)
    ]
    endings: dict[str, str] = {}
    async with asyncio.timeout(TASK_SECONDS * BATCH), aclosing(slot.run(jobs)) as events:
        async for event in events:
            if not isinstance(event, Begun):
                case = cases[event.key]
                endings[case.name] = ending(case, event)
    wrong = {
        case.name: endings.get(case.name)
        for case in cases
        if endings.get(case.name) not in case.endings
    }
    assert wrong == {}
