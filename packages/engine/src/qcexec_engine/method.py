"""Which simulation method runs a circuit, and what memory that takes."""

from __future__ import annotations

from dataclasses import dataclass

from qiskit.circuit import QuantumCircuit

from qcexec_engine.clifford import as_clifford
from qcexec_engine.errors import TooManyQubits
from qcexec_engine.limits import Limits
from qcexec_engine.lowering import Program
from qcexec_engine.report import Method


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be simulated, how, and the bytes that it takes."""

    circuit: QuantumCircuit
    method: Method
    memory_bytes: int


def choose(program: Program, shots: int, limits: Limits) -> Plan:
    """The stabilizer method for Clifford circuits, a state vector for all others.

    A state vector is 16 bytes for each of 2^n amplitudes; a stabilizer state is what Aer itself
    asks for, 32 n^2 bytes. Every shot leaves its outcome and, at worst, a key of its own.

    Raises:
        TooManyQubits: only a state vector would do, and it has more than `limits.max_qubits`.
    """
    num_qubits = program.circuit.num_qubits
    outcomes = shots * (_OUTCOME_BYTES + _BIT_BYTES * program.circuit.num_clbits)
    clifford = as_clifford(program)
    if clifford is not None:
        return Plan(clifford, "stabilizer", 32 * num_qubits**2 + outcomes)
    if num_qubits > limits.max_qubits:
        raise TooManyQubits(
            f"the circuit needs a state vector of {num_qubits} qubits, and at most"
            f" {limits.max_qubits} are allowed; only circuits of Clifford gates may have more"
        )
    return Plan(program.circuit, "statevector", (16 << num_qubits) + outcomes)


# Measured, with every outcome different: Aer's samples and counts, and the keys made of them.
_OUTCOME_BYTES = 512
_BIT_BYTES = 4
