"""Circuits with measurements on the way or feedback: a shot tree over dense states.

States of many qubits are kept by the kernel, where there is one for the machine. Those of few are
kept by qulacs, which is quicker for the few gates between two measurements.
"""

from __future__ import annotations

import functools
import importlib.util
from typing import Final, NamedTuple

from qcexec_engine.analysis.circuit import Circuit
from qcexec_engine.dense import kernel_run
from qcexec_engine.dense.kernel_state import KernelSimulator
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

    def floor_seconds(self, circuit: Circuit) -> float:  # noqa: ARG002
        """As the protocol has it."""
        return _SECONDS

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
        room = _room(circuit)
        states = min(2 + work.waiting, max_states(room.state_bytes, limits, room.shared_bytes))
        memory_bytes = (
            states * room.state_bytes
            + room.shared_bytes
            + outcome_bytes(circuit.program.num_bits, shots)
        )
        reason = "each history of measurements is simulated once"
        if _on_kernel(num_qubits):
            reason += f"; double precision, {kernel_run.variant()}"
        return Cost(seconds, memory_bytes, reason, least)

    def prepare(self, circuit: Circuit, limits: Limits) -> PreparedTree:
        """Simulates what lies before the first measurement."""
        num_qubits = circuit.num_qubits
        room = _room(circuit)
        states = max_states(room.state_bytes, limits, room.shared_bytes)
        on_kernel = _on_kernel(num_qubits)
        simulator = KernelSimulator(num_qubits) if on_kernel else DenseSimulator(num_qubits)
        return PreparedTree(circuit, simulator, room.state_bytes, states, limits)


SHOT_TREE: Final = Branching()


class _Room(NamedTuple):
    """What a state takes at most, and what is there once beside them all."""

    state_bytes: int
    shared_bytes: int


def _on_kernel(num_qubits: int) -> bool:
    return num_qubits >= _KERNEL_QUBITS and kernel_run.missing() is None


def _room(circuit: Circuit) -> _Room:
    num_qubits = circuit.num_qubits
    if not _on_kernel(num_qubits):
        return _Room(state_bytes(num_qubits), sampling_bytes(num_qubits))
    num_gates = sum(circuit.gate_counts.values())
    return _Room(
        kernel_run.waiting_state_bytes(num_qubits, num_gates),
        kernel_run.kept_plans_bytes(kernel_run.planning_weight(circuit.gate_counts)),
    )


def _seconds(circuit: Circuit, work: histories.Histories) -> float:
    amplitudes = 1 << max(1, circuit.num_qubits)
    times = _KERNEL_TIMES if _on_kernel(circuit.num_qubits) else _QULACS_TIMES
    return (
        _SECONDS
        + sum(circuit.gate_counts.values()) * times.build
        + work.gates * (times.gate + times.gate_an_amplitude * amplitudes)
        + work.looks * (times.look + times.look_an_amplitude * amplitudes)
        + work.leaves * (times.part + times.part_an_amplitude * amplitudes)
        + work.leaves * (times.leaf + times.leaf_an_amplitude * amplitudes)
        + work.distinct * _DISTINCT_SECONDS
    )


class _Times(NamedTuple):
    """Seconds for each step of a tree, and for each amplitude of a state in it."""

    build: float
    gate: float
    gate_an_amplitude: float
    look: float
    look_an_amplitude: float
    part: float
    part_an_amplitude: float
    leaf: float
    leaf_an_amplitude: float


# Measured on the reference machine with one thread, for 2 to 22 qubits. A look of the kernel's
# includes the pass over the state that it takes to begin anew after it.
_SECONDS: Final = 200e-6
_QULACS_TIMES: Final = _Times(2e-6, 0.6e-6, 3.5e-9, 3e-6, 5e-9, 10e-6, 4e-9, 40e-6, 12e-9)
_KERNEL_TIMES: Final = _Times(8e-6, 0.3e-6, 0.5e-9, 150e-6, 9e-9, 10e-6, 3e-9, 150e-6, 2e-9)
_DISTINCT_SECONDS: Final = 1.5e-6
_KERNEL_QUBITS: Final = 16
"""From so many qubits on the kernel is quicker, even where two gates lie between measurements."""


@functools.cache
def _missing() -> str | None:
    if importlib.util.find_spec("qulacs") is None:
        return "qulacs is not installed here"
    return None
