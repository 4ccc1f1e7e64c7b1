"""Aer's state vector and its stabilizer state: for platforms that have nothing better.

Their one advantage is that they are everywhere. A program with measurements on the way or feedback
is run shot by shot.
"""

from __future__ import annotations

from typing import Final

from qcexec_engine.aer.dialects import dense, has_dense, stabilizers
from qcexec_engine.aer.simulation import THREAD_BYTES, PreparedForAer, missing
from qcexec_engine.aer.support import runs
from qcexec_engine.analysis.circuit import Circuit
from qcexec_engine.limits import Limits
from qcexec_engine.methods.method import Cost
from qcexec_engine.shot_tree import histories


class AerStateVector:
    """A `qcexec_engine.methods.method.Method`."""

    name: Final = "aer_statevector"

    def missing(self) -> str | None:
        """Why Aer cannot be used here, if it cannot."""
        return missing()

    def floor_seconds(self, circuit: Circuit) -> float:
        """As the protocol has it."""
        return _SECONDS + sum(circuit.gate_counts.values()) * _GATE_SECONDS

    def cost(self, circuit: Circuit, shots: int, limits: Limits) -> Cost | None:
        """Gates times amplitudes; for each shot once where it is not sampled at the end."""
        num_qubits = circuit.num_qubits
        gate_counts = circuit.gate_counts
        if num_qubits > limits.max_qubits:
            return None
        if not all(has_dense(name, controls) for name, controls in gate_counts):
            return None
        if circuit.terminal is None and not runs(circuit.program.operations):
            return None
        amplitudes = 1 << num_qubits
        if circuit.terminal is not None:
            gates = sum(gate_counts.values())
            seconds = (
                _SECONDS
                + gates * (_GATE_SECONDS + amplitudes * _GATE_SECONDS_AN_AMPLITUDE)
                + amplitudes * _SAMPLE_SECONDS_AN_AMPLITUDE
                + shots * (_SHOT_SECONDS + num_qubits * _SHOT_SECONDS_A_QUBIT)
            )
        else:
            step = _STEP_SECONDS + amplitudes * _STEP_SECONDS_AN_AMPLITUDE
            seconds = _shot_by_shot(circuit, shots, step)
        memory_bytes = (16 << num_qubits) + _run_bytes(circuit.program.num_bits, shots)
        return Cost(seconds, memory_bytes, "a state vector holds it")

    def prepare(self, circuit: Circuit, limits: Limits) -> PreparedForAer:
        """Writes the circuit down for Aer."""
        return PreparedForAer(circuit, "statevector", dense, limits)


class AerStabilizer:
    """A `qcexec_engine.methods.method.Method`."""

    name: Final = "aer_stabilizer"

    def missing(self) -> str | None:
        """Why Aer cannot be used here, if it cannot."""
        return missing()

    def floor_seconds(self, circuit: Circuit) -> float:
        """As the protocol has it."""
        return _SECONDS + sum(circuit.gate_counts.values()) * _GATE_SECONDS

    def cost(self, circuit: Circuit, shots: int, limits: Limits) -> Cost | None:  # noqa: ARG002
        """Gates times qubits, and a measurement of every qubit for every shot."""
        if not circuit.clifford:
            return None
        if circuit.terminal is None and not runs(circuit.program.operations):
            return None
        num_qubits = circuit.num_qubits
        if circuit.terminal is not None:
            gates = sum(circuit.gate_counts.values())
            seconds = (
                _SECONDS
                + gates * _GATE_SECONDS
                + shots * (_SHOT_SECONDS + num_qubits**2 * _COLLAPSE_SECONDS)
            )
        else:
            seconds = _shot_by_shot(circuit, shots, _CLIFFORD_STEP_SECONDS)
        memory_bytes = 32 * num_qubits**2 + _run_bytes(circuit.program.num_bits, shots)
        return Cost(seconds, memory_bytes, "all its gates are Clifford gates")

    def prepare(self, circuit: Circuit, limits: Limits) -> PreparedForAer:
        """Writes the circuit down for Aer."""
        return PreparedForAer(circuit, "stabilizer", stabilizers, limits)


AER_STATEVECTOR: Final = AerStateVector()
AER_STABILIZER: Final = AerStabilizer()


# Fitted on the reference machine.
_SECONDS: Final = 1.5e-3
# Most of a gate's time is that of writing it down.
_GATE_SECONDS: Final = 46e-6
_GATE_SECONDS_AN_AMPLITUDE: Final = 2.0e-9
_SAMPLE_SECONDS_AN_AMPLITUDE: Final = 140e-9
_SHOT_SECONDS: Final = 1.2e-6
_SHOT_SECONDS_A_QUBIT: Final = 0.18e-6
_COLLAPSE_SECONDS: Final = 0.034e-6
# Shot by shot, where a step is any operation.
_RUN_SECONDS: Final = 13e-6
_STEP_SECONDS: Final = 0.36e-6
_STEP_SECONDS_AN_AMPLITUDE: Final = 11e-9
_CLIFFORD_STEP_SECONDS: Final = 0.13e-6


def _shot_by_shot(circuit: Circuit, shots: int, step_seconds: float) -> float:
    one = histories.guess(circuit, 1)
    steps = max(circuit.num_operations, one.gates + one.looks + one.at_end)
    return _SECONDS + steps * _GATE_SECONDS + shots * (_RUN_SECONDS + steps * step_seconds)


def _run_bytes(num_bits: int, shots: int) -> int:
    """What Aer takes at most beside a state: measured with every outcome different."""
    return THREAD_BYTES + shots * (512 + 4 * num_bits)
