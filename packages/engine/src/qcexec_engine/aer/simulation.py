"""Runs a circuit on Aer, in one thread."""

from __future__ import annotations

import functools
import importlib.util
import mmap
import re
from typing import Any, Final

import numpy
from numpy.typing import NDArray

from qcexec_engine.aer.circuit import build
from qcexec_engine.aer.dialects import Dialect, tensors
from qcexec_engine.analysis.circuit import Circuit
from qcexec_engine.errors import EngineError
from qcexec_engine.limits import Limits
from qcexec_engine.outcomes import Outcomes
from qcexec_engine.program import Block, Program


@functools.cache
def missing() -> str | None:
    """Why Aer cannot be used on this machine; None where it can."""
    if importlib.util.find_spec("qiskit_aer") is None:
        return "qiskit-aer is not installed here"
    return None


class PreparedForAer:
    """A `qcexec_engine.methods.method.Prepared`: a circuit in Aer's operations.

    Aer computes the final state anew for each sampling, and hands none out that could be kept.
    """

    kept_bytes: Final = None

    def __init__(self, circuit: Circuit, aer_method: str, dialect: Dialect, limits: Limits) -> None:
        """Writes the circuit for one of Aer's methods."""
        program = circuit.program
        self._num_bits = program.num_bits
        self._unmeasured = 0
        if circuit.terminal is not None:
            # Written into Aer's memory, it would make Aer run every shot on its own.
            measured = sum(1 << bit for _, bit in circuit.terminal)
            self._unmeasured = program.initial_memory & ~measured
            program = program._replace(initial_memory=0)
        self._circuit = build(program, dialect)
        self._limits = limits
        self._options = {"method": aer_method}

    def sample(self, shots: int, seed: int) -> Outcomes:
        """As the protocol has it."""
        unmeasured = self._unmeasured
        # Aer takes seeds of 63 bits.
        seed &= (1 << 63) - 1
        options = {**self._options, "shots": shots, "seed_simulator": seed}
        counts: dict[str, int] = _run(self._circuit, self._limits, options)["counts"]
        return Outcomes.of_values(
            {int(key, 16) | unmeasured: count for key, count in counts.items()}, self._num_bits
        )


def final_tensors(num_qubits: int, gates: Block, limits: Limits) -> list[NDArray[Any]]:
    """What gates and unitaries make of |0...0>, as a matrix product state.

    Gives a tensor of shape (left bond, 2, right bond) for each qubit; the amplitude of bits b is
    the product of the matrices `tensors[k][:, b[k], :]`.

    Raises:
        MemoryError: the process could not get the memory.
        EngineError: the simulator failed otherwise.
    """
    from qiskit_aer.library import SaveMatrixProductState

    # These libraries do not survive being refused.
    try:
        mmap.mmap(-1, LIBRARY_BYTES).close()
    except OSError as error:
        raise MemoryError("no memory for the libraries for linear algebra") from error
    circuit = build(Program(num_qubits, (), gates, 0), tensors)
    circuit.append(SaveMatrixProductState(num_qubits, label=_SAVED), circuit.qubits)
    options = {"method": "matrix_product_state", "shots": 1}
    matrices, values = _run(circuit, limits, options)[_SAVED]
    made = [numpy.stack(pair, axis=1) for pair in matrices]
    for tensor, singular_values in zip(made, values, strict=False):
        tensor *= singular_values
    return made


def preload() -> None:
    """Imports what a run imports, and makes the simulator."""
    from qcexec_engine.aer import expressions  # noqa: F401

    simulator()


@functools.cache
def simulator() -> Any:
    """The simulator, made once: it keeps nothing from one run to the next."""
    from qiskit_aer import AerSimulator

    return AerSimulator()


LIBRARY_BYTES: Final = 136 << 20
"""What the libraries for linear algebra map, Aer's and numpy's, when they are first called."""

THREAD_BYTES: Final = 10 << 20
"""What the thread takes in which Aer runs: its stack, and what is allocated for it."""

_SAVED: Final = "state"
_OUT_OF_MEMORY: Final = re.compile("bad_alloc|allocate memory|insufficient memory", re.IGNORECASE)


def _run(circuit: Any, limits: Limits, options: dict[str, Any]) -> Any:
    """What Aer's result holds of a circuit."""
    try:
        job = simulator().run(
            circuit,
            max_parallel_threads=1,
            # Idle qubits are gone already, and truncation can cut off what a jump goes to.
            enable_truncation=False,
            # Zero would mean the machine's whole memory.
            max_memory_mb=max(1, limits.memory_bytes >> 20),
            **options,
        )
    except RuntimeError as error:
        if "new thread" in str(error):
            raise MemoryError("no memory for the simulator's thread") from error
        raise
    result = job.result()
    if not result.success:
        reason = "; ".join(str(part.status) for part in result.results) or str(result.status)
        reason = " ".join(reason.split())
        if _OUT_OF_MEMORY.search(reason):
            raise MemoryError(reason)
        raise EngineError(f"the simulator failed: {reason}")
    return result.data(0)
