"""The final state of a circuit so small that calling a simulator takes longer than simulating it.

A Bell circuit is four amplitudes and two gates: some microseconds in Python, while making a
simulator's state, circuit and arrays takes ten times as long.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Final

from qcexec_engine import gates
from qcexec_engine.program import Gate, Operation

# In gates times amplitudes.
_MOST_WORK: Final = 256
FIXED_SECONDS: Final = 110e-6
_SECONDS: Final = 0.25e-6


def seconds(num_gates: int, num_qubits: int) -> float:
    """What it takes to get from a small circuit to its distribution, at the reference speed."""
    return FIXED_SECONDS + (num_gates << num_qubits) * _SECONDS


def is_small(gate_counts: Mapping[tuple[str, int], int], num_qubits: int) -> bool:
    """Whether a circuit is quicker simulated here, and can be: all its gates have one target."""
    num_gates = 0
    for (name, _), count in gate_counts.items():
        if gates.NUM_TARGETS.get(name) != 1:
            return False
        num_gates += count
    return num_gates << num_qubits <= _MOST_WORK


def probabilities(
    operations: Sequence[Operation], num_qubits: int, measured: Sequence[int]
) -> list[float]:
    """How likely each outcome of the measured qubits is after gates on |0...0>.

    Bit j of an outcome's number is the j-th measured qubit. The sum is one but for rounding.

    Raises:
        ValueError: an operation is no gate on one target.
    """
    size = 1 << num_qubits
    amplitudes = [0j] * size
    amplitudes[0] = 1 + 0j
    for operation in operations:
        if type(operation) is not Gate or len(operation.qubits) != operation.controls + 1:
            raise ValueError(f"no gate on one target: {operation}")
        name, angles, qubits, controls = operation
        target = 1 << qubits[controls]
        needed = 0
        for control in qubits[:controls]:
            needed |= 1 << control
        zero_zero, zero_one, one_zero, one_one = _entries(name, angles)
        for low, high in _pairs(size, target, needed):
            zero = amplitudes[low]
            one = amplitudes[high]
            if zero or one:
                amplitudes[low] = zero_zero * zero + zero_one * one
                amplitudes[high] = one_zero * zero + one_one * one
    likely = [0.0] * (1 << len(measured))
    for amplitude, outcome in zip(amplitudes, _shown(size, tuple(measured)), strict=True):
        likely[outcome] += amplitude.real * amplitude.real + amplitude.imag * amplitude.imag
    return likely


@functools.lru_cache(maxsize=256)
def _pairs(size: int, target: int, needed: int) -> tuple[tuple[int, int], ...]:
    """The basis states that a gate mixes: those with all needed bits, and the target zero, one."""
    return tuple(
        [(low, low | target) for low in range(size) if not low & target and low & needed == needed]
    )


@functools.lru_cache(maxsize=256)
def _shown(size: int, measured: tuple[int, ...]) -> tuple[int, ...]:
    """What the measured qubits show of each basis state."""
    return tuple(
        sum((index >> qubit & 1) << bit for bit, qubit in enumerate(measured))
        for index in range(size)
    )


@functools.lru_cache(maxsize=256)
def _entries(name: str, angles: tuple[float, ...]) -> tuple[complex, complex, complex, complex]:
    (zero_zero, zero_one), (one_zero, one_one) = gates.matrix(name, angles).tolist()
    return zero_zero, zero_one, one_zero, one_one
