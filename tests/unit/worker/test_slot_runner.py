"""What becomes of leases that are given to a slot, whose children are real and told what to do."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from qcexec_queue.settlement import Cause, RetryPolicy
from qcexec_queue.states import Destination, Lane, Outcome, Priority
from qcexec_queue.tasks import Lease
from qcexec_queue.workers import NOTHING_RUN, PoolRow, WorkerIdentity
from qcexec_worker.appetite import RunTimes
from qcexec_worker.channel import BODY_LIMIT
from qcexec_worker.desk import Desk, Outgoing
from qcexec_worker.events import Event, RunEnded
from qcexec_worker.jobs import ChildLimits, SlotLimits
from qcexec_worker.slot import Slot
from qcexec_worker.slot_runner import SlotRunner
from qcexec_worker.spawner import Spawner, forkserver_environment
from support.waiting import wait_until

TESTS = Path(__file__).resolve().parents[2]
BUDGET = 256 * 2**20

_epochs = itertools.count(1)


def lease(**told: object) -> Lease:
    epoch = next(_epochs)
    payload = json.dumps(told).encode()
    return Lease(UUID(int=epoch), epoch, 0, 0, Priority.NORMAL, Lane.FRESH, 0.01, payload, None)


class Bench:
    """A runner with its desk, and what it sent out."""

    def __init__(self, slot: Slot) -> None:
        self.desk = Desk()
        self.run_times = RunTimes()
        self.slot = slot
        self.events: list[Event] = []
        identity = WorkerIdentity(uuid4(), 1, "0", slots=1, slot_memory=BUDGET)
        pools: list[PoolRow] = []
        self.runner = SlotRunner(
            slot,
            self.desk,
            identity,
            self.run_times,
            RetryPolicy(),
            time_limit=60.0,
            pools=lambda: pools,
            observer=self.events.append,
        )

    async def run(self, *leases: Lease) -> Outgoing:
        """Runs a batch to its end and gives what is to be written."""
        self.desk.take(leases)
        self.runner.begin(leases)
        await wait_until(lambda: not self.runner.busy, what="the batch ends")
        self.runner.check()
        return self.desk.hand_over()


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    return forkserver_environment({"PYTHONPATH": str(TESTS)})


@pytest.fixture
async def bench(environment: dict[str, str]) -> AsyncIterator[Bench]:
    spawner = Spawner(environment, runner="support.told_runner")
    slot = Slot("tried", spawner, SlotLimits(ChildLimits(BUDGET, 20, task_seconds=60)))
    await slot.start()
    yield Bench(slot)
    await slot.stop()
    await spawner.stop()


def reasons(outgoing: Outgoing) -> dict[int, str | None]:
    return {each.lease.epoch: each.reason for each in outgoing.settlements}


async def test_each_lease_ends_once_with_its_own_result(bench: Bench) -> None:
    good, bad = lease(), lease(refuse="no: \ud800")
    outgoing = await bench.run(good, bad)
    assert not outgoing.settlements
    results = {each.epoch: each.result for each in outgoing.completions}
    assert results.keys() == {good.epoch, bad.epoch}
    assert (results[good.epoch].outcome, results[good.epoch].body) == (
        Outcome.COMPLETED,
        b'{"0":1}',
    )
    assert (results[bad.epoch].outcome, results[bad.epoch].code) == (Outcome.FAILED, "told")
    assert json.loads(results[bad.epoch].body) == "no: ?"
    assert bench.run_times.seconds_per_cost is not None
    # They are named by heartbeats until the write is answered.
    assert bench.desk.epochs == [good.epoch, bad.epoch]


async def test_a_payload_that_no_frame_takes_fails_its_task_and_no_other(bench: Bench) -> None:
    huge, good = lease(padding="x" * BODY_LIMIT), lease()
    outgoing = await bench.run(huge, good)
    codes = {each.epoch: each.result.code for each in outgoing.completions}
    assert codes == {huge.epoch: "payload_too_large", good.epoch: None}


@pytest.mark.parametrize("report", [{"method": ["a"]}, {"depth": {}}, {"notes": "x" * 10_000}])
async def test_a_report_of_other_things_than_runs_ends_its_child_and_nothing_else(
    bench: Bench, report: dict[str, object]
) -> None:
    given = lease(report=report)
    outgoing = await bench.run(given)
    assert not outgoing.completions
    assert reasons(outgoing) == {given.epoch: "child_died"}


@pytest.mark.parametrize("words", ["\0", "a\0b \ud800", "x" * 100_000])
async def test_last_words_are_made_storable(bench: Bench, words: str) -> None:
    outgoing = await bench.run(lease(**{"raise": words}))
    (settlement,) = outgoing.settlements
    assert settlement.detail is not None
    assert "\0" not in settlement.detail
    settlement.detail.encode()
    assert len(settlement.detail) <= 4000


async def test_a_death_counts_for_the_one_that_had_begun_alone(bench: Bench) -> None:
    first, deadly, after = lease(), lease(**{"raise": "a defect"}), lease()
    outgoing = await bench.run(first, deadly, after)
    assert [each.epoch for each in outgoing.completions] == [first.epoch]
    assert reasons(outgoing) == {deadly.epoch: "child_died", after.epoch: None}
    counted = {each.lease.epoch: each.counted for each in outgoing.settlements}
    assert counted == {deadly.epoch: True, after.epoch: False}


async def test_a_death_among_many_tiny_ones_counts_for_the_one_that_had_begun_alone(
    bench: Bench,
) -> None:
    before, deadly = [lease() for _ in range(60)], lease(**{"raise": "a defect"})
    after = [lease() for _ in range(60)]
    outgoing = await bench.run(*before, deadly, *after)
    assert [each.epoch for each in outgoing.completions] == [each.epoch for each in before]
    assert reasons(outgoing) == {deadly.epoch: "child_died"} | {each.epoch: None for each in after}


async def test_each_run_has_its_own_time_though_many_are_heard_of_at_once(bench: Bench) -> None:
    tiny, longer = [lease() for _ in range(100)], lease(sleep=0.05)
    began = asyncio.get_running_loop().time()
    await bench.run(*tiny[:50], longer, *tiny[50:])
    took = asyncio.get_running_loop().time() - began
    seconds = {
        each.lease.epoch: each.seconds for each in bench.events if isinstance(each, RunEnded)
    }
    assert len(seconds) == 101
    assert seconds[longer.epoch] >= 0.05
    assert all(seconds[each.epoch] > 0 for each in tiny)
    assert sum(seconds.values()) <= took


async def test_what_a_child_says_of_its_time_is_held_to_what_the_batch_took(bench: Bench) -> None:
    began = asyncio.get_running_loop().time()
    await bench.run(lease(hasten=10**17))
    took = asyncio.get_running_loop().time() - began
    assert 0 < bench.runner.counters.seconds <= took


async def test_those_behind_a_long_one_go_back_at_once_and_once(bench: Bench) -> None:
    long, *mates = [lease(sleep=0.5), lease(), lease()]
    bench.desk.take([long, *mates])
    bench.runner.begin([long, *mates])
    await wait_until(lambda: bench.desk.has_outgoing, what="some go back")
    assert bench.runner.busy
    early = bench.desk.hand_over()
    assert reasons(early) == {mate.epoch: None for mate in mates}
    assert {each.destination for each in early.settlements} == {Destination.READY}
    await wait_until(lambda: not bench.runner.busy, what="the batch ends")
    late = bench.desk.hand_over()
    assert [each.epoch for each in late.completions] == [long.epoch]
    assert not late.settlements


async def test_stopping_hands_back_what_ran_and_what_waited(bench: Bench) -> None:
    running, waiting = lease(sleep=600), lease()
    bench.desk.take([running, waiting])
    bench.runner.begin([running, waiting])
    await wait_until(lambda: bench.desk.has_outgoing, what="the first has begun, and overruns")
    async with asyncio.timeout(30):
        await bench.runner.stop()
    outgoing = bench.desk.hand_over()
    assert reasons(outgoing) == {running.epoch: Cause.DRAINED.value, waiting.epoch: None}
    assert not bench.runner.free


async def test_each_end_is_counted_whatever_it_was_and_what_was_not_begun_is_not(
    bench: Bench,
) -> None:
    assert bench.runner.counters == NOTHING_RUN
    ran, refused, deadly, behind = (
        lease(),
        lease(refuse="no"),
        lease(**{"raise": "a defect"}),
        lease(),
    )
    await bench.run(ran, refused, deadly, behind)
    counters = bench.runner.counters
    assert counters.tasks == 3
    assert counters.cost == sum(each.cost for each in (ran, refused, deadly))
    assert counters.seconds > 0
    assert 0 < counters.squares <= counters.seconds**2

    running, waiting = lease(sleep=600), lease()
    bench.desk.take([running, waiting])
    bench.runner.begin([running, waiting])
    await wait_until(lambda: bench.desk.has_outgoing, what="the first has begun, and overruns")
    await bench.runner.stop()
    assert bench.runner.counters.tasks == 4


async def test_what_is_begun_after_the_stop_goes_back_unbegun(bench: Bench) -> None:
    await bench.runner.stop()
    given = lease()
    outgoing = await bench.run(given)
    assert reasons(outgoing) == {given.epoch: None}


async def test_a_defect_of_ours_is_not_swallowed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    settle: Callable[..., None] = fail
    monkeypatch.setattr(bench.desk, "complete", settle)
    with pytest.raises(ZeroDivisionError):
        await bench.run(lease())
