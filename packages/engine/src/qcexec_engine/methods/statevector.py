"""All amplitudes at once, by a kernel of our own, for circuits that measure at the end.

Three ways lead to the final state. A plan takes few passes over memory for the whole circuit; gates
are done one after the other where making a plan would take longer than that; and a circuit of a few
gates and amplitudes is done in Python before the kernel could be called. The quickest is taken, by
its estimate.

The final state becomes the distribution of the measured qubits, or, where these are many, is drawn
from as it is. Precision is double. It is single where double does not fit into memory, or would
take long, and the circuit is not deeper than rounding allows: a test bounds what it may change.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from qcexec_engine.analysis.circuit import Circuit
from qcexec_engine.dense import direct_cost, kernel_cost, kernel_run, small_state
from qcexec_engine.dense.kernel_cost import Precision
from qcexec_engine.limits import Limits
from qcexec_engine.methods.final_state import HeldState, SummedState
from qcexec_engine.methods.method import Cost, Prepared
from qcexec_engine.program import Operation
from qcexec_engine.readout import Readout
from qcexec_engine.sampling import Distribution, sampling_seconds

DEEPEST_SINGLE: Final = 200
"""Up to this depth single precision changes no count that anybody could notice."""


Way: TypeAlias = Literal["few amplitudes, in Python", "gate by gate", "planned"]
"""How a circuit's gates are done."""


class Statevector:
    """A `qcexec_engine.methods.method.Method`."""

    name: Final = "statevector"

    def missing(self) -> str | None:
        """Why the kernel cannot be used here, if it cannot."""
        return kernel_run.missing()

    def floor_seconds(self, circuit: Circuit) -> float:  # noqa: ARG002
        """As the protocol has it."""
        return min(small_state.FIXED_SECONDS, direct_cost.FIXED_SECONDS)

    def cost(self, circuit: Circuit, shots: int, limits: Limits) -> Cost | None:
        """None for circuits that measure in the middle, or have more qubits than allowed."""
        terminal = circuit.terminal
        if terminal is None or circuit.num_qubits > limits.max_qubits:
            return None
        way, precision, seconds = _course(circuit, limits)
        seconds += sampling_seconds(len(terminal), shots)
        reason = f"measured at the end; {way}"
        if way == "few amplitudes, in Python":
            return Cost(seconds, _sampling_bytes(circuit, shots), reason)
        reason += f"; {precision} precision, {kernel_run.variant()}"
        return Cost(seconds, _memory_bytes(circuit, precision, shots), reason)

    def prepare(self, circuit: Circuit, limits: Limits) -> Prepared:
        """Computes the final state."""
        program = circuit.program
        gates = _gates(circuit)
        readout = Readout(circuit.terminal or (), program.num_bits, program.initial_memory)
        way, precision, _ = _course(circuit, limits)
        measured = readout.qubits
        if way == "few amplitudes, in Python":
            few = small_state.probabilities(gates, circuit.num_qubits, measured)
            return SummedState(Distribution(few), readout)
        if way == "gate by gate":
            likely = kernel_run.outcome_probabilities(
                *(gates, circuit.num_qubits, measured, precision)
            )
            return SummedState(Distribution(likely), readout)
        state = kernel_run.final_state(
            *(gates, circuit.num_qubits, precision),
            *(limits.spare_threads, limits.spare_memory),
        )
        if len(measured) > _SUMMED_QUBITS:
            return HeldState(state, readout)
        with state:
            return SummedState(Distribution(state.probabilities(measured)), readout)

    def describe(self, circuit: Circuit, limits: Limits) -> str:
        """How the kernel would run a circuit: stages, passes over the state, and work."""
        way, precision, _ = _course(circuit, limits)
        if way != "planned":
            return f"none: {way}"
        planned = kernel_run.plans(_gates(circuit), circuit.num_qubits, precision)
        return "\n".join(plan.describe() for plan in planned)


STATEVECTOR: Final = Statevector()

_SUMMED_QUBITS: Final = 16
"""Of more qubits the outcomes are too many to sum the probability of each."""
_BYTES_PER_SHOT: Final = 100
_FIXED_BYTES: Final = 4 << 20


class _Course(NamedTuple):
    """How a circuit is run, and how long that takes at the reference speed, sampling aside."""

    way: Way
    precision: Precision
    seconds: float


def _course(circuit: Circuit, limits: Limits) -> _Course:
    """Follows from the circuit and the limits alone."""
    num_qubits = circuit.num_qubits
    counts = circuit.gate_counts
    if limits.precision != "single" and small_state.is_small(counts, num_qubits):
        seconds = small_state.seconds(sum(counts.values()), num_qubits)
        return _Course("few amplitudes, in Python", "double", seconds)
    is_summed = len(circuit.terminal or ()) <= _SUMMED_QUBITS
    direct = direct_cost.seconds(counts, num_qubits) if is_summed else math.inf
    if direct < kernel_cost.FIXED_SECONDS:
        # Too little to ask further, or for single precision to change anything.
        precision: Precision = "double" if limits.precision == "auto" else limits.precision
        return _Course("gate by gate", precision, direct)
    precision = _precision(circuit, limits)
    planned = kernel_cost.seconds(counts, num_qubits, precision)
    if direct < planned:
        return _Course("gate by gate", precision, direct)
    return _Course("planned", precision, planned)


def _gates(circuit: Circuit) -> Sequence[Operation]:
    """What comes before the measurements."""
    if circuit.terminal is None:
        raise ValueError("the circuit measures in the middle")
    operations = circuit.program.operations
    return operations[: len(operations) - len(circuit.terminal)]


def _precision(circuit: Circuit, limits: Limits) -> Precision:
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
    weight = kernel_run.planning_weight(circuit.gate_counts)
    return (
        kernel_run.memory_bytes(circuit.num_qubits, weight, precision)
        + (16 << min(num_measured, _SUMMED_QUBITS))
        + _sampling_bytes(circuit, shots)
    )


def _sampling_bytes(circuit: Circuit, shots: int) -> int:
    row_bytes = -(-circuit.program.num_bits // 8)
    return shots * (_BYTES_PER_SHOT + 2 * row_bytes) + _FIXED_BYTES
