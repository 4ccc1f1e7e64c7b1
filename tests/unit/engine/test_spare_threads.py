"""CPUs that are lent to a run change how long it takes, and nothing else."""

from __future__ import annotations

from array import array

import pytest

from qcexec_engine import Completed, Engine, Limits
from support.circuits import state_vector_circuit

LIMITS = Limits(memory_bytes=1 << 28, precision="double", cache_bytes=1 << 27)
FINAL = state_vector_circuit(18, 1)
ON_THE_WAY = FINAL.replace("c = measure q;", "c[0] = measure q[0]; x q[0]; h q[1]; c = measure q;")


def completed(engine: Engine, text: str) -> Completed:
    outcome = engine.run(text, 100, seed=7)
    assert isinstance(outcome, Completed)
    return outcome


@pytest.mark.parametrize("text", [FINAL, ON_THE_WAY], ids=["at the end", "on the way"])
def test_lent_cpus_are_not_used_or_change_more_than_the_time(text: str) -> None:
    alone = completed(Engine(LIMITS), text)
    word = array("i", [2])
    lent = completed(Engine(LIMITS, spare_threads=memoryview(word)), text)
    assert (alone.report.threads, lent.report.threads) == (1, 3)
    assert lent.counts == alone.counts
    for name in ("method", "reason", "memory_bytes", "predicted_ms"):
        assert getattr(lent.report, name) == getattr(alone.report, name)


def test_a_run_that_takes_a_kept_state_tells_of_the_threads_before() -> None:
    engine = Engine(LIMITS, spare_threads=memoryview(array("i", [1])))
    assert completed(engine, FINAL).report.threads == 2
    again = completed(engine, FINAL)
    assert (again.report.cached, again.report.threads) == ("state", 1)


def test_cpus_that_were_taken_back_are_used() -> None:
    word = array("i", [1])
    engine = Engine(LIMITS, spare_threads=memoryview(word))
    assert completed(engine, FINAL).report.threads == 2
    word[0] = 0
    assert completed(engine, state_vector_circuit(18, 1, number=2)).report.threads == 1
