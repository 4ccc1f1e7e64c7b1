"""Simulators of others, each from its own form of a circuit to sampled outcomes."""

from __future__ import annotations

from typing import Any

import numpy
from benchmarks.kernel.families import Gates
from benchmarks.kernel.setting import SHOTS, Seconds, Setting
from numpy.typing import NDArray


class Aer:
    """qiskit-aer with its defaults; the circuit is built beforehand."""

    def __init__(self, num_qubits: int, gates: Gates, setting: Setting) -> None:
        from qiskit import QuantumCircuit
        from qiskit_aer import AerSimulator

        names = {("x", 1): "cx", ("z", 1): "cz", ("p", 1): "cp"}
        self._circuit = QuantumCircuit(num_qubits, num_qubits)
        for gate in gates:
            name = names.get((gate.name, gate.controls), gate.name)
            getattr(self._circuit, name)(*gate.angles, *gate.qubits)
        self._circuit.measure(range(num_qubits), range(num_qubits))
        self._clock = setting.clock
        self._simulator = AerSimulator(method="statevector", max_parallel_threads=setting.threads)

    def run(self, seed: int) -> Seconds:
        """Runs it, to counts."""
        begun = self._clock()
        result = self._simulator.run(self._circuit, shots=SHOTS, seed_simulator=seed).result()
        if not result.success:
            raise RuntimeError(result.status)
        result.get_counts()
        return Seconds(0, self._clock() - begun)


class Qulacs:
    """qulacs without its optimizer, for that may take longer than the run."""

    def __init__(self, num_qubits: int, gates: Gates, setting: Setting) -> None:
        from qulacs import QuantumCircuit, QuantumState

        # OMP_NUM_THREADS alone tells it how many threads it may take.
        self._clock = setting.clock
        self._state = QuantumState(num_qubits)
        self._circuit = QuantumCircuit(num_qubits)
        for gate in gates:
            _add_to_qulacs(self._circuit, gate.name, gate.angles, gate.qubits)

    def run(self, seed: int) -> Seconds:
        """Runs it, to outcomes."""
        begun = self._clock()
        self._state.set_zero_state()
        self._circuit.update_quantum_state(self._state)
        outcomes: NDArray[Any] = numpy.array(self._state.sampling(SHOTS, seed))
        numpy.unique(outcomes, return_counts=True)
        return Seconds(0, self._clock() - begun)


def _add_to_qulacs(
    circuit: Any, name: str, angles: tuple[float, ...], qubits: tuple[int, ...]
) -> None:
    from qulacs import gate

    if len(qubits) == 1:
        signs = -1 if name in ("rx", "ry", "rz") else 1
        method = {"rx": "RX", "ry": "RY", "rz": "RZ", "h": "H", "u": "U3"}[name]
        turned = [signs * angle for angle in angles]
        getattr(circuit, f"add_{method}_gate")(qubits[0], *turned)
    elif name == "p":
        phase = gate.to_matrix_gate(gate.U1(qubits[1], angles[0]))
        phase.add_control_qubit(qubits[0], 1)
        circuit.add_gate(phase)
    elif name == "rzz":
        circuit.add_multi_Pauli_rotation_gate(list(qubits), [3, 3], -angles[0])
    else:
        method = {"x": "CNOT", "z": "CZ", "swap": "SWAP"}[name]
        getattr(circuit, f"add_{method}_gate")(*qubits)
