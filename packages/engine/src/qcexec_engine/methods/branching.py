"""Circuits with measurements on the way or feedback: a shot tree over dense states of the kernel.

Precision follows the rule of `methods.statevector`: double, or single where double does not fit
into memory or would take long. It must not depend on the number of shots, for a prepared tree is
sampled again with another; so the time is that of a usual number.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from qcexec_engine.analysis.circuit import Circuit
from qcexec_engine.dense import kernel_run
from qcexec_engine.dense.kernel_cost import Precision
from qcexec_engine.dense.kernel_state import KernelSimulator
from qcexec_engine.limits import Limits
from qcexec_engine.methods.method import Cost
from qcexec_engine.methods.statevector import DEEPEST_SINGLE
from qcexec_engine.program import Block, Branch, Loop
from qcexec_engine.shot_tree import histories
from qcexec_engine.shot_tree.instructions import Evolve, instructions
from qcexec_engine.shot_tree.prepared import PreparedTree, max_states, outcome_bytes
from qcexec_kernel import Plan


class Branching:
    """A `qcexec_engine.methods.method.Method`."""

    name: Final = "shot_tree"

    def missing(self) -> str | None:
        """Why the kernel cannot be used here, if it cannot."""
        return kernel_run.missing()

    def floor_seconds(self, circuit: Circuit) -> float:  # noqa: ARG002
        """As the protocol has it."""
        return _SECONDS

    def cost(self, circuit: Circuit, shots: int, limits: Limits) -> Cost | None:
        """A guess of the time. Where memory holds fewer states, more is run again."""
        if circuit.num_qubits > limits.max_qubits:
            return None
        precision = _precision(circuit, limits)
        work = histories.guess(circuit, shots)
        seconds = _seconds(circuit, work, precision)
        least = None
        if seconds >= limits.task_seconds:
            least = _seconds(circuit, histories.least(circuit), precision)
        room = _room(circuit, precision)
        states = min(2 + work.waiting, max_states(room.state_bytes, limits, room.shared_bytes))
        memory_bytes = (
            states * room.state_bytes
            + room.shared_bytes
            + outcome_bytes(circuit.program.num_bits, shots)
        )
        reason = (
            "each history of measurements is simulated once;"
            f" {precision} precision, {kernel_run.variant()}"
        )
        return Cost(seconds, memory_bytes, reason, least)

    def prepare(self, circuit: Circuit, limits: Limits) -> PreparedTree:
        """Simulates what lies before the first measurement."""
        precision = _precision(circuit, limits)
        room = _room(circuit, precision)
        states = max_states(room.state_bytes, limits, room.shared_bytes)
        simulator = KernelSimulator(
            *(circuit.num_qubits, precision, limits.spare_threads, limits.spare_memory)
        )
        return PreparedTree(circuit, simulator, room.state_bytes, states, limits)

    def describe(self, circuit: Circuit, limits: Limits) -> str:
        """How the kernel does the gates between measurements: with plans, and without."""
        simulator = KernelSimulator(circuit.num_qubits, _precision(circuit, limits))
        segments = [
            simulator.segment(instruction.gates, begins_in_zero=place == 0)
            for place, instruction in enumerate(instructions(circuit.program))
            if isinstance(instruction, Evolve)
        ]
        pieces = [piece for segment in segments for piece in segment]
        plans = [piece for piece in pieces if isinstance(piece, Plan)]
        lines = [f"{len(pieces) - len(plans)} of {len(pieces)} pieces are done gate by gate"]
        if plans:
            longest = max(plans, key=lambda plan: plan.multiply_adds)
            lines.append(
                f"{len(plans)} plans: {sum(plan.stages for plan in plans)} stages,"
                f" {sum(plan.passes for plan in plans):.1f} passes,"
                f" {sum(plan.multiply_adds for plan in plans):.3g} multiply-adds; the longest has"
            )
            lines += longest.describe().splitlines()
        return "\n".join(lines)


SHOT_TREE: Final = Branching()


class _Room(NamedTuple):
    """What a state takes, and what is there once beside them all, at most."""

    state_bytes: int
    shared_bytes: int


def _precision(circuit: Circuit, limits: Limits) -> Precision:
    """Which precision a circuit runs in; follows from the circuit and the limits alone."""
    if limits.precision != "auto":
        return limits.precision
    if circuit.num_qubits < _SPARING_QUBITS:
        return "double"
    work = histories.guess(circuit, _USUAL_SHOTS)
    is_quick = _seconds(circuit, work, "double") <= limits.single_precision_after_seconds
    if is_quick and sum(_room(circuit, "double")) <= limits.memory_bytes:
        return "double"
    # A loop may go on far beyond the depth that is written.
    is_deep = circuit.depth > DEEPEST_SINGLE or _has_loops(circuit.program.operations)
    return "double" if is_deep else "single"


def _has_loops(block: Block) -> bool:
    return any(
        isinstance(operation, Loop)
        or (
            isinstance(operation, Branch)
            and (_has_loops(operation.then) or _has_loops(operation.otherwise))
        )
        for operation in block
    )


def _room(circuit: Circuit, precision: Precision) -> _Room:
    num_qubits = max(1, circuit.num_qubits)
    num_gates = sum(circuit.gate_counts.values())
    return _Room(
        kernel_run.state_bytes(num_qubits, precision),
        kernel_run.workspace_bytes(num_qubits, num_gates)
        + kernel_run.kept_plans_bytes(kernel_run.planning_weight(circuit.gate_counts)),
    )


def _seconds(circuit: Circuit, work: histories.Histories, precision: Precision) -> float:
    amplitudes = 2.0 ** max(1, circuit.num_qubits)
    if precision == "single":
        amplitudes *= _SINGLE_SHARE
    return (
        _SECONDS
        + sum(circuit.gate_counts.values()) * _BUILD_SECONDS
        + work.gates * (_GATE_SECONDS + _GATE_SECONDS_AN_AMPLITUDE * amplitudes)
        + work.looks * (_LOOK_SECONDS + _LOOK_SECONDS_AN_AMPLITUDE * amplitudes)
        + work.leaves * (_PART_SECONDS + _PART_SECONDS_AN_AMPLITUDE * amplitudes)
        + work.leaves * (_LEAF_SECONDS + _LEAF_SECONDS_AN_AMPLITUDE * amplitudes)
        + work.distinct * _DISTINCT_SECONDS
    )


# Measured on the reference machine with one thread, for 2 to 22 qubits. A look includes what it
# takes to begin gates anew after it; a part is a copy.
_SECONDS: Final = 200e-6
_BUILD_SECONDS: Final = 1.5e-6
_GATE_SECONDS: Final = 0.15e-6
_GATE_SECONDS_AN_AMPLITUDE: Final = 0.5e-9
_LOOK_SECONDS: Final = 42e-6
_LOOK_SECONDS_AN_AMPLITUDE: Final = 4e-9
_PART_SECONDS: Final = 15e-6
_PART_SECONDS_AN_AMPLITUDE: Final = 1e-9
_LEAF_SECONDS: Final = 50e-6
_LEAF_SECONDS_AN_AMPLITUDE: Final = 2e-9
_DISTINCT_SECONDS: Final = 1.5e-6
_SINGLE_SHARE: Final = 0.55
_USUAL_SHOTS: Final = 1024
_SPARING_QUBITS: Final = 13
"""Smaller states lie in the cache in double precision, too, and take little memory."""
