"""Circuits with measurements on the way or feedback, on dense states: a shot tree over qulacs."""

from __future__ import annotations

import functools
import importlib.util
from typing import Final

from qcexec_engine.analysis.circuit import Circuit
from qcexec_engine.dense.qulacs_state import DenseSimulator, sampling_bytes, state_bytes
from qcexec_engine.limits import Limits
from qcexec_engine.methods.method import Cost
from qcexec_engine.shot_tree import histories
from qcexec_engine.shot_tree.prepared import PreparedTree, max_states, outcome_bytes


class Branching:
    """A `qcexec_engine.methods.method.Method`."""

    name: Final = "shot_tree"

    def missing(self) -> str | None:
        """Why qulacs cannot be used here, if it cannot."""
        return _missing()

    def cost(self, circuit: Circuit, shots: int, limits: Limits) -> Cost | None:
        """A guess of the time. Where memory holds fewer states, more is run again."""
        num_qubits = circuit.num_qubits
        if num_qubits > limits.max_qubits:
            return None
        work = histories.guess(circuit, shots)
        seconds = _seconds(circuit, work)
        least = (
            None if seconds < limits.task_seconds else _seconds(circuit, histories.least(circuit))
        )
        size = state_bytes(num_qubits)
        states = min(2 + work.waiting, max_states(size, limits, sampling_bytes(num_qubits)))
        memory_bytes = (
            states * size
            + sampling_bytes(num_qubits)
            + outcome_bytes(circuit.program.num_bits, shots)
        )
        reason = "each history of measurements is simulated once"
        return Cost(seconds, memory_bytes, reason, least)

    def prepare(self, circuit: Circuit, limits: Limits) -> PreparedTree:
        """Simulates what lies before the first measurement."""
        num_qubits = circuit.num_qubits
        size = state_bytes(num_qubits)
        states = max_states(size, limits, sampling_bytes(num_qubits))
        return PreparedTree(circuit, DenseSimulator(num_qubits), size, states, limits)


SHOT_TREE: Final = Branching()


def _seconds(circuit: Circuit, work: histories.Histories) -> float:
    amplitudes = 1 << max(1, circuit.num_qubits)
    return (
        _SECONDS
        + sum(circuit.gate_counts.values()) * _BUILD_SECONDS
        + work.gates * (_GATE_SECONDS + _GATE_SECONDS_AN_AMPLITUDE * amplitudes)
        + work.looks * (_LOOK_SECONDS + _LOOK_SECONDS_AN_AMPLITUDE * amplitudes)
        + work.leaves * (_PART_SECONDS + _PART_SECONDS_AN_AMPLITUDE * amplitudes)
        + work.leaves * (_LEAF_SECONDS + _LEAF_SECONDS_AN_AMPLITUDE * amplitudes)
        + work.distinct * _DISTINCT_SECONDS
    )


# Fitted on the reference machine with one thread, for 2 to 20 qubits.
_SECONDS: Final = 150e-6
_BUILD_SECONDS: Final = 2e-6
_GATE_SECONDS: Final = 0.6e-6
_GATE_SECONDS_AN_AMPLITUDE: Final = 3.5e-9
_LOOK_SECONDS: Final = 3e-6
_LOOK_SECONDS_AN_AMPLITUDE: Final = 5e-9
_PART_SECONDS: Final = 10e-6
_PART_SECONDS_AN_AMPLITUDE: Final = 4e-9
_LEAF_SECONDS: Final = 40e-6
_LEAF_SECONDS_AN_AMPLITUDE: Final = 12e-9
_DISTINCT_SECONDS: Final = 1.5e-6


@functools.cache
def _missing() -> str | None:
    if importlib.util.find_spec("qulacs") is None:
        return "qulacs is not installed here"
    return None
