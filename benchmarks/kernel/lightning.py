"""lightning.qubit of PennyLane, in double precision, by its compiled module."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import numpy
from benchmarks.kernel.families import Gate, Gates
from benchmarks.kernel.setting import SHOTS, Seconds, Setting

_METHODS: Final = MappingProxyType(
    {
        "h": "Hadamard",
        "rx": "RX",
        "ry": "RY",
        "rz": "RZ",
        "u": "Rot",
        "x": "CNOT",
        "z": "CZ",
        "p": "ControlledPhaseShift",
        "swap": "SWAP",
        "rzz": "IsingZZ",
    }
)


class Lightning:
    """lightning's state, with the calls prepared; PennyLane's own layer in Python is left out."""

    def __init__(self, num_qubits: int, gates: Gates, setting: Setting) -> None:
        from pennylane_lightning import lightning_qubit_ops

        # OMP_NUM_THREADS alone tells it how many threads it may take.
        self._clock = setting.clock
        self._module = lightning_qubit_ops
        self._num_qubits = num_qubits
        self._state = lightning_qubit_ops.StateVectorC128(num_qubits)
        self._calls = [
            (getattr(self._state, _METHODS[gate.name]), _wires(gate, num_qubits), _angles(gate))
            for gate in gates
        ]

    def run(self, seed: int) -> Seconds:
        """Runs it, to outcomes."""
        begun = self._clock()
        self._state.resetStateVector()
        for gate, wires, angles in self._calls:
            gate(wires, False, angles)
        measurements = self._module.MeasurementsC128(self._state)
        measurements.set_random_seed(seed)
        outcomes = measurements.generate_samples(self._num_qubits, SHOTS)
        numpy.unique(outcomes, axis=0, return_counts=True)
        return Seconds(0, self._clock() - begun)


def _wires(gate: Gate, num_qubits: int) -> list[int]:
    return [num_qubits - 1 - qubit for qubit in gate.qubits]


def _angles(gate: Gate) -> list[float]:
    if gate.name == "u":
        # Rot turns about z by the first, about y by the second, about z by the third.
        theta, phi, lam = gate.angles
        return [lam, theta, phi]
    return list(gate.angles)
