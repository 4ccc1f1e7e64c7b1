"""From gates to a final state, by the kernel.

Long circuits are planned and run in pieces, so that planning takes little memory beside the state.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy
from numpy.typing import NDArray

from qcexec_engine.dense.kernel_cost import Precision
from qcexec_engine.program import Operation, Unitary
from qcexec_kernel import Control, Gates, Kernel, NoKernel, Plan, SpareMemory, SpareThreads, State


def final_state(
    gates: Sequence[Operation],
    num_qubits: int,
    precision: Precision,
    spare_threads: SpareThreads | None = None,
    spare_memory: SpareMemory | None = None,
) -> State:
    """The state of at least one qubit after gates on |0...0>, up to a common phase.

    Raises:
        MemoryError: the process could not get the memory.
    """
    state = new_state(num_qubits, precision, spare_threads, spare_memory)
    for plan in plans(gates, num_qubits, precision):
        state.run(plan)
    return state


def outcome_probabilities(
    gates: Sequence[Operation], num_qubits: int, measured: Sequence[int], precision: Precision
) -> NDArray[numpy.float64] | list[float]:
    """How likely each outcome of the measured qubits is after gates on |0...0>, without a plan.

    Bit j of an outcome's number is the j-th measured qubit. A few are given as a list.

    Raises:
        MemoryError: the process could not get the memory.
    """
    kernel = _loaded()
    pieces = list(_pieces(gates))
    if len(pieces) > 1:
        with kernel.state(num_qubits, precision) as state:
            for start, end in pieces:
                state.apply(kernel.gates(num_qubits, gates[start:end]))
            return state.probabilities(measured)
    likely = kernel.outcome_probabilities(num_qubits, gates, measured, precision)
    return likely.tolist() if len(likely) <= _FEW_OUTCOMES else numpy.frombuffer(likely)


def plans(gates: Sequence[Operation], num_qubits: int, precision: Precision) -> Iterator[Plan]:
    """The plans that together are the circuit, made one after the other.

    Raises:
        MemoryError: the process could not get the memory.
    """
    kernel = _loaded()
    for start, end in _pieces(gates):
        yield kernel.plan(
            *(num_qubits, gates[start:end], precision),
            begins_in_zero=start == 0,
            probabilities_only=end == len(gates),
        )


def segment_plans(
    gates: Sequence[Operation],
    num_qubits: int,
    precision: Precision,
    control: Control,
    *,
    begins_in_zero: bool,
) -> Iterator[Plan]:
    """The plans that together are gates at the beginning or in the middle of a circuit.

    Raises:
        MemoryError: the process could not get the memory.
        Stopped: the control says so.
    """
    kernel = _loaded()
    for start, end in _pieces(gates):
        yield kernel.plan(
            *(num_qubits, gates[start:end], precision),
            begins_in_zero=begins_in_zero and start == 0,
            control=control,
        )


def segment_gates(gates: Sequence[Operation], num_qubits: int) -> Iterator[Gates]:
    """The same gates for a state that does one after the other, without a plan.

    Raises:
        MemoryError: the process could not get the memory.
    """
    kernel = _loaded()
    if len(gates) < _PIECE // _UNITARY_WEIGHT:
        yield kernel.gates(num_qubits, gates)
        return
    for start, end in _pieces(gates):
        yield kernel.gates(num_qubits, gates[start:end])


def new_state(
    num_qubits: int,
    precision: Precision,
    spare_threads: SpareThreads | None = None,
    spare_memory: SpareMemory | None = None,
    control: Control | None = None,
) -> State:
    """|0...0> of at least one qubit.

    Raises:
        MemoryError: the process could not get the memory.
    """
    return _loaded().state(num_qubits, precision, spare_memory, spare_threads, control)


def variant() -> str:
    """Which variant of the kernel this processor runs; "none" where there is none."""
    kernel = _kernel()
    return "none" if isinstance(kernel, str) else kernel.variant


def missing() -> str | None:
    """Why the kernel cannot be used here, if it cannot."""
    kernel = _kernel()
    return kernel if isinstance(kernel, str) else None


def planning_weight(gate_counts: Mapping[tuple[str, int], int]) -> int:
    """How much planning takes for a circuit at most, in gates: a unitary counts for many."""
    return sum(
        count * (_UNITARY_WEIGHT if name == "unitary" else 1)
        for (name, _), count in gate_counts.items()
    )


def memory_bytes(num_qubits: int, weight: int, precision: Precision) -> int:
    """What a final state takes at most, while it is computed, with the planning's weight."""
    state = (2 * _REAL_BYTES[precision]) << max(num_qubits, _FEWEST_QUBITS)
    chunk = 16 << min(num_qubits, _CHUNK_QUBITS)
    return state + _MOST_TABLES * chunk + min(weight, _PIECE) * _GATE_BYTES + _FIXED_BYTES


def state_bytes(num_qubits: int, precision: Precision) -> int:
    """What the amplitudes take; about that, where there is no kernel."""
    kernel = _kernel()
    if isinstance(kernel, str):
        return (2 * _REAL_BYTES[precision]) << max(num_qubits, _FEWEST_QUBITS)
    return kernel.state_bytes(num_qubits, precision)


def workspace_bytes(num_qubits: int, num_gates: int) -> int:
    """What a run of plans takes at most beside the state, where together they have so many gates.

    States that run in turn share it.
    """
    tables = min(num_gates, _MOST_TABLES) + 2
    return tables * (16 << min(max(num_qubits, _FEWEST_QUBITS), _CHUNK_QUBITS))


def kept_plans_bytes(weight: int) -> int:
    """What plans of so much weight take at most, while they are made, and kept."""
    return min(weight, _PIECE) * _GATE_BYTES + weight * _PLANNED_GATE_BYTES + _FIXED_BYTES


def _pieces(gates: Sequence[Operation]) -> Iterator[tuple[int, int]]:
    """Where each piece begins and ends, of which none weighs more than one gate too much.

    One piece at least, also of nothing.
    """
    start = weight = 0
    for place, gate in enumerate(gates):
        weight += _UNITARY_WEIGHT if type(gate) is Unitary else 1
        if weight >= _PIECE:
            yield start, place + 1
            start, weight = place + 1, 0
    if start < len(gates) or not gates:
        yield start, len(gates)


def _loaded() -> Kernel:
    kernel = _kernel()
    if isinstance(kernel, str):
        raise RuntimeError(kernel)
    return kernel


@functools.cache
def _kernel() -> Kernel | str:
    """The kernel, or why there is none."""
    try:
        return Kernel()
    except NoKernel as error:
        return f"there is no kernel for this machine: {error}"


_FEW_OUTCOMES: Final = 64
_PIECE: Final = 20_000
_UNITARY_WEIGHT: Final = 256
"""One on six qubits, the most that there are: planning takes seven times its matrix."""
_FEWEST_QUBITS: Final = 4
_CHUNK_QUBITS: Final = 14
_MOST_TABLES: Final = 130
"""A stage has 64 tables at most, and as many of its thread's own; beside them a chunk and the table
that is being made."""
_GATE_BYTES: Final = 2048
_PLANNED_GATE_BYTES: Final = 512
_FIXED_BYTES: Final = 2 << 20
_REAL_BYTES: Final = {"double": 8, "single": 4}
