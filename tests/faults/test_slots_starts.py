"""Children, forkservers and workers that begin and end: badly, at once, or in a storm."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from contextlib import AsyncExitStack, aclosing
from pathlib import Path

import pytest

from qcexec_worker.errors import ChildNotStarted, ForkserverLost
from qcexec_worker.jobs import (
    Begun,
    DeathReason,
    Died,
    NotBegun,
)
from qcexec_worker.slot import Slot
from qcexec_worker.spawner import Spawner
from support.slots import (
    TESTS,
    Neighbour,
    alive,
    children_of,
    collect,
    job,
    kill_if_there,
    limits,
    new_slot,
    new_spawner,
    pid_of,
    works,
)
from support.waiting import wait_until


@pytest.mark.parametrize("what", ["die", "hang"])
async def test_children_that_fail_at_their_start_leave_the_neighbour_alone(
    tmp_path: Path, what: str
) -> None:
    start_file = tmp_path / "start"
    async with new_spawner(start_file) as spawner, new_slot(spawner, limits()) as near:
        neighbour = Neighbour(near)
        await neighbour.begin()
        start_file.write_text(what)
        slot = Slot("tried", spawner, limits(start_seconds=0.3))
        with pytest.raises(ChildNotStarted):
            await slot.start()
        start_file.unlink()
        assert await works(slot)
        assert await neighbour.finished()
        await slot.stop()


async def test_a_child_killed_while_it_starts_is_replaced(tmp_path: Path) -> None:
    start_file = tmp_path / "start"
    start_file.write_text("hang")
    async with new_spawner(start_file) as spawner:
        forkserver = (await spawner.start()).pid
        slot = Slot("tried", spawner, limits())
        starting = asyncio.create_task(slot.start())
        await wait_until(lambda: bool(children_of(forkserver)))
        start_file.unlink()
        os.kill(children_of(forkserver)[0], signal.SIGKILL)
        await starting
        assert await works(slot)
        await slot.stop()


async def test_an_abandoned_batch_ends_its_child(slot: Slot) -> None:
    before = pid_of(slot)
    async with aclosing(slot.run([job(0, "sleep")])) as events:
        assert await anext(events) == Begun(0)
    await wait_until(lambda: not alive(before))
    assert await works(slot)


async def test_a_second_batch_at_once_is_refused(slot: Slot) -> None:
    async with aclosing(slot.run([job(0, "sleep")])) as events:
        await anext(events)
        with pytest.raises(RuntimeError, match="runs a batch already"):
            await collect(slot, job(1, "answer"))


async def test_stopping_a_slot_kills_its_child_at_once(spawner: Spawner) -> None:
    async with new_slot(spawner, limits()) as slot:
        child = pid_of(slot)
        events = slot.run([job(0, "sleep"), job(1, "answer")])
        assert await anext(events) == Begun(0)
    assert not alive(child)
    stopped, back = [event async for event in events]
    assert isinstance(stopped, Died)
    assert stopped.reason is DeathReason.STOPPED
    assert back == NotBegun(1)
    assert await collect(slot, job(2, "answer")) == [NotBegun(2)]


async def test_a_lost_forkserver_is_replaced_and_no_circuit_is_blamed(spawner: Spawner) -> None:
    first = await spawner.start()
    async with new_slot(spawner, limits()) as idle, new_slot(spawner, limits()) as busy:
        children = [pid_of(idle), pid_of(busy)]
        events = busy.run([job(0, "sleep"), job(1, "answer")])
        assert await anext(events) == Begun(0)
        os.kill(first.pid, signal.SIGKILL)
        died, back = [event async for event in events]
        assert isinstance(died, Died)
        assert died.reason is DeathReason.FORKSERVER_LOST
        assert back == NotBegun(1)
        await wait_until(lambda: not any(map(alive, children)))
        await wait_until(lambda: idle.child_pid not in (None, children[0]))
        assert await works(idle)
        assert await works(busy)
        assert (await spawner.start()).pid != first.pid


async def test_a_forkserver_that_does_not_answer_is_replaced() -> None:
    async with new_spawner(spawn_seconds=0.5) as spawner, new_slot(spawner, limits()) as slot:
        first = await spawner.start()
        os.kill(first.pid, signal.SIGSTOP)
        async with new_slot(spawner, limits()) as other:
            assert not alive(first.pid)
            assert await works(other)
            assert await works(slot)


@pytest.mark.parametrize(
    ("runner", "words"), [("no.such.module", "ModuleNotFoundError"), ("json", "preload")]
)
async def test_a_forkserver_that_cannot_preload_says_why(runner: str, words: str) -> None:
    async with new_spawner(runner=runner) as spawner:
        with pytest.raises(ForkserverLost, match=words):
            await spawner.start()


async def test_stopping_the_spawner_leaves_no_process(spawner: Spawner) -> None:
    forkserver = (await spawner.start()).pid
    async with new_slot(spawner, limits()) as slot:
        child = pid_of(slot)
        await spawner.stop()
        assert not alive(forkserver)
        await wait_until(lambda: not alive(child))


async def test_nothing_outlives_a_worker_that_was_killed() -> None:
    worker = subprocess.Popen(  # noqa: ASYNC220 - returns at once
        [sys.executable, str(TESTS / "faults/slot_processes/lone_worker.py")],
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(TESTS)},
    )
    with worker:
        assert worker.stdout is not None
        told = json.loads(await asyncio.to_thread(worker.stdout.readline))
        others = [told["forkserver"], *told["children"]]
        assert all(map(alive, others))
        worker.kill()
    await wait_until(lambda: not any(map(alive, others)))


async def test_every_job_ends_exactly_once_in_a_storm_of_deaths(spawner: Spawner) -> None:
    dice = random.Random(20)
    deeds = [
        "answer",
        "answer",
        "answer",
        "abort",
        "exit",
        "exhaust_memory",
        "send_half",
        "hang_up",
    ]
    async with AsyncExitStack() as stack:
        slots = [
            await stack.enter_async_context(
                new_slot(spawner, limits(task_seconds=0.5, stall_seconds=0.5))
            )
            for _ in range(3)
        ]
        running = True

        async def work(slot: Slot) -> int:
            batches = 0
            while running:
                await wait_until(lambda: slot.ready)
                jobs = [job(key, dice.choice(deeds)) for key in range(dice.randint(1, 6))]
                events = await collect(slot, *jobs)
                ends = Counter(event.key for event in events if not isinstance(event, Begun))
                assert ends == dict.fromkeys(range(len(jobs)), 1)
                batches += 1
            return batches

        async with asyncio.TaskGroup() as group:
            workers = [group.create_task(work(slot)) for slot in slots]
            for _ in range(60):
                await asyncio.sleep(dice.uniform(0, 0.05))
                slot = dice.choice(slots)
                match dice.choice(["kill", "stop", "recall", "forkserver"]):
                    case "kill" if slot.child_pid is not None:
                        kill_if_there(slot.child_pid, signal.SIGKILL)
                    case "stop" if slot.child_pid is not None:
                        kill_if_there(slot.child_pid, signal.SIGSTOP)
                    case "recall":
                        slot.recall()
                    case "forkserver" if dice.random() < 0.2:
                        kill_if_there((await spawner.start()).pid, signal.SIGKILL)
            running = False
        assert all(worker.result() for worker in workers)
        for slot in slots:
            assert await works(slot)
