"""A circuit's plan: made once, run any number of times.

A plan is two arrays of 64-bit words and numbers, kept as bytes, so that it can be stored, weighed
and compared; c/plan_words.h says what they hold. The library checks them before each run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ctypes import addressof, string_at
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from qcexec_kernel.errors import OutOfMemory
from qcexec_kernel.library import (
    REAL_BYTES,
    SMALLEST_STATE_QUBITS,
    Circuit,
    Control,
    Functions,
    MadePlan,
    Measures,
    Planning,
    Precision,
    check,
)
from qcexec_kernel.operations import encode, encoding_bytes, kept_bytes

CHUNK_QUBITS: Final[Mapping[Precision, int]] = MappingProxyType({"double": 14, "single": 15})
"""A chunk lies in the second cache."""

CONTIGUOUS_QUBITS: Final = 6
"""Chunks are made of runs of so many amplitudes: a few cache lines."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What a run does.

    Attributes:
        num_qubits: of the circuit.
        precision: of the amplitudes.
        words, numbers: the plan as the library reads it.
        measures: what it takes, as the library found.
        planning_bytes: what making it took at most, beside the operations themselves; 0 for a plan
            that was read.
    """

    num_qubits: int
    precision: Precision
    words: bytes
    numbers: bytes
    measures: Measures
    planning_bytes: int = 0

    @property
    def begins_in_zero(self) -> bool:
        """Whether a run begins in |0...0>, rather than in the state that is there."""
        return self._word(2) != 0

    @property
    def state_qubits(self) -> int:
        """How many qubits the state has."""
        return max(self.num_qubits, SMALLEST_STATE_QUBITS)

    @property
    def positions(self) -> list[int]:
        """Which qubit of the state holds each of the circuit's after a run."""
        return memoryview(self.words).cast("q")[4 : 4 + self.state_qubits].tolist()

    @property
    def flips(self) -> int:
        """Which qubits of the state have their zeros and ones exchanged after a run, as a mask."""
        return self._word(4 + self.state_qubits)

    @property
    def scale(self) -> float:
        """What the amplitudes must be multiplied by after a run."""
        return memoryview(self.numbers).cast("d")[0]

    @property
    def stages(self) -> int:
        """How often the state is taken from memory, chunk by chunk."""
        return int(self.measures.num_stages)

    @property
    def passes(self) -> float:
        """The same counted in whole states: at first a part of it is known to be zero."""
        return float(self.measures.passes)

    @property
    def multiply_adds(self) -> float:
        """How many multiply-adds of real numbers a run takes."""
        return float(self.measures.multiply_adds)

    @property
    def kept_bytes(self) -> int:
        """What keeping the plan takes."""
        return len(self.words) + len(self.numbers)

    def workspace_bytes(self, threads: int = 1) -> int:
        """What a run takes beside the state; that for further threads only if it is there."""
        measures = self.measures
        return max(1, int(measures.stage_bytes + threads * measures.thread_bytes))

    def describe(self) -> str:
        """The plan in a few lines, for people."""
        measures = self.measures
        return (
            f"{self.stages} stages, {self.passes:.1f} passes over"
            f" {self.state_qubits} qubits in {self.precision} precision\n"
            f"{measures.num_steps} steps: {measures.num_tables} tables of phases,"
            f" {measures.num_rotations} rotations, {measures.num_crosses} rotations of two qubits,"
            f" {measures.num_dense} dense unitaries\n"
            f"{self.multiply_adds:.3g} multiply-adds,"
            f" {self.multiply_adds / 2.0**self.state_qubits:.0f} an amplitude"
        )

    def _word(self, index: int) -> int:
        return memoryview(self.words).cast("q")[index]


def make_plan(
    functions: Functions,
    num_qubits: int,
    operations: Sequence[Any],
    precision: Precision = "double",
    *,
    begins_in_zero: bool = True,
    probabilities_only: bool = False,
    chunk_qubits: int | None = None,
    contiguous_qubits: int = CONTIGUOUS_QUBITS,
    control: Control | None = None,
) -> Plan:
    """Plans a circuit.

    Args:
        functions: the library's, for the precision.
        num_qubits: how many qubits the circuit has, from 1 on.
        operations: gates as (name, angles, qubits, controls) and unitaries as (matrix, qubits,
            controls), in Qiskit's conventions.
        precision: of the amplitudes.
        begins_in_zero: whether a run begins in |0...0>, rather than in the state that is there.
        probabilities_only: whether the phases of the final amplitudes may be left out.
        chunk_qubits: how many qubits' amplitudes a chunk has; None is what suits the caches.
        contiguous_qubits: how many of them, the lowest ones, are in every chunk.
        control: ends planning when another thread sets its `stop`.

    Raises:
        UnknownOperation: the circuit holds something that the kernel does not know.
        OutOfMemory: there is no memory for the plan.
        Stopped: the control told to end.
    """
    encoded = encode(operations)
    names, num_operands, num_controls, operands, angles = encoded
    state_qubits = max(num_qubits, SMALLEST_STATE_QUBITS)
    chunk = min(chunk_qubits or CHUNK_QUBITS[precision], state_qubits)
    planning = Planning(
        *(REAL_BYTES[precision], begins_in_zero, probabilities_only),
        *(chunk, min(contiguous_qubits, chunk), None if control is None else addressof(control)),
    )
    circuit = Circuit(
        *(state_qubits, len(names), names, num_operands, num_controls, operands),
        *(angles.buffer_info()[0], len(operands), len(angles)),
    )
    made = MadePlan()
    check(functions.make_plan(circuit, planning, made), "planning a circuit")
    try:
        words = string_at(made.words, 8 * made.num_words)
        numbers = string_at(made.numbers, 8 * made.num_numbers)
    except MemoryError as error:
        raise OutOfMemory("keeping a plan: there is not enough memory") from error
    finally:
        functions.free_plan(made)
    planning_bytes = max(
        encoding_bytes(encoded),
        kept_bytes(encoded) + made.planning_bytes + len(words) + len(numbers),
    )
    return Plan(num_qubits, precision, words, numbers, made.measures, planning_bytes)


def read_plan(
    functions: Functions, num_qubits: int, precision: Precision, words: bytes, numbers: bytes
) -> Plan:
    """A plan from its arrays.

    Raises:
        BrokenPlan: they contradict themselves, or belong to other states.
    """
    measures = Measures()
    result = functions.measure_plan(
        *(max(num_qubits, SMALLEST_STATE_QUBITS), words, len(words) // 8),
        *(numbers, len(numbers) // 8, REAL_BYTES[precision], measures),
    )
    check(result, "reading a plan")
    return Plan(num_qubits, precision, words, numbers, measures)
