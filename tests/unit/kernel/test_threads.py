"""Threads come to a run and leave it at any moment, and nothing shows it but the time."""

from __future__ import annotations

import mmap
import os
import random
import threading
import time
from array import array
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy
import pytest

from qcexec_kernel import Kernel, Plan, Precision, SpareThreads, State, Stopped
from unit.kernel.circuits import layered
from unit.kernel.little_memory import said_by
from unit.kernel.reference import Gate, Unitary

_DEADLINE_SECONDS = 60
_MANY = 30


class Word:
    """A word that says how many further threads may work."""

    def __init__(self) -> None:
        self._word = array("i", [0])
        self.spare = SpareThreads(memoryview(self._word))

    def set(self, number: int) -> None:
        self._word[0] = number


@contextmanager
def _changing(word: Word) -> Iterator[None]:
    """Lets the word change all the time."""
    ended = threading.Event()
    generator = random.Random(7)

    def change() -> None:
        while not ended.wait(0.0005):
            word.set(generator.choice([0, 0, 1, 2, 5]))

    changer = threading.Thread(target=change)
    changer.start()
    try:
        yield
    finally:
        ended.set()
        changer.join()


@pytest.mark.parametrize("precision", ["double", "single"])
def test_threads_that_come_and_leave_change_an_amplitude(
    kernel: Kernel, precision: Precision
) -> None:
    plan = kernel.plan(18, layered(18, 6), precision)
    word = Word()
    with kernel.state(18, precision, spare_threads=word.spare) as state:
        state.run(plan)
        expected = state.amplitudes()
        with _changing(word):
            for _ in range(12):
                state.run(plan)
                assert numpy.array_equal(state.amplitudes(), expected)
    assert word.spare.most_threads > 1


def test_a_run_takes_more_threads_than_it_may(kernel: Kernel) -> None:
    word = Word()
    plan = kernel.plan(18, layered(18, 5))
    with kernel.state(18, spare_threads=word.spare) as state:
        for number in (0, 1, 2):
            word.set(number)
            word.spare.most_threads = 1
            state.run(plan)
            assert word.spare.most_threads == 1 + number


def test_threads_are_taken_for_what_is_soon_done(kernel: Kernel) -> None:
    word = Word()
    word.set(3)
    with kernel.state(15, spare_threads=word.spare) as state:
        state.run(kernel.plan(15, [Gate("h", (), (14,))]))
    assert word.spare.most_threads == 1


def test_a_word_of_another_kind_is_taken() -> None:
    for word in (memoryview(bytes(8)), memoryview(bytes(8))[1:5]):
        with pytest.raises(ValueError, match="four bytes"):
            SpareThreads(word)


def test_a_thread_comes_or_leaves_with_the_next_stage_only(kernel: Kernel) -> None:
    plan = _one_stage(kernel)
    word = Word()
    threads = _num_threads()
    with (
        kernel.state(plan.num_qubits, spare_threads=word.spare) as state,
        ThreadPoolExecutor(1) as pool,
    ):
        running = pool.submit(_run, state, plan)
        try:
            for number in (0, 2, 0, 1):
                word.set(number)
                _await_threads(threads + 1 + number, running)
        finally:
            state.control.stop = 1
        assert running.result() == "stopped"


def test_threads_that_have_ended_leave_memory_behind(kernel: Kernel) -> None:
    word = Word()
    plan = kernel.plan(18, layered(18, 5))
    with kernel.state(18, spare_threads=word.spare) as state:
        state.run(plan)
        before = _mapped_bytes()
        word.set(8)
        state.run(plan)
        assert word.spare.most_threads == 9
        assert _mapped_bytes() < before + (256 << 10)


def test_a_run_with_no_memory_for_further_threads_fails() -> None:
    free = _in_little_memory(1 << 40)
    tight = _in_little_memory(free.run_bytes + (4 << 20))
    assert tight.most_threads < free.most_threads == 1 + _MANY
    assert tight.drawn == free.drawn


def _one_stage(kernel: Kernel) -> Plan:
    """A plan whose only stage takes seconds."""
    reflection = numpy.identity(256, dtype=complex) - 2 / 256
    plan = kernel.plan(24, [Unitary(reflection, tuple(range(8)))], begins_in_zero=False)
    assert plan.stages == 1
    return plan


def _run(state: State, plan: Plan) -> str:
    try:
        state.run(plan)
    except Stopped:
        return "stopped"
    return "done"


def _mapped_bytes() -> int:
    pages = Path("/proc/self/statm").read_text().split()[0]
    return int(pages) * mmap.PAGESIZE


def _num_threads() -> int:
    return len(list(Path("/proc/self/task").iterdir()))


def _await_threads(number: int, running: Future[str]) -> None:
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while _num_threads() != number:
        assert not running.done()
        assert time.monotonic() < deadline
        os.sched_yield()


class Outcome(NamedTuple):
    """What a run in little memory took, and what was drawn from its state."""

    most_threads: int
    run_bytes: int
    drawn: Sequence[int]


def _in_little_memory(num_bytes: int) -> Outcome:
    """Runs a circuit in so much more than Python had already, with CPUs for many threads."""
    return Outcome(*said_by(_PROGRAM, num_bytes, _MANY))


_PROGRAM = """
    word = numpy.array([number], dtype=numpy.int32)
    spare = SpareThreads(memoryview(word))
    plan = kernel.plan(22, circuit)
    limit()
    with kernel.state(22, spare_threads=spare) as state:
        state.run(plan)
        drawn = state.sample(range(22), uniforms).tolist()
    print(json.dumps([spare.most_threads, kernel.state_bytes(22) + plan.workspace_bytes(), drawn]))
"""
