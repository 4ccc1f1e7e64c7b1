"""Two slots with real circuits: a long one takes the other's CPU for as long as that is idle."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import UUID, uuid4

import pytest

from qcexec_queue.settlement import RetryPolicy
from qcexec_queue.states import Lane, Priority
from qcexec_queue.tasks import Lease
from qcexec_queue.workers import WorkerIdentity
from qcexec_worker.appetite import RunTimes
from qcexec_worker.cpu_lender import CpuLender
from qcexec_worker.desk import Desk
from qcexec_worker.events import Event, RunEnded
from qcexec_worker.jobs import ChildLimits, Counts, SlotLimits
from qcexec_worker.slot import Slot
from qcexec_worker.slot_runner import SlotRunner
from qcexec_worker.spare_words import SpareWords
from qcexec_worker.spawner import Spawner, forkserver_environment
from support.circuits import state_vector_circuit
from support.slots import new_slot
from support.waiting import wait_until

BUDGET = 256 * 2**20
SLOTS = 2
SHORT = "OPENQASM 3.0; qubit q; bit b; U(1, 0, 0) q; b = measure q;"


class Bench:
    """Two slots that lend each other their CPUs, and the counts and reports of what ran there."""

    def __init__(self, slots: list[Slot], words: SpareWords) -> None:
        self.written: dict[int, int] = {}
        self._words = words
        self.seconds: dict[int, float] = {}
        self._outcomes: dict[int, Counts] = {}
        lender = CpuLender(SLOTS, SLOTS, self._write)
        identity = WorkerIdentity(uuid4(), 1, "0", slots=SLOTS, slot_memory=BUDGET)
        self.desk = Desk()
        self.runners = [
            SlotRunner(
                slot,
                self.desk,
                identity,
                RunTimes(),
                RetryPolicy(),
                time_limit=600.0,
                pools=list,
                cpu=lender.cpu(number),
                observer=self._notice,
            )
            for number, slot in enumerate(slots)
        ]

    def begin(self, slot: int, text: str, epoch: int) -> None:
        payload = json.dumps({"qc": text, "shots": 1000}).encode()
        lease = Lease(UUID(int=1), epoch, 0, 0, Priority.NORMAL, Lane.FRESH, 0.01, payload, None)
        self.desk.take([lease])
        self.runners[slot].begin([lease])

    async def counts(self, epoch: int) -> Counts:
        await wait_until(lambda: epoch in self._outcomes, 300, what="the circuit ends")
        return self._outcomes[epoch]

    def _write(self, slot: int, number: int) -> None:
        self._words.write(slot, number)
        self.written[slot] = number

    def _notice(self, event: Event) -> None:
        if isinstance(event, RunEnded) and isinstance(event.end, Counts):
            self._outcomes[event.lease.epoch] = event.end
            self.seconds[event.lease.epoch] = event.seconds


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        words = stack.enter_context(SpareWords(SLOTS))
        spawner = Spawner(forkserver_environment(os.environ), spare_words=words.descriptor)
        stack.push_async_callback(spawner.stop)
        await spawner.start()
        limits = [ChildLimits(BUDGET, 30, task_seconds=600, slot=number) for number in range(SLOTS)]
        slots = [
            await stack.enter_async_context(new_slot(spawner, SlotLimits(each))) for each in limits
        ]
        yield Bench(slots, words)


async def test_a_long_circuit_runs_in_one_thread_beside_an_idle_slot(bench: Bench) -> None:
    circuit = state_vector_circuit(20, 10)
    bench.begin(0, circuit, epoch=1)
    alone = await bench.counts(1)
    assert alone.report["threads"] == 2
    counters = bench.runners[0].counters
    assert counters.seconds > 1.2 * bench.seconds[1]
    assert bench.written == {0: 0}


async def test_the_cpu_is_taken_back_too_late_or_counts_depend_on_it(bench: Bench) -> None:
    circuit = state_vector_circuit(20, 8)
    bench.begin(0, circuit, epoch=1)
    await wait_until(lambda: bench.written.get(0) == 1, what="the idle CPU is lent")
    bench.begin(1, SHORT, epoch=2)
    assert bench.written == {0: 0}
    assert (await bench.counts(2)).report["threads"] == 1
    interrupted = await bench.counts(1)
    bench.begin(0, state_vector_circuit(20, 8, number=2), epoch=3)
    bench.begin(1, circuit, epoch=4)
    assert (await bench.counts(4)).body == interrupted.body
