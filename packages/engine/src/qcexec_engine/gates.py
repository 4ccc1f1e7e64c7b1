"""The engine's base gates: how many qubits and angles each takes, its matrix, its inverse.

The conventions are Qiskit's: u(theta, phi, lambda) has a real first entry, rz is
diag(exp(-i theta / 2), exp(i theta / 2)), and the first target is the lowest bit of a matrix's
index. Controls are no part of a base gate; `program.Gate` puts them on top.
"""

from __future__ import annotations

import functools
from cmath import exp
from collections.abc import Callable, Mapping
from math import cos, sin, sqrt
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy
from numpy.typing import NDArray

from qcexec_engine.program import Gate, Unitary

NUM_TARGETS: Final[Mapping[str, int]] = MappingProxyType(
    dict.fromkeys(
        ["x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "sxdg", "rx", "ry", "rz", "p", "u"], 1
    )
    | dict.fromkeys(["swap", "iswap", "rxx", "ryy", "rzz", "rzx", "ecr", "dcx"], 2)
)
"""How many qubits each gate acts on, without controls."""

NUM_ANGLES: Final[Mapping[str, int]] = MappingProxyType(
    dict.fromkeys(NUM_TARGETS, 0)
    | dict.fromkeys(["rx", "ry", "rz", "p", "rxx", "ryy", "rzz", "rzx"], 1)
    | {"u": 3}
)
"""How many angles each gate takes."""


@functools.lru_cache(maxsize=1024)
def matrix(name: str, angles: tuple[float, ...] = ()) -> NDArray[numpy.complex128]:
    """The gate's matrix on its targets alone, read-only, of shape (2**targets, 2**targets).

    Raises:
        KeyError: there is no such gate.
    """
    rows = _FIXED[name] if name in _FIXED else _TURNED[name](*angles)
    made = numpy.array(rows, dtype=numpy.complex128)
    made.flags.writeable = False
    return made


def inverse(operation: Gate | Unitary) -> Gate | Unitary:
    """What undoes the operation: a gate for a gate, but for iswap, whose inverse has no name."""
    if isinstance(operation, Unitary):
        return operation._replace(matrix=operation.matrix.conj().T)
    name, angles, qubits, controls = operation
    if name in _INVERSE_NAMES:
        return Gate(_INVERSE_NAMES[name], angles, qubits, controls)
    if name == "u":
        theta, phi, lam = angles
        return Gate("u", (-theta, -lam, -phi), qubits, controls)
    if name == "dcx":
        first, second = qubits[controls:]
        return Gate("dcx", (), (*qubits[:controls], second, first), controls)
    if name == "iswap":
        return Unitary(matrix("iswap").conj().T, qubits, controls)
    return Gate(name, (-angles[0],), qubits, controls)


_INVERSE_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {name: name for name in ("x", "y", "z", "h", "swap", "ecr")}
    | {"s": "sdg", "sdg": "s", "t": "tdg", "tdg": "t", "sx": "sxdg", "sxdg": "sx"}
)

_Rows: TypeAlias = tuple[tuple[complex, ...], ...]
_ROOT: Final = 1 / sqrt(2)
_EIGHTH: Final = complex(_ROOT, _ROOT)


def _diagonal(*entries: complex) -> _Rows:
    size = range(len(entries))
    return tuple(tuple(entries[row] if row == column else 0 for column in size) for row in size)


_FIXED: Final[Mapping[str, _Rows]] = MappingProxyType(
    {
        "x": ((0, 1), (1, 0)),
        "y": ((0, -1j), (1j, 0)),
        "z": _diagonal(1, -1),
        "h": ((_ROOT, _ROOT), (_ROOT, -_ROOT)),
        "s": _diagonal(1, 1j),
        "sdg": _diagonal(1, -1j),
        "t": _diagonal(1, _EIGHTH),
        "tdg": _diagonal(1, _EIGHTH.conjugate()),
        "sx": ((0.5 + 0.5j, 0.5 - 0.5j), (0.5 - 0.5j, 0.5 + 0.5j)),
        "sxdg": ((0.5 - 0.5j, 0.5 + 0.5j), (0.5 + 0.5j, 0.5 - 0.5j)),
        "swap": ((1, 0, 0, 0), (0, 0, 1, 0), (0, 1, 0, 0), (0, 0, 0, 1)),
        "iswap": ((1, 0, 0, 0), (0, 0, 1j, 0), (0, 1j, 0, 0), (0, 0, 0, 1)),
        "dcx": ((1, 0, 0, 0), (0, 0, 0, 1), (0, 1, 0, 0), (0, 0, 1, 0)),
        "ecr": (
            (0, _ROOT, 0, _ROOT * 1j),
            (_ROOT, 0, -_ROOT * 1j, 0),
            (0, _ROOT * 1j, 0, _ROOT),
            (-_ROOT * 1j, 0, _ROOT, 0),
        ),
    }
)


def _rx(theta: float) -> _Rows:
    stay, flip = cos(theta / 2), -1j * sin(theta / 2)
    return ((stay, flip), (flip, stay))


def _ry(theta: float) -> _Rows:
    stay, flip = cos(theta / 2), sin(theta / 2)
    return ((stay, -flip), (flip, stay))


def _rz(theta: float) -> _Rows:
    return _diagonal(exp(-0.5j * theta), exp(0.5j * theta))


def _p(lam: float) -> _Rows:
    return _diagonal(1, exp(1j * lam))


def _u(theta: float, phi: float, lam: float) -> _Rows:
    stay, flip = cos(theta / 2), sin(theta / 2)
    return ((stay, -exp(1j * lam) * flip), (exp(1j * phi) * flip, exp(1j * (phi + lam)) * stay))


def _rxx(theta: float) -> _Rows:
    stay, flip = cos(theta / 2), -1j * sin(theta / 2)
    return ((stay, 0, 0, flip), (0, stay, flip, 0), (0, flip, stay, 0), (flip, 0, 0, stay))


def _ryy(theta: float) -> _Rows:
    stay, flip = cos(theta / 2), -1j * sin(theta / 2)
    return ((stay, 0, 0, -flip), (0, stay, flip, 0), (0, flip, stay, 0), (-flip, 0, 0, stay))


def _rzz(theta: float) -> _Rows:
    even, odd = exp(-0.5j * theta), exp(0.5j * theta)
    return _diagonal(even, odd, odd, even)


def _rzx(theta: float) -> _Rows:
    """exp(-i theta/2 X(second) Z(first))."""
    stay, flip = cos(theta / 2), -1j * sin(theta / 2)
    return ((stay, 0, flip, 0), (0, stay, 0, -flip), (flip, 0, stay, 0), (0, -flip, 0, stay))


_TURNED: Final[Mapping[str, Callable[..., _Rows]]] = MappingProxyType(
    {
        "rx": _rx,
        "ry": _ry,
        "rz": _rz,
        "p": _p,
        "u": _u,
        "rxx": _rxx,
        "ryy": _ryy,
        "rzz": _rzz,
        "rzx": _rzx,
    }
)
