"""The gates of stdgates.inc and qelib1.inc, and those that need no include.

Matrices are Qiskit's, with the global phases that the specification gives: they show under
control. Its U has exp(i theta / 2) against the engine's "u"; u2 and u3 of stdgates.inc take
that back and exp(i (phi + lambda) / 2) with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from qcexec_engine.elaboration.expansions import Expansion
from qcexec_engine.elaboration.state import Simple
from qcexec_engine.gates import NUM_ANGLES, NUM_TARGETS
from qcexec_engine.program import Gate


class Standard(NamedTuple):
    """A gate that the text does not define.

    Attributes:
        name: as it is called.
        num_angles: how many angles it takes.
        num_qubits: how many qubits.
        expand: its expansion from its angles.
    """

    name: str
    num_angles: int
    num_qubits: int
    expand: Callable[..., Expansion]


class Library(NamedTuple):
    """The gates of a file that can be included, by name.

    Attributes:
        gates: all of them.
        simple: those that are one gate of the engine where nothing controls them.
    """

    gates: Mapping[str, Standard]
    simple: Mapping[str, Simple]


_Body: TypeAlias = tuple[Gate, ...]


def _one_gate(name: str, base: str, controls: int = 0) -> Standard:
    num_qubits = NUM_TARGETS[base] + controls
    places = tuple(range(num_qubits))

    def expand(*angles: float) -> Expansion:
        return Expansion(num_qubits, (Gate(base, angles, places, controls),))

    return Standard(name, NUM_ANGLES[base], num_qubits, expand)


def _fixed(name: str, num_qubits: int, body: _Body, num_angles: int = 0) -> Standard:
    expansion = Expansion(num_qubits, body)
    return Standard(name, num_angles, num_qubits, lambda *_angles: expansion)


def _on(name: str, *places: int, controls: int = 0) -> Gate:
    return Gate(name, (), places, controls)


def _specified_u(theta: float, phi: float, lam: float) -> Expansion:
    return Expansion(1, (Gate("u", (theta, phi, lam), (0,)),), theta / 2)


def _u2(phi: float, lam: float) -> Expansion:
    return _u3(math.pi / 2, phi, lam)


def _u3(theta: float, phi: float, lam: float) -> Expansion:
    return Expansion(1, (Gate("u", (theta, phi, lam), (0,)),), -(phi + lam) / 2)


def _cu(theta: float, phi: float, lam: float, gamma: float) -> Expansion:
    steps = (Gate("p", (gamma,), (0,)), Gate("u", (theta, phi, lam), (0, 1), 1))
    return Expansion(2, steps)


def _simple(gates: Mapping[str, Standard]) -> Mapping[str, Simple]:
    """What is one gate of the engine with the call's own angles, but for a global phase."""
    found: dict[str, Simple] = {}
    for name, gate in gates.items():
        angles = tuple(float(number) for number in range(1, gate.num_angles + 1))
        steps = gate.expand(*angles).steps
        if len(steps) == 1 and isinstance(steps[0], Gate) and steps[0].angles == angles:
            base, controls = steps[0].name, steps[0].controls
            found[name] = Simple(base, gate.num_angles, gate.num_qubits, controls)
    return MappingProxyType(found)


def _library(gates: list[Standard]) -> Library:
    named = MappingProxyType({gate.name: gate for gate in gates})
    return Library(named, _simple(named))


_STANDARD: Final = [
    *[_one_gate(name, name) for name in ("x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx")],
    *[_one_gate(name, name) for name in ("p", "rx", "ry", "rz", "swap")],
    *[_one_gate(f"c{base}", base, 1) for base in ("x", "y", "z", "h", "p", "rx", "ry", "rz")],
    _one_gate("cswap", "swap", 1),
    _one_gate("ccx", "x", 2),
    _one_gate("CX", "x", 1),
    _one_gate("phase", "p"),
    _one_gate("cphase", "p", 1),
    _one_gate("u1", "p"),
    Standard("u2", 2, 1, _u2),
    Standard("u3", 3, 1, _u3),
    Standard("cu", 4, 2, _cu),
    _fixed("id", 1, ()),
]

# The relative-phase Toffoli gates of Margolus, and of Maslov for three controls.
_RCCX: Final = (
    _on("h", 2),
    _on("t", 2),
    _on("x", 1, 2, controls=1),
    _on("tdg", 2),
    _on("x", 0, 2, controls=1),
    _on("t", 2),
    _on("x", 1, 2, controls=1),
    _on("tdg", 2),
    _on("h", 2),
)
_RC3X_ENDS: Final = (
    _on("h", 3),
    _on("t", 3),
    _on("x", 2, 3, controls=1),
    _on("tdg", 3),
    _on("h", 3),
)
_RC3X_MIDDLE: Final = (
    _on("x", 0, 3, controls=1),
    _on("t", 3),
    _on("x", 1, 3, controls=1),
    _on("tdg", 3),
)

_OF_OPENQASM_2: Final = [
    *[gate for gate in _STANDARD if gate.name not in ("CX", "phase", "cphase")],
    _one_gate("u", "u"),
    _fixed("u0", 1, (), num_angles=1),
    _one_gate("sxdg", "sxdg"),
    _one_gate("csx", "sx", 1),
    _one_gate("cu1", "p", 1),
    _one_gate("cu3", "u", 1),
    _one_gate("rxx", "rxx"),
    _one_gate("ryy", "ryy"),
    _one_gate("rzz", "rzz"),
    _one_gate("c3x", "x", 3),
    _one_gate("c4x", "x", 4),
    _one_gate("c3sqrtx", "sx", 3),
    _fixed("rccx", 3, _RCCX),
    _fixed("rc3x", 4, _RC3X_ENDS + _RC3X_MIDDLE * 2 + _RC3X_ENDS),
]

LIBRARIES: Final[Mapping[str, Library]] = MappingProxyType(
    {"stdgates.inc": _library(_STANDARD), "qelib1.inc": _library(_OF_OPENQASM_2)}
)
"""What can be included, by the name of the file."""

BUILT_IN: Final[Mapping[int, Library]] = MappingProxyType(
    {
        2: _library([_one_gate("U", "u"), _one_gate("CX", "x", 1)]),
        3: _library([Standard("U", 3, 1, _specified_u)]),
    }
)
"""What needs no include, by the version of OpenQASM; gphase is a statement of its own."""


def joined(first: Library, second: Library) -> Library:
    """The gates of two libraries; of one name, the second's."""
    return Library(
        MappingProxyType({**first.gates, **second.gates}),
        MappingProxyType({**first.simple, **second.simple}),
    )


WITH_BUILT_IN: Final[Mapping[tuple[int, str], Library]] = MappingProxyType(
    {
        (version, file): joined(built_in, library)
        for version, built_in in BUILT_IN.items()
        for file, library in LIBRARIES.items()
    }
)
"""What is known after one include, by version and file: what nearly all texts have."""
