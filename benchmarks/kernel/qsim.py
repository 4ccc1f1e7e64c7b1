"""qsim, which computes in single precision, from its own circuit to sampled outcomes.

Its compiled module is called as its simulator for cirq calls it: translating a cirq circuit takes
Python longer than many a run, and is done beforehand.
"""

from __future__ import annotations

from typing import Any, Final

import numpy
from benchmarks.kernel.families import Gate, Gates
from benchmarks.kernel.setting import SHOTS, Seconds, Setting

# Of 2 to 6 the quickest on most families.
_FUSED_QUBITS: Final = 3


class Qsim:
    """qsim with gates fused to three qubits."""

    def __init__(self, num_qubits: int, gates: Gates, setting: Setting) -> None:
        import cirq
        import qsimcirq

        self._clock = setting.clock
        self._module = qsimcirq.qsim
        qubits = cirq.LineQubit.range(num_qubits)
        circuit = cirq.Circuit(_operation(gate, qubits) for gate in gates)
        order = cirq.QubitOrder.explicit(qubits)
        translated, _ = qsimcirq.QSimCircuit(circuit).translate_cirq_to_qsim(order)
        chosen = qsimcirq.QSimOptions(
            max_fused_gate_size=_FUSED_QUBITS, cpu_threads=setting.threads
        )
        self._options = {**chosen.as_dict(), "i": "", "c": translated}

    def run(self, seed: int) -> Seconds:
        """Runs it, to outcomes."""
        begun = self._clock()
        outcomes = self._module.qsim_sample_final({**self._options, "s": seed}, SHOTS)
        numpy.unique(numpy.array(outcomes), return_counts=True)
        return Seconds(0, self._clock() - begun)


def _operation(gate: Gate, qubits: Any) -> Any:
    import cirq
    from qiskit.circuit.library import UGate

    on = [qubits[qubit] for qubit in gate.qubits]
    simple = {"h": cirq.H, "x": cirq.CNOT, "z": cirq.CZ, "swap": cirq.SWAP}
    if gate.name in simple:
        return simple[gate.name].on(*on)
    if gate.name == "u":
        return cirq.MatrixGate(UGate(*gate.angles).to_matrix()).on(*on)
    (angle,) = gate.angles
    powers = {"p": cirq.CZPowGate, "rzz": cirq.ZZPowGate}
    if gate.name in powers:
        return powers[gate.name](exponent=angle / numpy.pi).on(*on)
    return {"rx": cirq.rx, "ry": cirq.ry, "rz": cirq.rz}[gate.name](angle).on(*on)
