"""Children, forkservers and workers that die, hang or lie, at every moment of a job.

Each time the neighbour's job, running meanwhile, finishes untouched, and the slot works again.
"""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from pathlib import Path

import pytest
import uvloop

from qcexec_worker.channel import BODY_LIMIT
from qcexec_worker.errors import ChildNotStarted, ForkserverLost
from qcexec_worker.jobs import (
    Begun,
    ChildLimits,
    Counts,
    DeathReason,
    Died,
    DoesNotFit,
    Finished,
    Job,
    NotBegun,
    Refused,
    SlotEvent,
    SlotLimits,
)
from qcexec_worker.slot import Slot
from qcexec_worker.spawner import Spawner, forkserver_environment
from support.waiting import wait_until, wait_until_blocking

TESTS = Path(__file__).resolve().parents[1]
RUNNER = "faults.slot_processes.runner"
BUDGET = 256 * 2**20
PATIENCE = 60


def limits(task_seconds: float = 3600, **others: float) -> SlotLimits:
    return SlotLimits(ChildLimits(BUDGET, max_qubits=20), task_seconds, **others)


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
    refused, begun, finished = events
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
    async with new_spawner(start_file) as spawner, new_slot(spawner, short) as slot:
        start_file.write_text("die")
        os.kill(pid_of(slot), signal.SIGKILL)
        await wait_until(lambda: not slot.ready)
        assert await collect(slot, job(0, "answer"), job(1, "answer")) == [NotBegun(0), NotBegun(1)]
        start_file.unlink()
        assert await works(slot)


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
