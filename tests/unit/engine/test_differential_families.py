"""The families of mqt.bench, exported to OpenQASM 3, beside the oracle.

Not ae, which mqt.bench 2.3 cannot make with this NumPy; not qaoa, which measures nothing; not shor,
which begins at 18 qubits.
"""

import pytest
from mqt.bench import BenchmarkLevel, get_benchmark
from qiskit import qasm3

from support.oracle.verdict import judge

FAMILIES = [
    *("bmw_quark_cardinality", "bmw_quark_copula", "bv", "cdkm_ripple_carry_adder", "dj"),
    *("draper_qft_adder", "dynamic_qft", "full_adder", "ghz", "ghz_dynamic", "graphstate"),
    *("grover", "hhl", "iqpe", "modular_adder", "multiplier", "qft", "qftentangled"),
    *("qnn", "qpeexact", "qpeinexact", "qwalk", "randomcircuit", "rg_qft_multiplier"),
    *("vbe_ripple_carry_adder", "vqe_real_amp", "vqe_su2", "vqe_two_local", "wstate"),
]
FIVE_QUBITS = ["half_adder", "hrs_cumulative_multiplier"]


@pytest.mark.parametrize(
    ("family", "size"),
    [*((family, 4) for family in FAMILIES), *((family, 5) for family in FIVE_QUBITS)],
)
def test_a_family_has_its_exact_distribution(family: str, size: int) -> None:
    judge(qasm3.dumps(get_benchmark(family, BenchmarkLevel.ALG, size)))
