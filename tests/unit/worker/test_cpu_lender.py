"""When the CPUs of idle slots are given and taken back."""

from __future__ import annotations

import time

from qcexec_worker.cpu_lender import CpuLender
from support.waiting import wait_until


class Words(dict[int, int]):
    """What was written for each slot last."""

    def write(self, slot: int, number: int) -> None:
        self[slot] = number


async def test_a_long_circuit_is_not_given_an_idle_cpu_or_keeps_it() -> None:
    words = Words()
    lender = CpuLender(2, 2, words.write)
    first, second = lender.cpu(0), lender.cpu(1)
    first.got_work()
    first.circuit_began()
    assert not words
    await wait_until(lambda: words.get(0) == 1, what="the idle CPU is lent")
    second.got_work()
    assert words == {0: 0}
    second.circuit_began()
    second.circuit_ended()
    second.ran_out()
    assert words == {0: 0}
    await wait_until(lambda: words.get(0) == 1, what="the CPU is lent again")
    first.circuit_ended()
    assert words == {0: 0}


async def test_a_circuit_that_waits_behind_a_long_one_inherits_its_cpus() -> None:
    words = Words()
    cpu = CpuLender(1, 4, words.write).cpu(0)
    cpu.got_work()
    cpu.circuit_began()
    await wait_until(lambda: words.get(0) == 3, what="the CPUs without a slot are lent")
    cpu.circuit_ended()
    cpu.circuit_began()
    assert words == {0: 0}
    assert cpu.circuit_ended() == 0


async def test_the_seconds_of_lent_cpus_are_lost() -> None:
    words = Words()
    began = time.monotonic()
    cpu = CpuLender(1, 4, words.write).cpu(0)
    cpu.got_work()
    cpu.circuit_began()
    await wait_until(lambda: words.get(0) == 3, what="CPUs are lent")
    seen = time.monotonic()
    await wait_until(lambda: time.monotonic() > seen + 0.05, what="they work for a while")
    lent_seconds = cpu.circuit_ended()
    assert 3 * 0.05 <= lent_seconds <= 3 * (time.monotonic() - began)


async def test_a_circuit_that_ends_leaves_its_cpu_unused() -> None:
    words = Words()
    lender = CpuLender(3, 3, words.write)
    cpus = [lender.cpu(number) for number in range(2)]
    for cpu in cpus:
        cpu.got_work()
        cpu.circuit_began()
    await wait_until(lambda: words.get(0) == 1, what="the older circuit gets the idle CPU")
    cpus[1].circuit_ended()
    cpus[1].ran_out()
    await wait_until(lambda: words.get(0) == 2, what="it gets both idle CPUs")
