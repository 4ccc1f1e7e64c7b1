"""Hostile texts end in a typed error or in the right counts, soon.

Here they are read and run in the test's own process; `tests/faults/test_hostile_circuits.py` does
it in the confinement that a worker gives its children.
"""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from qcexec_engine import Completed, DoesNotFit, EngineError, Limits, run
from support.hostile import CORPUS, Hostile

LIMITS = Limits(memory_bytes=256 << 20, task_seconds=5, max_qubits=30)
PATIENCE_SECONDS = 20


def run_to_its_end(text: str, shots: int) -> Completed | DoesNotFit | EngineError:
    """In a thread of its own, whose stack begins anew, as a child's does.

    At some depths of the stack nested loops take three to four times as long, and how deep it is
    here depends on what runs the tests.
    """

    def ending() -> Completed | DoesNotFit | EngineError:
        try:
            return run(text, shots, 1, LIMITS)
        except EngineError as error:
            return error

    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(ending).result()


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
