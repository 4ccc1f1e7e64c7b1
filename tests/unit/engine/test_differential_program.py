"""What the parser and the elaboration make of a text, beside what Qiskit's importer makes of it."""

import os
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from qiskit import qasm3
from qiskit.circuit import QuantumCircuit
from qiskit_qasm3_import import ConversionError

from support.oracle.imported import compare
from support.oracle.texts import STATIC, Language, texts

CIRCUITS = Path(
    os.environ.get("QCEXEC_TEST_CIRCUITS", Path(__file__).parents[4] / "shared/circuits")
)
GATES = {name: form for name, form in STATIC.gates.items() if name not in ("cu", "gphase", "mine")}
ANGLES = tuple(angle for angle in STATIC.angles if "**" not in angle)
IMPORTED = Language(GATES, ANGLES, (), dynamic=False, initial_values=False)


@settings(max_examples=20)
@given(texts(IMPORTED))
def test_gates_operands_and_broadcasts_are_read_as_qiskit_reads_them(text: str) -> None:
    compare(text, loaded(text))


def loaded(text: str) -> QuantumCircuit:
    """Qiskit's circuit; the example is passed over where Qiskit refuses the text."""
    try:
        return qasm3.loads(text)
    except (ConversionError, qasm3.QASM3ImporterError, IndexError):
        # IndexError is its word for ranges that begin at a negative index.
        assume(condition=False)
        raise


@pytest.mark.parametrize(
    "name",
    [
        "mqt/cdkm_ripple_carry_adder_8", "mqt/hhl_5", "mqt/qft_8", "mqt/randomcircuit_5",
        "mqt/iqpe_5", "qasmbench/adder_n10", "qasmbench/ipea_n2", "qasmbench/shor_n5",
        "qasmbench/inverseqft_n4", "qasmbench/wstate_n3", "qasmbench/teleportation_n3",
    ],
)  # fmt: skip
def test_public_circuits_are_read_as_qiskit_reads_them(name: str) -> None:
    path = CIRCUITS / f"{name}.qasm"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    compare(path.read_text(), qasm3.loads(path.read_text()))
