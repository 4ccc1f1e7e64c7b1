"""Runs a planned circuit on Aer, in one thread."""

from __future__ import annotations

import functools
import re

from qiskit_aer import AerSimulator

from qcexec_engine.errors import EngineError
from qcexec_engine.limits import Limits
from qcexec_engine.method import Plan

_OUT_OF_MEMORY = re.compile("bad_alloc|allocate memory|insufficient memory", re.IGNORECASE)


def simulate(plan: Plan, shots: int, seed: int | None, limits: Limits) -> dict[int, int]:
    """Counts by outcome: an integer whose bit i is the circuit's classical bit i.

    Raises:
        MemoryError: the process could not get the memory.
        EngineError: the simulator failed otherwise.
    """
    job = simulator().run(
        plan.circuit,
        shots=shots,
        seed_simulator=seed,
        method=plan.method,
        max_parallel_threads=1,
        # Idle qubits are gone already, and truncation can cut off the end that a branch jumps to.
        enable_truncation=False,
        # Zero would mean the machine's whole memory.
        max_memory_mb=max(1, limits.memory_bytes >> 20),
    )
    result = job.result()
    if not result.success:
        reason = "; ".join(str(part.status) for part in result.results) or str(result.status)
        reason = " ".join(reason.split())
        if _OUT_OF_MEMORY.search(reason):
            raise MemoryError(reason)
        raise EngineError(f"the simulator failed: {reason}")
    return {int(key, 16): count for key, count in result.data(0)["counts"].items()}


@functools.cache
def simulator() -> AerSimulator:
    """The simulator, made once: it keeps nothing from one run to the next."""
    return AerSimulator()
