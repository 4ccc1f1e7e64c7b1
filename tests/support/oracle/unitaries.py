"""Unitaries as lists of steps, and what the gate modifiers make of them.

The language has two gates of its own, U and gphase; all others are made of these. So every gate is
a list of controlled matrices, and a modifier works on the list: a control is put on each step, the
inverse reverses them, a whole power repeats them, and any other power is taken of the whole matrix.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import numpy
from numpy.typing import NDArray

from support.oracle.errors import NotInterpreted
from support.oracle.state import EMPTY, Control, State, applied

Matrix: TypeAlias = NDArray[Any]

_MOST_REPEATS: Final = 4
_WIDEST_MATRIX: Final = 8
_BRANCH_TOLERANCE: Final = 1e-9


class Step(NamedTuple):
    """A matrix on targets, the first of them the highest bit of its index, under controls."""

    matrix: Matrix
    targets: tuple[int, ...]
    controls: tuple[Control, ...] = ()


def u_matrix(theta: float, phi: float, lam: float) -> Matrix:
    """The specification's U, whose phase makes it 2 pi-periodic in each angle."""
    turn = cmath.exp(1j * theta)
    return (
        numpy.array(
            [
                [1 + turn, -1j * cmath.exp(1j * lam) * (1 - turn)],
                [
                    1j * cmath.exp(1j * phi) * (1 - turn),
                    cmath.exp(1j * (phi + lam)) * (1 + turn),
                ],
            ]
        )
        / 2
    )


def phase(gamma: float) -> Step:
    """gphase: no target, a number as its matrix."""
    return Step(numpy.array([[cmath.exp(1j * gamma)]]), ())


def controlled(steps: Iterable[Step], controls: Sequence[Control]) -> list[Step]:
    """The steps where all controls have their value."""
    return [step._replace(controls=(*controls, *step.controls)) for step in steps]


def inverted(steps: Sequence[Step]) -> list[Step]:
    """What undoes the steps."""
    return [step._replace(matrix=step.matrix.conj().T) for step in reversed(steps)]


def powered(steps: Sequence[Step], exponent: float, qubits: Sequence[int]) -> list[Step]:
    """The steps to a power.

    Args:
        steps: of one gate.
        exponent: where it is not whole, each eigenvalue is raised on its principal branch: phases
            in (-pi, pi].
        qubits: all that the steps act on.
    """
    if exponent == int(exponent) and abs(exponent) <= _MOST_REPEATS:
        once = inverted(steps) if exponent < 0 else list(steps)
        return once * abs(int(exponent))
    if len(qubits) > _WIDEST_MATRIX:
        raise NotInterpreted(f"a power of a gate on {len(qubits)} qubits")
    return [Step(_matrix_power(matrix_of(steps, qubits), exponent), tuple(qubits))]


def moved(steps: Iterable[Step], qubits: Mapping[int, int]) -> list[Step]:
    """The steps on other qubits."""
    return [
        Step(
            step.matrix,
            tuple(qubits[target] for target in step.targets),
            tuple((qubits[control], wanted) for control, wanted in step.controls),
        )
        for step in steps
    ]


def after(state: State, steps: Iterable[Step]) -> State:
    """The state behind the steps."""
    for step in steps:
        state = applied(state, step.matrix, step.targets, step.controls)
    return state


def matrix_of(steps: Sequence[Step], qubits: Sequence[int]) -> Matrix:
    """The matrix of all steps, the first qubit the highest bit of its index."""
    size = 2 ** len(qubits)
    matrix = numpy.zeros((size, size), dtype=complex)
    for column in range(size):
        digits = format(column, f"0{len(qubits)}b") if qubits else ""
        ones = [qubit for qubit, digit in zip(qubits, digits, strict=True) if digit == "1"]
        matrix[:, column] = _amplitudes(after(EMPTY._replace(ones=frozenset(ones)), steps), qubits)
    return matrix


def _amplitudes(state: State, qubits: Sequence[int]) -> NDArray[Any]:
    """The state over these qubits, which are all that it has beside |0>."""
    full = numpy.zeros((2,) * len(qubits), dtype=complex)
    index = tuple(
        slice(None) if qubit in state.live else int(qubit in state.ones) for qubit in qubits
    )
    order = [state.live.index(qubit) for qubit in qubits if qubit in state.live]
    full[index] = state.tensor.transpose(order)
    return full.ravel()


def _matrix_power(matrix: Matrix, exponent: float) -> Matrix:
    """A power of a unitary by its eigenvalues."""
    vectors = _eigenvectors(matrix)
    values = numpy.einsum("ji,jk,ki->i", vectors.conj(), matrix, vectors)
    phases = numpy.angle(values)
    phases[phases < _BRANCH_TOLERANCE - math.pi] = math.pi
    power: Matrix = (vectors * numpy.exp(1j * exponent * phases)) @ vectors.conj().T
    return power


def _eigenvectors(matrix: Matrix) -> Matrix:
    """Orthonormal eigenvectors of a unitary, as columns.

    Its Hermitian and its skew part commute, so they share eigenvectors, which almost any sum of
    the two has alone.
    """
    real_part = (matrix + matrix.conj().T) / 2
    imaginary_part = (matrix - matrix.conj().T) / 2j
    for weight in (0.618, 1.414, -0.291, 2.236):
        _, vectors = numpy.linalg.eigh(real_part + weight * imaginary_part)
        diagonal = vectors.conj().T @ matrix @ vectors
        if numpy.allclose(diagonal, numpy.diag(numpy.diag(diagonal)), atol=1e-10):
            return vectors
    raise NotInterpreted("a matrix whose eigenvectors were not found")
