"""What the comparison of counts with a distribution finds, and how often it errs."""

import random
import re

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from qcexec_engine import Completed, Engine, Limits
from support.oracle import Distribution, exact_distribution
from support.oracle.comparison import disagreement

LIMITS = Limits(memory_bytes=1 << 28, max_qubits=24)
SHOTS = 4096
HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'


def long_circuit(seed: int, num_qubits: int = 6, num_gates: int = 300) -> str:
    """Hundreds of gates, none of them likely to be without effect on the counts."""
    drawn = random.Random(seed)
    lines = [f"qubit[{num_qubits}] q;", f"bit[{num_qubits}] c;"]
    for _ in range(num_gates):
        first, second = drawn.sample(range(num_qubits), 2)
        angle = drawn.uniform(0.3, 2.8)
        lines.append(
            drawn.choice(
                [
                    f"ry({angle:.3f}) q[{first}];",
                    f"rz({angle:.3f}) q[{first}];",
                    f"cx q[{first}], q[{second}];",
                    f"crx({angle:.3f}) q[{first}], q[{second}];",
                ]
            )
        )
    return HEAD + "\n".join([*lines, "c = measure q;\n"])


def counts(text: str) -> dict[str, int]:
    outcome = Engine(LIMITS).run(text, SHOTS, seed=1)
    assert isinstance(outcome, Completed)
    return outcome.counts


@pytest.mark.parametrize("seed", range(4))
def test_one_wrong_gate_among_hundreds_is_found(seed: int) -> None:
    text = long_circuit(seed)
    exact = exact_distribution(text)
    assert disagreement(counts(text), exact) is None
    lines = text.splitlines()
    gates = [index for index, line in enumerate(lines) if line.startswith("cx")]
    # Not among the first, whose controls are still 0.
    wrong = random.Random(seed).choice(gates[len(gates) // 4 : len(gates) * 3 // 4])
    qubits = re.findall(r"\d+", lines[wrong])
    lines[wrong] = f"cz q[{qubits[0]}], q[{qubits[1]}];"
    assert disagreement(counts("\n".join(lines)), exact) is not None


@pytest.mark.parametrize("seed", range(4))
def test_a_wrong_angle_among_hundreds_is_found(seed: int) -> None:
    text = long_circuit(seed)
    exact = exact_distribution(text)
    mutated = re.sub(r"ry\(", "ry(0.5 + ", text, count=1)
    assert mutated != text
    assert disagreement(counts(mutated), exact) is not None


@pytest.mark.parametrize("seed", range(4))
def test_a_swapped_bit_order_is_found(seed: int) -> None:
    text = long_circuit(seed, num_qubits=4, num_gates=30)
    exact = exact_distribution(text)
    mutated = text.replace("c = measure q;", "c = measure q[3:-1:0];")
    assert disagreement(counts(mutated), exact) is not None
    assert disagreement({key[::-1]: count for key, count in counts(text).items()}, exact)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("h q[0]; t q[0]; h q[0];", "h q[0]; h q[0];"),
        ("h q[0]; p(0.4) q[0]; h q[0];", "h q[0]; h q[0];"),
        ("h q[0]; s q[0]; rx(1.0) q[0];", "h q[0]; sdg q[0]; rx(1.0) q[0];"),
        ("h q; cz q[0], q[1]; h q[1];", "h q; h q[1];"),
        ("h q[0]; ctrl @ gphase(0.5) q[0]; h q[0];", "h q[0]; gphase(0.5); h q[0];"),
    ],
)
def test_a_dropped_phase_before_an_h_is_found(right: str, wrong: str) -> None:
    declared, measured = f"{HEAD}qubit[2] q; bit[2] c;", "c = measure q;"
    exact = exact_distribution(declared + right + measured)
    assert disagreement(counts(declared + right + measured), exact) is None
    assert disagreement(counts(declared + wrong + measured), exact) is not None


def test_a_single_impossible_outcome_is_found() -> None:
    assert disagreement({"0": 10**6, "1": 1}, {"0": 1.0}) is not None


def test_correlations_that_no_single_bit_shows_are_found() -> None:
    exact = {f"{value:04b}": 1 / 16 for value in range(16)}
    even = {key: SHOTS // 8 for key in exact if key.count("1") % 2 == 0}
    assert disagreement(even, exact) is not None


def test_wide_distributions_are_compared_by_bits_and_neighbours() -> None:
    """No outcome is seen twice, yet a bit that leans shows."""
    generator = numpy.random.default_rng(1)
    exact = {f"{value:014b}": 2.0**-14 for value in range(1 << 14)}
    fair = generator.integers(0, 2, size=(SHOTS, 14))
    assert disagreement(_counted(fair), exact) is None
    fair[:, 5] |= generator.random(SHOTS) < 0.2
    assert disagreement(_counted(fair), exact) is not None


@settings(max_examples=30)
@given(st.integers(1, 60), st.integers(0, 10**6), st.sampled_from([1, 10, 100, 10_000]))
def test_counts_that_are_right_are_not_called_wrong(size: int, seed: int, shots: int) -> None:
    generator = numpy.random.default_rng(seed)
    exact = _random_distribution(generator, size)
    for _ in range(20):
        drawn = generator.multinomial(shots, list(exact.values()))
        seen = {key: int(count) for key, count in zip(exact, drawn, strict=True) if count > 0}
        assert disagreement(seen, exact) is None


def _random_distribution(generator: numpy.random.Generator, size: int) -> Distribution:
    weights = generator.exponential(size=size) ** 3
    weights /= weights.sum()
    return {f"{value:06b}": float(weight) for value, weight in enumerate(weights)}


def _counted(rows: NDArray[numpy.int64]) -> dict[str, int]:
    seen: dict[str, int] = {}
    for row in rows:
        key = "".join(map(str, row))
        seen[key] = seen.get(key, 0) + 1
    return seen
