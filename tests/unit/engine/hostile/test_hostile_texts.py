"""Hostile texts end in a typed error or in the right counts, soon.

Here they are read and run in the test's own process; `tests/faults/test_hostile_circuits.py` does
it in the confinement that a worker gives its children.
"""

import time

import pytest

from qcexec_engine import Completed, DoesNotFit, EngineError, Limits, run
from support.hostile import CORPUS, Hostile

LIMITS = Limits(memory_bytes=256 << 20, task_seconds=5, max_qubits=30)
# Recursion that goes to and fro where CPython 3.11 begins a new piece of its stack of frames takes
# four times as long, and where that is depends on what called the test.
PATIENCE_SECONDS = 60


def run_to_its_end(text: str, shots: int) -> Completed | DoesNotFit | EngineError:
    try:
        return run(text, shots, 1, LIMITS)
    except EngineError as error:
        return error


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case.name)
def test_a_hostile_text_ends_soon_and_as_it_must(case: Hostile) -> None:
    text = case.text()
    begun = time.monotonic()
    ending = "does_not_fit"
    match run_to_its_end(text, case.shots):
        case EngineError() as error:
            ending = error.code
            assert 0 < len(str(error)) < 1000
            line_ends = text.count("\n") + text.count("\r")
            assert error.line is None or 1 <= error.line <= line_ends + 1
        case Completed(counts, _):
            ending = "completed"
            assert sum(counts.values()) == case.shots
            assert case.counts is None or set(counts) == set(case.counts)
    assert ending in case.endings
    assert time.monotonic() - begun < PATIENCE_SECONDS
