"""Real circuits in a confined child: the limits that contain it must not break the engine."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from qcexec_worker.jobs import (
    ChildLimits,
    ChildOutcome,
    Counts,
    DoesNotFit,
    Finished,
    Job,
    Refused,
    SlotLimits,
)
from qcexec_worker.slot import Slot
from qcexec_worker.spawner import Spawner, forkserver_environment
from support.circuits import state_vector_circuit

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
BUDGET = 256 * 2**20
DENSE = {"aer_statevector", "statevector"}


@pytest.fixture
async def slot() -> AsyncIterator[Slot]:
    spawner = Spawner(forkserver_environment(os.environ))
    await spawner.start()
    slot = Slot("tried", spawner, SlotLimits(ChildLimits(BUDGET, max_qubits=30, task_seconds=120)))
    await slot.start()
    yield slot
    await slot.stop()
    await spawner.stop()


async def outcomes(slot: Slot, *circuits: str, shots: int = 100) -> list[ChildOutcome]:
    payloads = [json.dumps({"qc": circuit, "shots": shots}).encode() for circuit in circuits]
    jobs = [Job(key, payload, seed=7) for key, payload in enumerate(payloads)]
    async with asyncio.timeout(120), aclosing(slot.run(jobs)) as events:
        return [event.outcome async for event in events if isinstance(event, Finished)]


def superposition(qubits: int) -> str:
    """A circuit of no Clifford gates alone, so that its state vector is needed."""
    gates = "".join(f"h q[{qubit}]; t q[{qubit}]; h q[{qubit}];" for qubit in range(qubits))
    declared = f"qubit[{qubits}] q; bit[{qubits}] c;"
    return f'OPENQASM 3.0; include "stdgates.inc"; {declared} {gates} c = measure q;'


async def test_the_examples_end_as_they_should_in_one_child(slot: Slot) -> None:
    names = ["bell", "ghz100_clifford", "teleportation", "syntax_error", "qft4", "bell"]
    child = slot.child_pid
    texts = [(EXAMPLES / f"{name}.qasm").read_text() for name in names]
    bell, ghz, teleportation, wrong, qft, again = await outcomes(slot, *texts)
    for outcome in (bell, ghz, teleportation, qft):
        assert isinstance(outcome, Counts)
        assert sum(json.loads(outcome.body).values()) == 100
    assert isinstance(wrong, Refused)
    assert wrong.line is not None
    assert isinstance(bell, Counts)
    assert isinstance(again, Counts)
    assert again.body == bell.body
    assert slot.child_pid == child


async def test_a_state_that_fills_the_budget_runs_and_a_larger_one_does_not_fit(
    slot: Slot,
) -> None:
    circuits = state_vector_circuit(22, 8), state_vector_circuit(26, 14)
    fits, fits_not = await outcomes(slot, *circuits, shots=20_000)
    assert isinstance(fits, Counts)
    assert fits.report["method"] in DENSE
    assert isinstance(fits_not, DoesNotFit)
    assert fits_not.memory_bytes >= 8 * 2**26
    assert fits_not.method in DENSE
    assert fits_not.seconds > 1


async def test_a_text_that_comes_again_is_not_read_again(slot: Slot) -> None:
    bell, qft = ((EXAMPLES / f"{name}.qasm").read_text() for name in ("bell", "qft4"))
    first, other, again = await outcomes(slot, bell, qft, bell)
    for outcome, cached in ((first, {"no"}), (other, {"no"}), (again, {"program", "state"})):
        assert isinstance(outcome, Counts)
        assert outcome.report["cached"] in cached


async def test_what_a_child_keeps_of_circuits_does_not_end_it(slot: Slot) -> None:
    child = slot.child_pid
    texts = [f"{superposition(18)} // {number}" for number in range(40)]
    ended = await outcomes(slot, *texts)
    assert all(isinstance(outcome, Counts) for outcome in ended)
    assert slot.child_pid == child


async def test_a_full_cache_makes_room_for_a_state_that_fills_the_budget(slot: Slot) -> None:
    texts = [f"{superposition(18)} // {number}" for number in range(20)]
    *_, large = await outcomes(slot, *texts, state_vector_circuit(22, 8))
    assert isinstance(large, Counts)


async def test_notes_of_any_length_are_cut_and_end_no_child(slot: Slot) -> None:
    child = slot.child_pid
    bell = (EXAMPLES / "bell.qasm").read_text()
    (outcome,) = await outcomes(slot, f"{bell}\n#pragma {'x' * 20_000}\n")
    assert isinstance(outcome, Counts)
    assert "xxx" in str(outcome.report["notes"])
    assert slot.child_pid == child
