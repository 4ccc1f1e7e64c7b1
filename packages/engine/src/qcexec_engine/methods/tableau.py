"""Wide Clifford circuits with feedback: a shot tree over stim's tableaux.

The tableau of n qubits takes 4 n^2 bits and a gate O(n) steps on whole words, so thousands of
qubits are no burden. A measurement is certain or a fair coin, and which of the two is read off
without disturbing the state.
"""

from __future__ import annotations

from typing import Final

from qcexec_engine.analysis.circuit import Circuit
from qcexec_engine.limits import Limits
from qcexec_engine.methods.method import Cost
from qcexec_engine.methods.stabilizer import missing
from qcexec_engine.shot_tree import histories
from qcexec_engine.shot_tree.prepared import PreparedTree, max_states, outcome_bytes
from qcexec_engine.stabilizers.affine_outcomes import peak_bytes
from qcexec_engine.stabilizers.tableau_state import TableauSimulator, state_bytes


class Tableau:
    """A `qcexec_engine.methods.method.Method`."""

    name: Final = "tableau"

    def missing(self) -> str | None:
        """Why stim cannot be used here, if it cannot."""
        return missing()

    def floor_seconds(self, circuit: Circuit) -> float:  # noqa: ARG002
        """As the protocol has it."""
        return _SECONDS

    def cost(self, circuit: Circuit, shots: int, limits: Limits) -> Cost | None:
        """A guess of the time. Where memory holds fewer states, more is run again."""
        if not circuit.clifford:
            return None
        work = histories.guess(circuit, shots)
        size = state_bytes(circuit.num_qubits)
        seconds = _seconds(circuit, work)
        least = (
            None if seconds < limits.task_seconds else _seconds(circuit, histories.least(circuit))
        )
        sampling = _sampling_bytes(circuit, work.at_end, shots)
        states = min(2 + work.waiting, max_states(size, limits, sampling))
        memory_bytes = states * size + sampling + outcome_bytes(circuit.program.num_bits, shots)
        reason = "Clifford gates with feedback, each history once"
        return Cost(seconds, memory_bytes, reason, least)

    def prepare(self, circuit: Circuit, limits: Limits) -> PreparedTree:
        """Simulates what lies before the first measurement."""
        num_qubits = circuit.num_qubits
        size = state_bytes(num_qubits)
        sampling = _sampling_bytes(circuit, histories.guess(circuit, 1).at_end, 1)
        states = max_states(size, limits, sampling)
        return PreparedTree(circuit, TableauSimulator(num_qubits), size, states, limits)


TABLEAU: Final = Tableau()


def _seconds(circuit: Circuit, work: histories.Histories) -> float:
    num_qubits = circuit.num_qubits
    part = _PART_SECONDS + _PART_SECONDS_A_SQUARE * num_qubits**2
    leaf = _LEAF_SECONDS + work.at_end * (_OUTCOME_SECONDS + _COIN_SECONDS_A_SQUARE * num_qubits**2)
    if work.at_end > _FEW_OUTCOMES:
        leaf += _TABLEAU_SECONDS + _TABLEAU_SECONDS_A_SQUARE * num_qubits**2
    return (
        _SECONDS
        + sum(circuit.gate_counts.values()) * _BUILD_SECONDS
        + work.gates * (_GATE_SECONDS + _GATE_SECONDS_A_QUBIT * num_qubits)
        + work.looks * _LOOK_SECONDS
        + work.leaves * (part + leaf)
        + work.distinct * _DISTINCT_SECONDS
    )


def _sampling_bytes(circuit: Circuit, at_end: int, shots: int) -> int:
    """What drawing from one state takes beside it: a copy, its tables once more, and the coins."""
    coins = min(at_end, circuit.num_qubits)
    tableaux = 3 * state_bytes(circuit.num_qubits)
    return tableaux + peak_bytes(coins, circuit.program.num_bits, shots)


# Fitted on the reference machine, for 3 to 1000 qubits.
_SECONDS: Final = 150e-6
_BUILD_SECONDS: Final = 2e-6
_GATE_SECONDS: Final = 0.2e-6
_GATE_SECONDS_A_QUBIT: Final = 0.1e-9
_LOOK_SECONDS: Final = 3e-6
_PART_SECONDS: Final = 25e-6
_PART_SECONDS_A_SQUARE: Final = 1.5e-9
_LEAF_SECONDS: Final = 30e-6
_OUTCOME_SECONDS: Final = 2e-6
_COIN_SECONDS_A_SQUARE: Final = 0.05e-9
_FEW_OUTCOMES: Final = 3
_TABLEAU_SECONDS: Final = 300e-6
_TABLEAU_SECONDS_A_SQUARE: Final = 2e-9
_DISTINCT_SECONDS: Final = 3e-6
