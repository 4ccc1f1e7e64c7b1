"""All amplitudes at once, by a kernel of our own: few passes over memory for the whole circuit.

The final state becomes the distribution of the measured qubits, or, where these are many, is drawn
from as it is. Precision is double. It is single where double does not fit into memory, or would
take long, and the circuit is not deeper than rounding allows: a test bounds what it may change.
"""

from __future__ import annotations

from typing import Final

import numpy

from qcexec_engine.analysis.circuit import Circuit
from qcexec_engine.dense import dense_cost, kernel_cost, kernel_run
from qcexec_engine.dense.kernel_cost import Precision
from qcexec_engine.limits import Limits
from qcexec_engine.methods.method import Cost, Prepared
from qcexec_engine.methods.statevector import FinalState
from qcexec_engine.outcomes import Outcomes
from qcexec_engine.program import Measure
from qcexec_engine.readout import Readout
from qcexec_engine.sampling import Distribution, random_numbers
from qcexec_kernel import State

DEEPEST_SINGLE: Final = 200
"""Up to this depth single precision changes no count that anybody could notice."""


class KernelMethod:
    """A `qcexec_engine.methods.method.Method`."""

    name: Final = "kernel"

    def missing(self) -> str | None:
        """Why the kernel cannot be used here, if it cannot."""
        return kernel_run.missing()

    def floor_seconds(self, circuit: Circuit) -> float:  # noqa: ARG002
        """As the protocol has it."""
        return kernel_cost.FIXED_SECONDS

    def cost(self, circuit: Circuit, shots: int, limits: Limits) -> Cost | None:
        """None for circuits that measure in the middle, or have more qubits than allowed."""
        terminal = circuit.terminal
        if terminal is None or not 0 < circuit.num_qubits <= limits.max_qubits:
            return None
        precision = _precision(circuit, limits)
        seconds = kernel_cost.seconds(circuit.gate_counts, circuit.num_qubits, precision)
        seconds += dense_cost.sampling_seconds(len(terminal), shots)
        reason = f"measured at the end; {precision} precision, {kernel_run.variant()}"
        return Cost(seconds, _memory_bytes(circuit, precision, shots), reason)

    def prepare(self, circuit: Circuit, limits: Limits) -> Prepared:
        """Computes the final state."""
        terminal = circuit.terminal
        if terminal is None:
            raise ValueError("the circuit measures in the middle")
        program = circuit.program
        readout = Readout(terminal, program.num_bits, program.initial_memory)
        gates = program.operations[: len(program.operations) - len(terminal)]
        state = kernel_run.final_state(gates, circuit.num_qubits, _precision(circuit, limits))
        if len(readout.qubits) > _SUMMED_QUBITS:
            return HeldState(state, readout)
        with state:
            return FinalState(Distribution(state.probabilities(readout.qubits)), readout)

    def describe(self, circuit: Circuit, limits: Limits) -> str:
        """How the kernel would run a circuit: stages, passes over the state, and work."""
        gates = [
            operation for operation in circuit.program.operations if type(operation) is not Measure
        ]
        precision = _precision(circuit, limits)
        planned = kernel_run.plans(gates, circuit.num_qubits, precision)
        return "\n".join(plan.describe() for plan in planned)


class HeldState:
    """The final state itself, ready to be drawn from."""

    def __init__(self, state: State, readout: Readout) -> None:
        self._state = state
        self._readout = readout

    @property
    def kept_bytes(self) -> int:
        """The amplitudes."""
        return self._state.num_bytes

    def sample(self, shots: int, seed: int) -> Outcomes:
        """So many shots, counted."""
        uniforms = random_numbers(seed).random(shots)
        uniforms.sort()
        drawn = self._state.sample(self._readout.qubits, uniforms).view(numpy.int64)
        numbers, counts = numpy.unique(drawn, return_counts=True)
        return Outcomes(self._readout.rows(numbers), counts)


KERNEL: Final = KernelMethod()

_SUMMED_QUBITS: Final = 16
"""Of more qubits the outcomes are too many to sum the probability of each."""
_BYTES_PER_SHOT: Final = 100
_FIXED_BYTES: Final = 4 << 20


def _precision(circuit: Circuit, limits: Limits) -> Precision:
    """Which precision a circuit runs in; follows from the circuit and the limits alone."""
    if limits.precision != "auto":
        return limits.precision
    if circuit.depth > DEEPEST_SINGLE:
        return "double"
    seconds = kernel_cost.seconds(circuit.gate_counts, circuit.num_qubits, "double")
    if seconds > limits.single_precision_after_seconds:
        return "single"
    fits = _memory_bytes(circuit, "double", shots=1) <= limits.memory_bytes
    return "double" if fits else "single"


def _memory_bytes(circuit: Circuit, precision: Precision, shots: int) -> int:
    num_measured = len(circuit.terminal or ())
    row_bytes = -(-circuit.program.num_bits // 8)
    weight = kernel_run.planning_weight(circuit.gate_counts)
    return (
        kernel_run.memory_bytes(circuit.num_qubits, weight, precision)
        + (16 << min(num_measured, _SUMMED_QUBITS))
        + shots * (_BYTES_PER_SHOT + 2 * row_bytes)
        + _FIXED_BYTES
    )
