"""The engine's gates as qulacs runs them, up to a global phase.

qulacs has kernels of its own for the common gates; the others go by their matrix. Its RX turns the
other way than everyone's; RotX does not. Gate objects hold no state, so those made by their matrix
are kept from one circuit to the next.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

import numpy

from qcexec_engine import gates
from qcexec_engine.program import Gate, Operation, Unitary


def circuit(num_qubits: int, operations: Iterable[Operation]) -> Any:
    """A `qulacs.QuantumCircuit` of gates and unitaries."""
    from qulacs import QuantumCircuit

    written = QuantumCircuit(num_qubits)
    writers = _writers()
    for operation in operations:
        if type(operation) is Gate:
            name, angles, qubits, controls = operation
            write = writers.get((name, controls))
            if write is not None:
                write(written, *qubits, *angles)
            else:
                written.add_gate(_by_matrix(name, angles, qubits, controls))
        elif type(operation) is Unitary:
            written.add_gate(_dense(*operation))
        else:
            raise TypeError(f"{type(operation).__name__} is no gate")
    return written


@functools.lru_cache(maxsize=128)
def projector(qubit: int, outcome: int) -> Any:
    """What puts the amplitudes of the other outcome to zero."""
    from qulacs.gate import P0, P1

    return (P1 if outcome else P0)(qubit)


@functools.lru_cache(maxsize=64)
def flip(qubit: int) -> Any:
    """X."""
    from qulacs.gate import X

    return X(qubit)


@functools.lru_cache(maxsize=1024)
def _by_matrix(name: str, angles: tuple[float, ...], qubits: tuple[int, ...], controls: int) -> Any:
    return _dense(gates.matrix(name, angles), qubits, controls)


def _dense(matrix: Any, qubits: tuple[int, ...], controls: int) -> Any:
    from qulacs.gate import DenseMatrix

    made = DenseMatrix(list(qubits[controls:]), numpy.asarray(matrix, dtype=numpy.complex128))
    for control in qubits[:controls]:
        made.add_control_qubit(control, 1)
    return made


@functools.cache
def _writers() -> Mapping[tuple[str, int], Callable[..., None]]:
    """What adds a gate to a circuit, from its qubits and angles, by name and number of controls."""
    from qulacs import QuantumCircuit as Written
    from qulacs import gate as made

    return MappingProxyType(
        {
            ("x", 0): Written.add_X_gate,
            ("y", 0): Written.add_Y_gate,
            ("z", 0): Written.add_Z_gate,
            ("h", 0): Written.add_H_gate,
            ("s", 0): Written.add_S_gate,
            ("sdg", 0): Written.add_Sdag_gate,
            ("t", 0): Written.add_T_gate,
            ("tdg", 0): Written.add_Tdag_gate,
            ("sx", 0): Written.add_sqrtX_gate,
            ("sxdg", 0): Written.add_sqrtXdag_gate,
            ("rx", 0): Written.add_RotX_gate,
            ("ry", 0): Written.add_RotY_gate,
            ("rz", 0): Written.add_RotZ_gate,
            # Without controls, p and rz differ by a global phase alone.
            ("p", 0): Written.add_RotZ_gate,
            ("u", 0): Written.add_U3_gate,
            ("swap", 0): Written.add_SWAP_gate,
            ("rzz", 0): _add_rzz,
            ("x", 1): Written.add_CNOT_gate,
            ("z", 1): Written.add_CZ_gate,
            ("p", 1): _add_controlled_phase,
            ("rx", 1): functools.partial(_add_controlled_rotation, made.RotX),
            ("ry", 1): functools.partial(_add_controlled_rotation, made.RotY),
            ("rz", 1): functools.partial(_add_controlled_rotation, made.RotZ),
        }
    )


def _add_rzz(circuit: Any, first: int, second: int, angle: float) -> None:
    """Three passes that only move or turn numbers, instead of one over a dense matrix."""
    circuit.add_CNOT_gate(first, second)
    circuit.add_RotZ_gate(second, angle)
    circuit.add_CNOT_gate(first, second)


def _add_controlled_phase(circuit: Any, control: int, target: int, angle: float) -> None:
    from qulacs.gate import U1

    made = U1(target, angle)
    made.add_control_qubit(control, 1)
    circuit.add_gate(made)


def _add_controlled_rotation(
    make: Callable[[int, float], Any], circuit: Any, control: int, target: int, angle: float
) -> None:
    from qulacs.gate import to_matrix_gate

    made = to_matrix_gate(make(target, angle))
    made.add_control_qubit(control, 1)
    circuit.add_gate(made)
