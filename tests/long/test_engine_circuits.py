"""Every public circuit that the oracle can follow, and larger members of mqt.bench's families."""

import os
from pathlib import Path

import pytest
from mqt.bench import BenchmarkLevel, get_benchmark
from qiskit import qasm3

from support.oracle.imported import compare
from support.oracle.verdict import judge

CIRCUITS = Path(
    os.environ.get("QCEXEC_TEST_CIRCUITS", Path(__file__).parents[3] / "shared/circuits")
)
SHOTS = 20_000
NAMES = sorted(f"{path.parent.name}/{path.stem}" for path in CIRCUITS.glob("*/*.qasm"))
FAMILIES = [
    *(("bmw_quark_copula", 10), ("dynamic_qft", 9), ("ghz_dynamic", 9), ("graphstate", 12)),
    *(("grover", 7), ("iqpe", 10), ("qftentangled", 10), ("qpeinexact", 12)),
    *(("qwalk", 7), ("randomcircuit", 10), ("seven_qubit_steane_code", 13), ("vqe_su2", 10)),
    *(("shors_nine_qubit_code", 17), ("wstate", 14)),
]


@pytest.mark.skipif(not NAMES, reason=f"there are no circuits in {CIRCUITS}")
@pytest.mark.parametrize("name", NAMES)
def test_a_public_circuit_has_its_exact_distribution(name: str) -> None:
    judge((CIRCUITS / f"{name}.qasm").read_text(), shots=SHOTS)


@pytest.mark.skipif(not NAMES, reason=f"there are no circuits in {CIRCUITS}")
@pytest.mark.parametrize("name", NAMES)
def test_a_public_circuit_is_read_as_qiskit_reads_it(name: str) -> None:
    text = (CIRCUITS / f"{name}.qasm").read_text()
    compare(text, qasm3.loads(text))


@pytest.mark.parametrize(("family", "size"), FAMILIES)
def test_a_larger_member_of_a_family_has_its_exact_distribution(family: str, size: int) -> None:
    judge(qasm3.dumps(get_benchmark(family, BenchmarkLevel.ALG, size)), shots=SHOTS)
