"""What a job may use of time and memory, and jobs that are asked back."""

import os
import signal
from pathlib import Path

import pytest

from qcexec_worker.jobs import (
    Begun,
    Counts,
    DeathReason,
    Died,
    Finished,
    NotBegun,
    Refused,
)
from qcexec_worker.slot import Slot
from qcexec_worker.spawner import Spawner
from support.slots import Neighbour, collect, job, limits, new_slot, new_spawner, pid_of, works
from support.waiting import wait_until


async def test_a_job_over_the_time_limit_is_ended_and_its_mates_come_back(
    spawner: Spawner, neighbour: Neighbour
) -> None:
    async with new_slot(spawner, limits(task_seconds=0.2)) as slot:
        events = await collect(slot, job(0, "answer"), job(1, "sleep"), job(2, "answer"))
        assert events[2:] == [
            Begun(1),
            Died(1, DeathReason.TIME_LIMIT, "over 0.2 s"),
            NotBegun(2),
        ]
        assert await works(slot)
        assert await neighbour.finished()


async def test_the_time_limit_is_each_jobs_own(spawner: Spawner) -> None:
    async with new_slot(spawner, limits(task_seconds=2)) as slot:
        events = await collect(slot, *(job(key, "sleep", seconds=0.5) for key in range(5)))
        assert sum(isinstance(event, Finished) for event in events) == 5


async def test_a_job_over_the_memory_limit_is_refused_and_its_mates_run(
    slot: Slot, neighbour: Neighbour
) -> None:
    before = pid_of(slot)
    events = await collect(slot, job(0, "exhaust_memory"), job(1, "answer"))
    refused, answered = [event for event in events if isinstance(event, Finished)]
    assert isinstance(refused.outcome, Refused)
    assert refused.outcome.code == "memory_limit"
    assert "256 MiB" in refused.outcome.message
    assert isinstance(answered.outcome, Counts)
    assert answered.outcome.report["depth"] != before
    assert await neighbour.finished()


async def test_memory_that_a_job_leaves_behind_is_not_missing_from_the_next(slot: Slot) -> None:
    events = await collect(slot, *(job(key, "keep_memory") for key in range(4)))
    outcomes = [event.outcome for event in events if isinstance(event, Finished)]
    assert all(isinstance(outcome, Counts) for outcome in outcomes)
    pids = [outcome.report["depth"] for outcome in outcomes if isinstance(outcome, Counts)]
    assert len(set(pids)) == 4


@pytest.mark.parametrize(
    ("do", "reason", "detail"),
    [
        ("abort", DeathReason.KILLED, "signal 6"),
        ("exit", DeathReason.EXITED, "exit status 7"),
        ("raise", DeathReason.EXITED, "the runner has a defect"),
        ("send_garbage", DeathReason.PROTOCOL, "over the limit"),
        ("flood", DeathReason.PROTOCOL, "not begun"),
        ("hang_up", DeathReason.PROTOCOL, "closed its channel"),
    ],
)
async def test_a_child_that_misbehaves_takes_its_own_job_alone(
    slot: Slot, neighbour: Neighbour, do: str, reason: DeathReason, detail: str
) -> None:
    events = await collect(slot, job(0, do), job(1, "answer"))
    assert events[0] == Begun(0)
    died = events[1]
    assert isinstance(died, Died)
    assert (died.key, died.reason) == (0, reason)
    assert detail in died.detail
    assert events[2:] == [NotBegun(1)]
    assert await works(slot)
    assert await neighbour.finished()


async def test_what_was_recalled_comes_back_and_what_runs_runs_on(slot: Slot) -> None:
    events = slot.run([job(0, "sleep", seconds=0.3), *(job(key, "answer") for key in range(1, 50))])
    assert await anext(events) == Begun(0)
    slot.recall()
    rest = [event async for event in events]
    assert isinstance(rest[0], Finished)
    assert rest[1:] == [NotBegun(key) for key in range(1, 50)]
    assert await works(slot)


async def test_a_recall_that_comes_too_late_does_not_touch_the_next_batch(slot: Slot) -> None:
    for _ in range(20):
        events = slot.run([job(0, "answer")])
        assert await anext(events) == Begun(0)
        slot.recall()
        assert [type(event) async for event in events] == [Finished]


async def test_jobs_are_handed_back_when_there_is_no_child_in_time(tmp_path: Path) -> None:
    start_file = tmp_path / "start"
    short = limits(start_seconds=0.5)
    async with new_spawner(start_file) as spawner:
        # Half a second is for the child, not for the forkserver.
        await spawner.start()
        async with new_slot(spawner, short) as slot:
            start_file.write_text("die")
            os.kill(pid_of(slot), signal.SIGKILL)
            await wait_until(lambda: not slot.ready)
            ended = await collect(slot, job(0, "answer"), job(1, "answer"))
            assert ended == [NotBegun(0), NotBegun(1)]
            start_file.unlink()
            assert await works(slot)
