"""State vectors by numpy, in the plainest way: what the kernel is compared with.

Gates are written by Pauli matrices, from their definitions, and share nothing with the kernel.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import cos, pi, sin, sqrt
from typing import Any, NamedTuple, TypeAlias

import numpy
from numpy.typing import NDArray

Vector: TypeAlias = NDArray[numpy.complex128]


class Gate(NamedTuple):
    name: str
    angles: tuple[float, ...]
    qubits: tuple[int, ...]
    controls: int = 0


class Unitary(NamedTuple):
    matrix: NDArray[Any]
    qubits: tuple[int, ...]
    controls: int = 0


NUM_ANGLES = dict.fromkeys(("rx", "ry", "rz", "p", "rxx", "ryy", "rzz", "rzx"), 1) | {"u": 3}
ONE_TARGET = ("x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "sxdg", "rx", "ry", "rz", "p", "u")
TWO_TARGETS = ("swap", "iswap", "rxx", "ryy", "rzz", "rzx", "ecr", "dcx")

_ONE = numpy.eye(2)
_X = numpy.array([[0, 1], [1, 0]], dtype=complex)
_Y = numpy.array([[0, -1j], [1j, 0]])
_Z = numpy.diag([1, -1]).astype(complex)


def evolved(num_qubits: int, operations: Sequence[Gate | Unitary], begin: Vector) -> Vector:
    """What the operations make of a state."""
    state = begin.astype(complex)
    indices = numpy.arange(1 << num_qubits)
    for operation in operations:
        controls = operation.qubits[: operation.controls]
        targets = operation.qubits[operation.controls :]
        control_mask = sum(1 << qubit for qubit in controls)
        target_mask = sum(1 << qubit for qubit in targets)
        bases = indices[indices & (control_mask | target_mask) == control_mask]
        rows = numpy.array(
            [
                bases | sum((value >> place & 1) << qubit for place, qubit in enumerate(targets))
                for value in range(1 << len(targets))
            ]
        )
        state[rows] = matrix(operation) @ state[rows]
    return state


def zero(num_qubits: int) -> Vector:
    """|0...0>."""
    state = numpy.zeros(1 << num_qubits, dtype=complex)
    state[0] = 1
    return state


def matrix(operation: Gate | Unitary) -> Any:
    """The operation on its targets; the first target is the lowest bit."""
    if isinstance(operation, Unitary):
        return operation.matrix
    name, angles = operation.name, operation.angles
    if name in ONE_TARGET:
        return _one_target(name, angles)
    if name in ("rxx", "ryy", "rzz", "rzx"):
        first, second = {"x": _X, "y": _Y, "z": _Z}[name[1]], {"x": _X, "y": _Y, "z": _Z}[name[2]]
        product = _on(first, second)
        return cos(angles[0] / 2) * numpy.eye(4) - 1j * sin(angles[0] / 2) * product
    if name == "ecr":
        return (_on(_X, _ONE) - _on(_Y, _X)) / sqrt(2)
    swap = reduce(numpy.add, (_on(each, each) for each in (_ONE, _X, _Y, _Z))) / 2
    if name == "swap":
        return swap
    if name == "iswap":
        return swap @ numpy.diag([1, 1j, 1j, 1])
    first_controls = _controlled_x(_on(_Z, _ONE), _on(_ONE, _X))
    second_controls = _controlled_x(_on(_ONE, _Z), _on(_X, _ONE))
    return second_controls @ first_controls


def _on(first: NDArray[Any], second: NDArray[Any]) -> Any:
    return numpy.kron(second, first)


def _controlled_x(sign: NDArray[Any], flip: NDArray[Any]) -> Any:
    one = numpy.eye(4)
    return (one + sign) / 2 + (one - sign) / 2 @ flip


def _one_target(name: str, angles: tuple[float, ...]) -> Any:
    if name in ("x", "y", "z"):
        return {"x": _X, "y": _Y, "z": _Z}[name]
    if name == "h":
        return (_X + _Z) / sqrt(2)
    if name in ("sx", "sxdg"):
        root = ((1 + 1j) * _ONE + (1 - 1j) * _X) / 2
        return root if name == "sx" else root.conj().T
    if name in ("rx", "ry", "rz"):
        axis = {"x": _X, "y": _Y, "z": _Z}[name[1]]
        return cos(angles[0] / 2) * _ONE - 1j * sin(angles[0] / 2) * axis
    if name == "u":
        theta, phi, lam = angles
        turn = cos(theta / 2) * _ONE - 1j * sin(theta / 2) * _Y
        return _phase(phi) @ turn @ _phase(lam)
    eighths = {"s": 2, "sdg": -2, "t": 1, "tdg": -1}
    return _phase(eighths[name] * pi / 4 if name in eighths else angles[0])


def _phase(angle: float) -> Any:
    return numpy.diag([1, numpy.exp(1j * angle)])
