"""Children that die, hang or lie at every moment of a job.

Each time the neighbour's job, running meanwhile, finishes untouched, and the slot works again.
"""

import asyncio
import os
import signal
from collections.abc import Callable

import pytest
import uvloop

from qcexec_worker.channel import BODY_LIMIT
from qcexec_worker.jobs import (
    Begun,
    Counts,
    DeathReason,
    Died,
    DoesNotFit,
    Finished,
    Job,
    NotBegun,
    Refused,
    SlotEvent,
)
from qcexec_worker.slot import Slot
from qcexec_worker.spawner import Spawner
from support.slots import (
    BUDGET,
    Neighbour,
    collect,
    is_asleep,
    job,
    limits,
    new_slot,
    new_spawner,
    pid_of,
    works,
)
from support.waiting import wait_until, wait_until_blocking


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_jobs_run_in_order_in_one_child_on_either_event_loop(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def story() -> list[SlotEvent]:
        jobs = [job(3, "answer"), job(1, "refuse"), job(2, "ask_for_more"), job(0, "answer")]
        async with new_spawner() as spawner, new_slot(spawner, limits()) as slot:
            return await collect(slot, *jobs)

    with asyncio.Runner(loop_factory=new_loop) as runner:
        events = runner.run(story())
    assert [event for event in events if isinstance(event, Begun)] == [
        Begun(key) for key in (3, 1, 2, 0)
    ]
    first, refused, asked, last = [event for event in events if isinstance(event, Finished)]
    assert isinstance(first.outcome, Counts)
    assert isinstance(last.outcome, Counts)
    assert first.outcome.body == b'{"0":3}'
    assert first.outcome.report == last.outcome.report
    assert refused.outcome == Refused("syntax_error", "line 1, column 2: ? what?", 1, 2)
    assert asked.outcome == DoesNotFit(BUDGET + 1)


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGSEGV])
async def test_a_child_killed_idle_is_replaced(
    slot: Slot, neighbour: Neighbour, sent: signal.Signals
) -> None:
    before = pid_of(slot)
    os.kill(before, sent)
    await wait_until(lambda: slot.child_pid not in (None, before))
    assert await works(slot)
    assert await neighbour.finished()


async def test_a_job_for_a_child_that_died_unnoticed_comes_back(slot: Slot) -> None:
    os.kill(pid_of(slot), signal.SIGKILL)
    assert await collect(slot, job(0, "answer")) == [NotBegun(0)]
    assert await works(slot)


async def test_a_slot_is_not_ready_between_a_death_and_the_next_child(slot: Slot) -> None:
    await collect(slot, job(0, "abort"))
    assert not slot.ready
    assert await works(slot)


async def test_a_child_killed_running_takes_its_own_job_alone(
    slot: Slot, neighbour: Neighbour
) -> None:
    events = slot.run([job(0, "answer"), job(1, "sleep"), job(2, "answer")])
    seen = [await anext(events) for _ in range(3)]
    assert seen[-1] == Begun(1)
    os.kill(pid_of(slot), signal.SIGKILL)
    assert [event async for event in events] == [
        Died(1, DeathReason.KILLED, "signal 9"),
        NotBegun(2),
    ]
    assert await works(slot)
    assert await neighbour.finished()


async def test_a_child_killed_while_it_receives_has_begun_nothing(
    slot: Slot, neighbour: Neighbour
) -> None:
    child = pid_of(slot)
    os.kill(child, signal.SIGSTOP)
    running = asyncio.create_task(collect(slot, job(0, "answer", ballast="x" * 8_000_000)))
    await wait_until(lambda: not slot.ready)
    os.kill(child, signal.SIGKILL)
    assert await running == [NotBegun(0)]
    assert await works(slot)
    assert await neighbour.finished()


async def test_a_child_that_stops_reading_is_given_up(
    spawner: Spawner, neighbour: Neighbour
) -> None:
    async with new_slot(spawner, limits(stall_seconds=0.3)) as slot:
        os.kill(pid_of(slot), signal.SIGSTOP)
        events = await collect(slot, job(0, "answer", ballast="x" * 8_000_000), job(1, "answer"))
        assert events == [NotBegun(0), NotBegun(1)]
        assert await works(slot)
        assert await neighbour.finished()


async def test_a_child_that_dies_while_it_sends_has_not_finished(
    slot: Slot, neighbour: Neighbour
) -> None:
    events = await collect(slot, job(0, "send_half"), job(1, "answer"))
    assert events == [Begun(0), Died(0, DeathReason.KILLED, "signal 6"), NotBegun(1)]
    assert await works(slot)
    assert await neighbour.finished()


async def test_a_child_killed_while_it_sends_a_large_result_has_not_finished(
    slot: Slot, neighbour: Neighbour
) -> None:
    events = slot.run([job(0, "answer_much", bytes=30_000_000)])
    assert await anext(events) == Begun(0)
    child = pid_of(slot)
    # Nothing reads what the child sends during this wait: it falls asleep with its buffer full.
    wait_until_blocking(lambda: is_asleep(child))
    os.kill(child, signal.SIGKILL)
    assert [event async for event in events] == [Died(0, DeathReason.KILLED, "signal 9")]
    assert await works(slot)
    assert await neighbour.finished()


async def test_a_large_payload_and_a_large_result_arrive_whole(slot: Slot) -> None:
    events = await collect(slot, job(0, "answer_much", bytes=20_000_000, ballast="x" * 5_000_000))
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert isinstance(finished.outcome, Counts)
    assert len(finished.outcome.body) == 20_000_000 + len('{"0":}')


async def test_a_payload_over_the_limit_is_refused_and_its_mates_run(slot: Slot) -> None:
    events = await collect(slot, job(0, "answer"), Job(1, bytes(BODY_LIMIT + 1), seed=1))
    too_large, refused, begun, finished = events
    assert too_large == Begun(1)
    assert isinstance(refused, Finished)
    assert isinstance(refused.outcome, Refused)
    assert (refused.key, refused.outcome.code) == (1, "payload_too_large")
    assert begun == Begun(0)
    assert isinstance(finished, Finished)


async def test_a_result_over_the_limit_is_refused_and_the_child_lives_on(slot: Slot) -> None:
    events = await collect(slot, job(0, "answer_much", bytes=40_000_000))
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert isinstance(finished.outcome, Refused)
    assert finished.outcome.code == "result_too_large"
    assert await works(slot)
