"""Which gates are Clifford gates, and how stim spells them.

Clifford gates go by name, or by angles that are quarter turns within rounding; a gate under
controls is one where its targets see a Pauli matrix up to a power of i, for that phase is then a
gate on the controls. What is given here holds up to a global phase.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

Spelling: TypeAlias = tuple[tuple[str, tuple[int, ...]], ...]
"""Gates of stim in order of time; the numbers are places in the list of the gate's qubits."""


def is_clifford(name: str, angles: tuple[float, ...], controls: int) -> bool:
    """Whether a gate of `qcexec_engine.gates` with so many controls is a Clifford gate."""
    return spelled(name, angles, controls) is not None


@functools.lru_cache(maxsize=4096)
def spelled(name: str, angles: tuple[float, ...], controls: int) -> Spelling | None:
    """The gate in stim's gates, up to a global phase; None if it is no Clifford gate."""
    if controls == 0:
        fixed = _FIXED.get(name)
        if fixed is not None:
            return fixed
        turned = _TURNED.get(name)
        return turned(*angles) if turned is not None else None
    phased = _as_phased_pauli(name, angles)
    return _controlled(phased, controls) if phased is not None else None


class _PhasedPauli(NamedTuple):
    """i to a power, times a Pauli matrix on each target: "X", "Y" or "Z", the first one first."""

    power_of_i: int
    paulis: str


_TOLERANCE: Final = 1e-12

_FIXED: Final[dict[str, Spelling]] = {
    "x": (("X", (0,)),),
    "y": (("Y", (0,)),),
    "z": (("Z", (0,)),),
    "h": (("H", (0,)),),
    "s": (("S", (0,)),),
    "sdg": (("S_DAG", (0,)),),
    "sx": (("SQRT_X", (0,)),),
    "sxdg": (("SQRT_X_DAG", (0,)),),
    "swap": (("SWAP", (0, 1)),),
    "iswap": (("ISWAP", (0, 1)),),
    "dcx": (("CX", (0, 1)), ("CX", (1, 0))),
    "ecr": (("S", (0,)), ("SQRT_X", (1,)), ("CX", (0, 1)), ("X", (0,))),
}


def _rotation(axis: str) -> Callable[[float], Spelling | None]:
    """Turns about a Pauli axis, "X" or "ZZ", by quarters: nothing, a root, the Pauli, a root."""
    places = tuple(range(len(axis)))
    half = tuple((pauli, (place,)) for pauli, place in zip(axis, places, strict=True))
    root = "S" if axis == "Z" else f"SQRT_{axis}"
    turns: tuple[Spelling, ...] = ((), ((root, places),), half, ((f"{root}_DAG", places),))

    def rotation(angle: float) -> Spelling | None:
        quarters = _whole(angle, math.pi / 2)
        return None if quarters is None else turns[quarters % 4]

    return rotation


def _rotation_about_zx(angle: float) -> Spelling | None:
    about_zz = _rotation("ZZ")(angle)
    if about_zz is None:
        return None
    hadamard = ("H", (1,))
    return (hadamard, *about_zz, hadamard) if about_zz else ()


def _general(theta: float, phi: float, lam: float) -> Spelling | None:
    """P(phi) RY(theta) P(lam); where RY is diagonal or flips, one angle of the others counts."""
    quarters = _whole(theta, math.pi / 2)
    if quarters is None:
        return None
    about_y, about_z = _rotation("Y")(theta), _rotation("Z")
    if quarters % 2 == 0:
        before, after = about_z(0.0), about_z(phi + lam if quarters % 4 == 0 else phi - lam)
    else:
        before, after = about_z(lam), about_z(phi)
    if before is None or about_y is None or after is None:
        return None
    return before + about_y + after


_TURNED: Final[dict[str, Callable[..., Spelling | None]]] = {
    "rx": _rotation("X"),
    "ry": _rotation("Y"),
    "rz": _rotation("Z"),
    "p": _rotation("Z"),
    "u": _general,
    "rxx": _rotation("XX"),
    "ryy": _rotation("YY"),
    "rzz": _rotation("ZZ"),
    "rzx": _rotation_about_zx,
}

_AXES: Final = {
    "rx": "X",
    "ry": "Y",
    "rz": "Z",
    "rxx": "XX",
    "ryy": "YY",
    "rzz": "ZZ",
    "rzx": "ZX",
}


def _as_phased_pauli(name: str, angles: tuple[float, ...]) -> _PhasedPauli | None:
    if name in ("x", "y", "z"):
        return _PhasedPauli(0, name.upper())
    if name == "p":
        return _phase_as_pauli(angles[0], 0)
    if name == "u":
        return _general_as_pauli(*angles)
    axis = _AXES.get(name)
    if axis is None:
        return None
    halves = _whole(angles[0], math.pi)
    if halves is None:
        return None
    # A rotation by a half turn is -i times the Pauli, one by a whole turn -1.
    return _PhasedPauli(-halves % 4, axis if halves % 2 else "")


def _phase_as_pauli(angle: float, power_of_i: int) -> _PhasedPauli | None:
    halves = _whole(angle, math.pi)
    return None if halves is None else _PhasedPauli(power_of_i, "Z" if halves % 2 else "")


def _general_as_pauli(theta: float, phi: float, lam: float) -> _PhasedPauli | None:
    halves = _whole(theta, math.pi)
    if halves is None:
        return None
    sign = halves // 2 % 2 * 2
    if halves % 2 == 0:
        return _phase_as_pauli(phi + lam, sign)
    # The matrix is [[0, -e^(i lam)], [e^(i phi), 0]]: Y needs equal phases, X opposite ones.
    quarters = _whole(phi, math.pi / 2)
    apart = _whole(phi - lam, math.pi)
    if quarters is None or apart is None:
        return None
    power_of_i = sign + quarters
    if apart % 2:
        return _PhasedPauli(power_of_i % 4, "X")
    return _PhasedPauli((power_of_i - 1) % 4, "Y")


def _controlled(phased: _PhasedPauli, controls: int) -> Spelling | None:
    if not phased.paulis:
        return _phase_on_controls(phased.power_of_i, controls)
    if controls > 1:
        return None
    paulis = tuple((f"C{pauli}", (0, 1 + place)) for place, pauli in enumerate(phased.paulis))
    phase = _phase_on_controls(phased.power_of_i, 1)
    return paulis + phase if phase is not None else None


def _phase_on_controls(power_of_i: int, controls: int) -> Spelling | None:
    if power_of_i == 0:
        return ()
    if controls == 1:
        return (((("S", "Z", "S_DAG"))[power_of_i - 1], (0,)),)
    if controls == 2 and power_of_i == 2:
        return (("CZ", (0, 1)),)
    return None


def _whole(angle: float, unit: float) -> int | None:
    """How many units an angle is; None if no whole number of them, within rounding."""
    turns = angle / unit
    whole = round(turns)
    return whole if abs(turns - whole) < _TOLERANCE * max(1.0, abs(turns)) else None
