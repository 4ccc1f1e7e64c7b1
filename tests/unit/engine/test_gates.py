"""The base gates: their matrices against Qiskit's, and their inverses."""

import math

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit.circuit.library import (
    DCXGate,
    ECRGate,
    HGate,
    PhaseGate,
    RXGate,
    RXXGate,
    RYGate,
    RYYGate,
    RZGate,
    RZXGate,
    RZZGate,
    SdgGate,
    SGate,
    SwapGate,
    SXdgGate,
    SXGate,
    TdgGate,
    TGate,
    UGate,
    XGate,
    YGate,
    ZGate,
    iSwapGate,
)

from qcexec_engine.gates import NUM_ANGLES, NUM_TARGETS, inverse, matrix
from qcexec_engine.program import Gate, Unitary

QISKIT = {
    "x": XGate,
    "y": YGate,
    "z": ZGate,
    "h": HGate,
    "s": SGate,
    "sdg": SdgGate,
    "t": TGate,
    "tdg": TdgGate,
    "sx": SXGate,
    "sxdg": SXdgGate,
    "rx": RXGate,
    "ry": RYGate,
    "rz": RZGate,
    "p": PhaseGate,
    "u": UGate,
    "swap": SwapGate,
    "iswap": iSwapGate,
    "rxx": RXXGate,
    "ryy": RYYGate,
    "rzz": RZZGate,
    "rzx": RZXGate,
    "ecr": ECRGate,
    "dcx": DCXGate,
}
ANGLES = st.floats(-4 * math.pi, 4 * math.pi)


def test_the_base_gates_are_these() -> None:
    assert QISKIT.keys() == NUM_TARGETS.keys() == NUM_ANGLES.keys()


@pytest.mark.parametrize("name", QISKIT)
@given(st.data())
def test_each_matrix_is_qiskits(name: str, data: st.DataObject) -> None:
    angles = data.draw(st.tuples(*[ANGLES] * NUM_ANGLES[name]))
    expected = QISKIT[name](*angles)
    assert numpy.allclose(matrix(name, angles), expected.to_matrix(), atol=1e-12)
    assert NUM_TARGETS[name] == expected.num_qubits
    assert NUM_ANGLES[name] == len(expected.params)


@pytest.mark.parametrize("name", QISKIT)
@given(st.data())
def test_the_inverse_undoes_the_gate_on_the_same_qubits(name: str, data: st.DataObject) -> None:
    angles = data.draw(st.tuples(*[ANGLES] * NUM_ANGLES[name]))
    qubits = (7, 5, 3)[: 1 + NUM_TARGETS[name]]
    undone = inverse(Gate(name, angles, qubits, 1))
    assert undone.controls == 1
    assert undone.qubits[0] == 7
    back = undone.matrix if isinstance(undone, Unitary) else matrix(undone.name, undone.angles)
    if undone.qubits != qubits:
        assert undone.qubits == (7, 3, 5)
        exchanged = matrix("swap")
        back = exchanged @ back @ exchanged
    assert numpy.allclose(
        back @ matrix(name, angles), numpy.eye(2 ** NUM_TARGETS[name]), atol=1e-12
    )


def test_the_inverse_of_a_unitary_is_its_adjoint() -> None:
    undone = inverse(Unitary(matrix("s"), (4, 2), 1))
    assert isinstance(undone, Unitary)
    assert numpy.array_equal(undone.matrix, matrix("sdg"))
    assert (undone.qubits, undone.controls) == ((4, 2), 1)


def test_a_matrix_that_others_share_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        matrix("x")[0, 0] = 1
