"""How Aer's methods spell the engine's gates.

Aer goes by an operation's name alone, so each gate is written under the name that Aer gives it;
what has no name there is written as its matrix. Up to a global phase the result is the gate.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy

from qcexec_engine import gates
from qcexec_engine.clifford import spelled
from qcexec_engine.program import Gate, Unitary

Named: TypeAlias = tuple[str, tuple[Any, ...], tuple[int, ...]]
"""An operation by Aer's name, its parameters, and the places in the gate's list of qubits."""
Dialect: TypeAlias = Callable[[Gate], tuple[Named, ...]]
"""How one of Aer's methods spells a gate."""

_WIDEST_UNITARY: Final = 7
"""The most qubits of a gate that is written as its matrix."""


def has_dense(name: str, controls: int) -> bool:
    """Whether the state vector's dialect can spell a gate."""
    return controls + 2 <= _WIDEST_UNITARY or name in _UNDER_CONTROLS


def has_tensors(controls: int) -> bool:
    """Whether the matrix product state's dialect can spell a gate."""
    return controls + 2 <= _WIDEST_UNITARY


def dense(gate: Gate) -> tuple[Named, ...]:
    """A gate as Aer's state vector takes it."""
    name, angles, qubits, controls = gate
    places = tuple(range(len(qubits)))
    if controls == 0 and name not in _NAMELESS:
        return ((name, angles, places),)
    under_controls = _UNDER_CONTROLS.get(name)
    if controls and under_controls is not None:
        named, parameters = under_controls(*angles)
        return ((named, parameters, places),)
    return (as_unitary(gate),)


def tensors(gate: Gate) -> tuple[Named, ...]:
    """A gate as Aer's matrix product state takes it."""
    name, angles, qubits, controls = gate
    places = tuple(range(len(qubits)))
    if controls == 0 and name not in _NAMELESS:
        return ((name, angles, places),)
    named = _TENSORS_UNDER_CONTROLS.get((name, controls))
    return ((named, angles, places),) if named is not None else (as_unitary(gate),)


def stabilizers(gate: Gate) -> tuple[Named, ...]:
    """A Clifford gate as Aer's stabilizer state takes it, up to a global phase."""
    name, angles, _, controls = gate
    spelling = spelled(name, angles, controls)
    if spelling is None:
        raise ValueError(f"{name} is no Clifford gate")
    return tuple(
        (aer_name, (), tuple(places[inner] for inner in inner_places))
        for stim_name, places in spelling
        for aer_name, inner_places in _OF_STIM[stim_name]
    )


def as_unitary(operation: Gate | Unitary) -> Named:
    """A gate as its whole matrix, controls included: they are the lowest bits of its index."""
    if isinstance(operation, Unitary):
        matrix = operation.matrix
    else:
        matrix = gates.matrix(operation.name, operation.angles)
    controls = operation.controls
    if controls:
        size = matrix.shape[0] << controls
        whole = numpy.eye(size, dtype=complex)
        acting = slice((1 << controls) - 1, size, 1 << controls)
        whole[acting, acting] = matrix
        matrix = whole
    # A copy, for Aer reads an array that is not writeable as if it were transposed.
    return ("unitary", (numpy.array(matrix, dtype=complex),), tuple(range(len(operation.qubits))))


_NAMELESS: Final = frozenset({"iswap", "dcx"})
_UNDER_CONTROLS: Final[dict[str, Callable[..., tuple[str, tuple[float, ...]]]]] = {
    "x": lambda: ("mcx", ()),
    "y": lambda: ("mcy", ()),
    "z": lambda: ("mcz", ()),
    "h": lambda: ("mcu", (math.pi / 2, 0.0, math.pi, 0.0)),
    "s": lambda: ("mcphase", (math.pi / 2,)),
    "sdg": lambda: ("mcphase", (-math.pi / 2,)),
    "t": lambda: ("mcphase", (math.pi / 4,)),
    "tdg": lambda: ("mcphase", (-math.pi / 4,)),
    "sx": lambda: ("mcsx", ()),
    "sxdg": lambda: ("mcu", (-math.pi / 2, -math.pi / 2, math.pi / 2, -math.pi / 4)),
    "rx": lambda angle: ("mcrx", (angle,)),
    "ry": lambda angle: ("mcry", (angle,)),
    "rz": lambda angle: ("mcrz", (angle,)),
    "p": lambda angle: ("mcphase", (angle,)),
    "u": lambda theta, phi, lam: ("mcu", (theta, phi, lam, 0.0)),
    "swap": lambda: ("mcswap", ()),
}
"""Gates under any number of controls, by the names that Aer's state vector has for them."""

_TENSORS_UNDER_CONTROLS: Final = {
    ("x", 1): "cx",
    ("y", 1): "cy",
    ("z", 1): "cz",
    ("p", 1): "cp",
    ("sx", 1): "csx",
    ("x", 2): "ccx",
    ("swap", 1): "cswap",
}

_ROOT_ZZ: Final = (("s", (0,)), ("s", (1,)), ("cz", (0, 1)))
_ROOT_ZZ_DAG: Final = (("sdg", (0,)), ("sdg", (1,)), ("cz", (0, 1)))
_TO_X: Final = (("h", (0,)), ("h", (1,)))
_TO_Y: Final = (("sdg", (0,)), ("sdg", (1,)), *_TO_X)
_FROM_Y: Final = (*_TO_X, ("s", (0,)), ("s", (1,)))
_OF_STIM: Final[dict[str, tuple[tuple[str, tuple[int, ...]], ...]]] = {
    "X": (("x", (0,)),),
    "Y": (("y", (0,)),),
    "Z": (("z", (0,)),),
    "H": (("h", (0,)),),
    "S": (("s", (0,)),),
    "S_DAG": (("sdg", (0,)),),
    "SQRT_X": (("sx", (0,)),),
    "SQRT_X_DAG": (("sxdg", (0,)),),
    "SQRT_Y": (("z", (0,)), ("h", (0,))),
    "SQRT_Y_DAG": (("h", (0,)), ("z", (0,))),
    "CX": (("cx", (0, 1)),),
    "CY": (("cy", (0, 1)),),
    "CZ": (("cz", (0, 1)),),
    "SWAP": (("swap", (0, 1)),),
    "ISWAP": (
        ("s", (0,)),
        ("s", (1,)),
        ("h", (0,)),
        ("cx", (0, 1)),
        ("cx", (1, 0)),
        ("h", (1,)),
    ),
    "SQRT_ZZ": _ROOT_ZZ,
    "SQRT_ZZ_DAG": _ROOT_ZZ_DAG,
    "SQRT_XX": (*_TO_X, *_ROOT_ZZ, *_TO_X),
    "SQRT_XX_DAG": (*_TO_X, *_ROOT_ZZ_DAG, *_TO_X),
    "SQRT_YY": (*_TO_Y, *_ROOT_ZZ, *_FROM_Y),
    "SQRT_YY_DAG": (*_TO_Y, *_ROOT_ZZ_DAG, *_FROM_Y),
}
"""Stim's gates as `qcexec_engine.clifford` uses them, in Aer's, up to a global phase."""
