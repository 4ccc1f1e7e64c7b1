"""Powers of gates.

A whole power repeats the gate, or its inverse; where that would be long, a gate on few qubits is
raised as a matrix. Any other power is the principal one: each eigenvalue exp(i a) becomes
exp(i a k), with a in (-pi, pi].
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy
from numpy.typing import NDArray

from qcexec_engine.elaboration.expansions import Expansion, inverted
from qcexec_engine.errors import UnsupportedFeature
from qcexec_engine.gates import matrix
from qcexec_engine.program import Gate, Unitary

WIDEST: Final = 6
"""The most qubits of a gate that is raised as a matrix."""

_ROUNDING: Final = 1e-9
_LONGEST: Final = 32
"""The most repetitions that are written out where a matrix would do."""


def power(expansion: Expansion, exponent: float, spend: Callable[[int], None]) -> Expansion:
    """The gate to a power, which is a whole number where its type is int.

    `spend` is told of the work, in operations, before it is done.

    Raises:
        UnsupportedFeature: a power that is no whole number, of a gate on more than `WIDEST` qubits.
        CircuitTooLarge: by `spend`.
    """
    if not expansion.steps:
        return Expansion(expansion.num_places, (), _phase_power(expansion.phase, exponent))
    if len(expansion.steps) == 1 and not expansion.phase:
        step = expansion.steps[0]
        named = _named_power(step, exponent) if isinstance(step, Gate) else None
        if named is not None:
            return Expansion(expansion.num_places, named)
    if isinstance(exponent, int):
        times = abs(exponent)
        if times <= _LONGEST or expansion.num_places > WIDEST:
            spend(times * len(expansion.steps))
            base = inverted(expansion) if exponent < 0 else expansion
            return Expansion(base.num_places, base.steps * times, base.phase * times)
    if expansion.num_places > WIDEST:
        raise UnsupportedFeature(
            f"a power that is no whole number is supported for gates on up to {WIDEST} qubits"
        )
    spend(_MATRIX_WORK * len(expansion.steps))
    step = expansion.steps[0]
    if len(expansion.steps) == 1 and not expansion.phase:
        # Controls stay controls: where they are not all one, the power of the identity acts.
        own = step.matrix if isinstance(step, Unitary) else matrix(step.name, step.angles)
        raised = Unitary(_matrix_power(own, exponent), step.qubits, step.controls)
    else:
        places = tuple(range(expansion.num_places))
        raised = Unitary(_matrix_power(unitary(expansion), exponent), places)
    return Expansion(expansion.num_places, (raised,))


def unitary(expansion: Expansion) -> NDArray[numpy.complex128]:
    """The gate's matrix, place 0 being the lowest bit of its index; global phase included."""
    size = expansion.num_places
    # Axis i of the rows is place size - 1 - i.
    state = numpy.eye(1 << size, dtype=numpy.complex128).reshape((2,) * size + (1 << size,))
    for step in expansion.steps:
        own = step.matrix if isinstance(step, Unitary) else matrix(step.name, step.angles)
        controls = step.qubits[: step.controls]
        targets = step.qubits[step.controls :]
        where: list[Any] = [slice(None)] * (size + 1)
        for place in controls:
            where[size - 1 - place] = slice(1, 2)
        part = state[tuple(where)]
        axes = [size - 1 - place for place in reversed(targets)]
        count = len(targets)
        turned = numpy.tensordot(
            own.reshape((2,) * (2 * count)), part, axes=(list(range(count, 2 * count)), axes)
        )
        state[tuple(where)] = numpy.moveaxis(turned, range(count), axes)
    phase = complex(math.cos(expansion.phase), math.sin(expansion.phase))
    return state.reshape(1 << size, 1 << size) * phase


def _phase_power(phase: float, exponent: float) -> float:
    return phase * exponent if isinstance(exponent, int) else _principal(phase) * exponent


def _principal(angle: float) -> float:
    """The same angle in (-pi, pi]."""
    turned = math.remainder(angle, math.tau)
    return math.pi if turned < -math.pi + _ROUNDING else turned


def _named_power(gate: Gate, exponent: float) -> tuple[Gate, ...] | None:
    """The power in named gates, where it has one."""
    name, angles, qubits, controls = gate
    if name in _PHASES or name == "p":
        phase = angles[0] if name == "p" else _PHASES[name]
        if name != "p" and isinstance(exponent, int):
            # All of them return after eight times.
            exponent %= 8
        return (Gate("p", (_phase_power(phase, exponent),), qubits, controls),)
    if name in _ROTATIONS:
        # Half of the angle is what the eigenvalues have.
        if isinstance(exponent, int) or abs(angles[0]) < math.tau - _ROUNDING:
            return (Gate(name, (angles[0] * exponent,), qubits, controls),)
        return None
    if name in _INVOLUTIONS and isinstance(exponent, int):
        return (gate,) if exponent % 2 else ()
    root = _ROOTS.get((name, exponent))
    return None if root is None else (Gate(root, (), qubits, controls),)


def _matrix_power(base: NDArray[numpy.complex128], exponent: float) -> NDArray[numpy.complex128]:
    """The principal power of a unitary matrix."""
    vectors = _eigenvectors(base)
    values = numpy.diagonal(vectors.conj().T @ base @ vectors)
    phases = numpy.angle(values)
    if isinstance(exponent, int):
        # The exponent may be large: whole turns are taken out exactly where they can be.
        turned = numpy.array([math.remainder(phase * exponent, math.tau) for phase in phases])
    else:
        turned = numpy.where(phases < -math.pi + _ROUNDING, math.pi, phases) * exponent
    raised: NDArray[numpy.complex128] = (vectors * numpy.exp(1j * turned)) @ vectors.conj().T
    return raised


def _eigenvectors(base: NDArray[numpy.complex128]) -> NDArray[numpy.complex128]:
    """An orthonormal basis of eigenvectors of a unitary matrix.

    Its Hermitian and its anti-Hermitian part commute, so that a mixture of the two has the same
    eigenvectors, unless two eigenvalues of the mixture meet; then another mixture is tried.
    """
    hermitian = (base + base.conj().T) / 2
    other = (base - base.conj().T) / 2j
    least = math.inf
    best = other
    for angle in _MIXTURES:
        _, vectors = numpy.linalg.eigh(math.cos(angle) * hermitian + math.sin(angle) * other)
        turned = vectors.conj().T @ base @ vectors
        error = float(numpy.abs(turned - numpy.diag(numpy.diagonal(turned))).max())
        if error < least:
            least, best = error, vectors
        if error < _ROUNDING:
            break
    return best


_MATRIX_WORK: Final = 16
"""What a step costs in a matrix, in steps that are written out."""
_MIXTURES: Final = (0.577, 1.234, 2.111, 0.123, 2.718)
_ROTATIONS: Final = frozenset(("rx", "ry", "rz", "rxx", "ryy", "rzz", "rzx"))
_INVOLUTIONS: Final = frozenset(("x", "y", "h", "swap", "ecr"))
_PHASES: Final[Mapping[str, float]] = MappingProxyType(
    {
        "z": math.pi,
        "s": math.pi / 2,
        "sdg": -math.pi / 2,
        "t": math.pi / 4,
        "tdg": -math.pi / 4,
    }
)
_ROOTS: Final[Mapping[tuple[str, float], str]] = MappingProxyType(
    {
        ("x", 0.5): "sx",
        ("x", -0.5): "sxdg",
        ("sx", 1): "sx",
        ("sx", -1): "sxdg",
        ("sxdg", 1): "sxdg",
        ("sxdg", -1): "sx",
    }
)
