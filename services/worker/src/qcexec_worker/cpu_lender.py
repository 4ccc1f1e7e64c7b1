"""Lends the CPUs of idle slots to long circuits, and takes them back in time.

A slot tells what it does; from that and the time follows what each may take (`allotment`), and is
written where the children see it. A CPU is taken back in the same step in which its slot gets
work, before the child hears of the work. One timer serves all slots, so that tiny circuits cost
next to nothing here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

from qcexec_worker.allotment import Doing, Standing, allot, next_change


class Cpu(Protocol):
    """What a slot tells of its CPU."""

    def got_work(self) -> None:
        """The slot is about to be given work."""

    def circuit_began(self) -> None:
        """A circuit runs."""

    def circuit_ended(self) -> float:
        """It does not run any more. Gives the CPU-seconds that others lent it."""

    def ran_out(self) -> None:
        """The slot has no work."""


class CpuLender:
    """Shares out `cpus` among `slots`; `write(slot, number)` tells a slot of further threads."""

    def __init__(self, slots: int, cpus: int, write: Callable[[int, int], None]) -> None:
        self._cpus = cpus
        self._write = write
        self._standings = [Standing(Doing.NOTHING, time.monotonic())] * slots
        self._lent = [0] * slots
        self._lent_since = [0.0] * slots
        self._lent_seconds = [0.0] * slots
        self._timer: asyncio.TimerHandle | None = None

    def cpu(self, slot: int) -> Cpu:
        """Where the slot tells what it does."""
        return _SlotCpu(self, slot)

    def stands(self, slot: int, doing: Doing) -> None:
        """A slot does something else from now on."""
        gets_work = self._standings[slot].doing is Doing.NOTHING and doing is not Doing.NOTHING
        self._standings[slot] = Standing(doing, time.monotonic())
        if self._lent[slot] or (gets_work and any(self._lent)):
            self._share_out()
        elif self._timer is None:
            self._look_again()

    def take_lent_seconds(self, slot: int) -> float:
        """CPU-seconds that a slot was lent since this was last asked, as far as they are over."""
        lent_seconds = self._lent_seconds[slot]
        self._lent_seconds[slot] = 0.0
        return lent_seconds

    def _share_out(self) -> None:
        now = time.monotonic()
        for slot, number in enumerate(allot(self._standings, self._cpus, now)):
            if number != self._lent[slot]:
                self._write(slot, number)
                self._lent_seconds[slot] += self._lent[slot] * (now - self._lent_since[slot])
                self._lent_since[slot] = now
                self._lent[slot] = number
        if self._timer is None:
            self._look_again()

    def _look_again(self) -> None:
        now = time.monotonic()
        due = next_change(self._standings, now)
        if due is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(due - now, self._time_has_come)

    def _time_has_come(self) -> None:
        self._timer = None
        self._share_out()


class _SlotCpu:
    def __init__(self, lender: CpuLender, slot: int) -> None:
        self._lender = lender
        self._slot = slot

    def got_work(self) -> None:
        self._lender.stands(self._slot, Doing.BETWEEN)

    def circuit_began(self) -> None:
        self._lender.stands(self._slot, Doing.CIRCUIT)

    def circuit_ended(self) -> float:
        self._lender.stands(self._slot, Doing.BETWEEN)
        return self._lender.take_lent_seconds(self._slot)

    def ran_out(self) -> None:
        self._lender.stands(self._slot, Doing.NOTHING)


class OwnCpu:
    """The CPU of a slot that neither lends nor borrows."""

    def got_work(self) -> None:
        """Nothing to be taken back."""

    def circuit_began(self) -> None:
        """Nothing to be given."""

    def circuit_ended(self) -> float:
        """Nothing was lent."""
        return 0.0

    def ran_out(self) -> None:
        """Nothing to be lent."""
