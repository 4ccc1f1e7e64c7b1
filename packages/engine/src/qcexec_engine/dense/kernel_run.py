"""From gates to a final state, by the kernel.

Long circuits are planned and run in pieces, so that planning takes little memory beside the state.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from qcexec_engine.dense.kernel_cost import Precision
from qcexec_engine.program import Operation, Unitary
from qcexec_kernel import Kernel, NoKernel, Plan, State


def final_state(gates: Sequence[Operation], num_qubits: int, precision: Precision) -> State:
    """The state of at least one qubit after gates on |0...0>, up to a common phase.

    Raises:
        MemoryError: the process could not get the memory.
    """
    state = _loaded().state(num_qubits, precision)
    for plan in plans(gates, num_qubits, precision):
        state.run(plan)
    return state


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


def segment_plans(gates: Sequence[Operation], num_qubits: int) -> Iterator[Plan]:
    """The plans that together are gates in the middle of a circuit, in double precision.

    Raises:
        MemoryError: the process could not get the memory.
    """
    kernel = _loaded()
    for start, end in _pieces(gates):
        yield kernel.plan(num_qubits, gates[start:end], "double", begins_in_zero=False)


def zero_state(num_qubits: int) -> State:
    """|0...0> of at least one qubit, in double precision.

    Raises:
        MemoryError: the process could not get the memory.
    """
    return _loaded().state(num_qubits, "double")


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


def waiting_state_bytes(num_qubits: int, num_gates: int) -> int:
    """What one of many states takes at most, between plans that together have so many gates."""
    tables = min(num_gates, _MOST_TABLES) + 2
    chunk = 16 << min(num_qubits, _CHUNK_QUBITS)
    return (16 << max(num_qubits, _FEWEST_QUBITS)) + tables * chunk


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
