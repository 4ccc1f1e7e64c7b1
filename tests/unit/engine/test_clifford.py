"""Clifford gates: told from the others exactly, and spelled so that stim does the same."""

import functools
import itertools
import math

import numpy
import pytest
import stim
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qcexec_engine import gates
from qcexec_engine.clifford import is_clifford, spelled
from support.dense_reference import applied

_EIGHTHS = [math.pi / 4 * turns for turns in range(-8, 9)]
_NAMES = sorted(gates.NUM_TARGETS)

Matrix = NDArray[numpy.complexfloating]


def _angles(name: str) -> list[tuple[float, ...]]:
    return list(itertools.product(_EIGHTHS, repeat=gates.NUM_ANGLES[name]))


def _full_matrix(name: str, angles: tuple[float, ...], controls: int) -> Matrix:
    num_qubits = controls + gates.NUM_TARGETS[name]
    matrix = gates.matrix(name, angles)
    columns = [
        applied(column, matrix, tuple(range(num_qubits)), controls)
        for column in numpy.eye(1 << num_qubits, dtype=numpy.complex128)
    ]
    return numpy.array(columns).T


@functools.cache
def _paulis(num_qubits: int) -> list[Matrix]:
    singles: list[Matrix] = [
        numpy.eye(2, dtype=complex),
        numpy.array([[0, 1], [1, 0]], dtype=complex),
        numpy.array([[0, -1j], [1j, 0]]),
        numpy.diag([1, -1]).astype(complex),
    ]
    paulis: list[Matrix] = [numpy.eye(1, dtype=complex)]
    for _ in range(num_qubits):
        paulis = [numpy.kron(pauli, single) for pauli in paulis for single in singles]
    return paulis


def _maps_paulis_to_paulis(matrix: Matrix) -> bool:
    num_qubits = len(matrix).bit_length() - 1
    paulis = numpy.array(_paulis(num_qubits))
    moved = matrix @ paulis @ matrix.conj().T
    overlaps = abs(numpy.einsum("aij,bji->ab", paulis, moved)) / len(matrix)
    return bool(numpy.allclose(overlaps.max(axis=0), 1, atol=1e-9))


def _same_up_to_phase(one: Matrix, other: Matrix) -> bool:
    return bool(abs(abs(numpy.vdot(one, other)) - len(one)) < 1e-6)


@pytest.mark.parametrize("controls", [0, 1, 2])
@pytest.mark.parametrize("name", _NAMES)
def test_every_gate_is_told_right_and_stim_does_the_same(name: str, controls: int) -> None:
    num_qubits = controls + gates.NUM_TARGETS[name]
    choices = _angles(name)
    if len(choices) > 500:
        # Every seventh of the general gates: 7 is prime to the 17 angles, so all of them come up.
        choices = choices[::7]
    for angles in choices:
        matrix = _full_matrix(name, angles, controls)
        spelling = spelled(name, angles, controls)
        assert (spelling is not None) == _maps_paulis_to_paulis(matrix), angles
        if spelling is None:
            continue
        written = stim.Circuit()
        written.append("I", range(num_qubits))
        for gate, places in spelling:
            written.append(gate, places)
        unitary = written.to_tableau().to_unitary_matrix(endian="little")
        assert _same_up_to_phase(unitary, matrix), angles


@pytest.mark.parametrize(("name", "angle"), [("rx", 0.1), ("p", 1.0), ("rzz", math.pi / 2 + 1e-9)])
def test_a_rotation_that_is_no_quarter_turn_is_no_clifford_gate(name: str, angle: float) -> None:
    assert not is_clifford(name, (angle,), 0)


@given(st.integers(-(10**6), 10**6), st.sampled_from(["rx", "ry", "rz", "p", "rxx"]))
def test_quarter_turns_are_known_through_rounding(turns: int, name: str) -> None:
    assert is_clifford(name, (turns * math.pi / 2,), 0)


def test_a_name_that_is_no_gate_is_no_clifford_gate() -> None:
    assert not is_clifford("unitary", (), 0)
    assert not is_clifford("unitary", (), 2)
