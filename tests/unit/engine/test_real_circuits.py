"""The examples, and public circuits beside exact distributions."""

import os
from pathlib import Path

import pytest
from qiskit import qasm2, qasm3
from qiskit.circuit import QuantumCircuit
from qiskit.quantum_info import Statevector

from qcexec_engine import Completed, Limits, SyntaxFault, run

EXAMPLES = Path(__file__).parents[3] / "examples"
# Folders mqt (OpenQASM 3) and qasmbench (OpenQASM 2).
CIRCUITS = Path(
    os.environ.get("QCEXEC_TEST_CIRCUITS", Path(__file__).parents[4] / "shared/circuits")
)
LIMITS = Limits(memory_bytes=1 << 28, max_qubits=24)
SHOTS = 4096


def counts(text: str, shots: int = SHOTS) -> dict[str, int]:
    outcome = run(text, shots, 1, LIMITS)
    assert isinstance(outcome, Completed)
    return outcome.counts


def example(name: str) -> str:
    return (EXAMPLES / f"{name}.qasm").read_text()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bell", {"00": 0.5, "11": 0.5}),
        ("ghz5", {"00000": 0.5, "11111": 0.5}),
        ("qft4", {"0000": 0.5, "1000": 0.5}),
        ("ghz100_clifford", {"0" * 100: 0.5, "1" * 100: 0.5}),
        (
            "teleportation",
            {f"{bob} {a}{b}": (3, 1)[bob] / 16 for bob in (0, 1) for a in (0, 1) for b in (0, 1)},
        ),
    ],
)
def test_an_example_gives_what_its_comment_promises(name: str, expected: dict[str, float]) -> None:
    seen = counts(example(name), 1024)
    assert seen.keys() == expected.keys()
    for key, probability in expected.items():
        assert seen[key] / 1024 == pytest.approx(probability, abs=0.06)


def test_the_example_of_an_error_names_its_line_and_column() -> None:
    with pytest.raises(SyntaxFault, match="line 9, column 7: a ';' is missing after 'h q"):
        counts(example("syntax_error"))


@pytest.mark.parametrize(
    "name",
    [
        "mqt/ae_5", "mqt/bmw_quark_copula_8", "mqt/cdkm_ripple_carry_adder_8", "mqt/grover_5",
        "mqt/qft_8", "mqt/qpeinexact_8", "mqt/randomcircuit_5", "mqt/vqe_two_local_5",
        "qasmbench/adder_n10", "qasmbench/cat_state_n4", "qasmbench/fredkin_n3",
        "qasmbench/hs4_n4", "qasmbench/qaoa_n3", "qasmbench/toffoli_n3", "qasmbench/wstate_n3",
    ],
)  # fmt: skip
def test_public_circuits_have_their_exact_distribution(name: str) -> None:
    path = CIRCUITS / f"{name}.qasm"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    text = path.read_text()
    if "OPENQASM 2" in text:
        circuit = qasm2.loads(text, custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)
        text = qasm3.dumps(circuit)
    exact = exact_distribution(qasm3.loads(text))
    seen = {int(key.replace(" ", ""), 2): count / SHOTS for key, count in counts(text).items()}
    distance = sum(abs(exact.get(k, 0) - seen.get(k, 0)) for k in exact.keys() | seen.keys()) / 2
    # What sampling alone is expected to leave, with room for two to spare.
    assert distance < 0.01 + (len(exact) / SHOTS) ** 0.5


def exact_distribution(circuit: QuantumCircuit) -> dict[int, float]:
    """Probabilities by integer, bit i being classical bit i, of a circuit that measures last."""
    unitary = circuit.copy_empty_like()
    places: dict[int, int] = {}
    for instruction in circuit.data:
        if instruction.name == "measure":
            bit = circuit.find_bit(instruction.clbits[0]).index
            places[bit] = circuit.find_bit(instruction.qubits[0]).index
        elif instruction.name != "barrier":
            unitary.append(instruction)
    bits = sorted(places)
    state = Statevector(unitary)
    probabilities = state.probabilities_dict([places[bit] for bit in bits], decimals=12)
    return {
        sum(int(digit) << bit for digit, bit in zip(reversed(key), bits, strict=True)): probability
        for key, probability in probabilities.items()
    }
