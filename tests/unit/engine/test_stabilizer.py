"""Clifford circuits without feedback: what is drawn is what the circuit can give, and as often."""

import numpy
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from qcexec_engine.analysis.circuit import Circuit, analyse
from qcexec_engine.limits import Limits
from qcexec_engine.methods.stabilizer import STABILIZER
from qcexec_engine.outcomes import Outcomes
from qcexec_engine.program import Gate, Measure, Operation, Program, Register, Reset
from support.clifford_programs import static_clifford_programs
from support.dense_reference import distribution

# A program takes long to draw on a busy machine.
_PATIENT = settings(suppress_health_check=[HealthCheck.too_slow])

_LIMITS = Limits(1 << 30)


def _drawn(program: Program, shots: int, seed: int) -> dict[int, int]:
    return _values(STABILIZER.prepare(analyse(program), _LIMITS).sample(shots, seed))


def _values(outcomes: Outcomes) -> dict[int, int]:
    values = [int.from_bytes(row.tobytes(), "little") for row in outcomes.rows]
    assert len(set(values)) == len(values)
    return dict(zip(values, outcomes.counts.tolist(), strict=True))


def _assert_fits(counts: dict[int, int], probabilities: dict[int, float]) -> None:
    """Nothing impossible, and no count that strays: once in 10^8 for each, were all well."""
    shots = sum(counts.values())
    assert set(counts) <= set(probabilities)
    for value, probability in probabilities.items():
        deviation = (shots * probability * (1 - probability)) ** 0.5
        assert abs(counts.get(value, 0) - shots * probability) <= 6 * deviation + 1e-6


def _entangled(num_qubits: int) -> Program:
    operations: list[Operation] = [Gate("h", (), (0,))]
    operations += [Gate("x", (), (qubit, qubit + 1), 1) for qubit in range(num_qubits - 1)]
    operations += [Measure(qubit, qubit) for qubit in range(num_qubits)]
    return Program(num_qubits, (Register("c", num_qubits),), tuple(operations), num_qubits)


@_PATIENT
@given(static_clifford_programs(), st.integers(0, 2**64))
def test_outcomes_are_as_frequent_as_they_are_probable(program: Program, seed: int) -> None:
    circuit = analyse(program)
    assume(STABILIZER.cost(circuit, 2000, _LIMITS) is not None)
    outcomes = STABILIZER.prepare(circuit, _LIMITS).sample(2000, seed)
    _assert_fits(_values(outcomes), distribution(program))


@_PATIENT
@given(static_clifford_programs(), st.integers(1, 300))
def test_the_same_seed_draws_the_same_and_every_shot_once(program: Program, shots: int) -> None:
    circuit = analyse(program)
    assume(STABILIZER.cost(circuit, shots, _LIMITS) is not None)
    prepared = STABILIZER.prepare(circuit, _LIMITS)
    first = _values(prepared.sample(shots, 7))
    assert _values(prepared.sample(shots, 7)) == first
    assert _drawn(program, shots, 7) == first
    assert sum(first.values()) == shots


def test_a_thousand_entangled_qubits_agree() -> None:
    counts = _drawn(_entangled(1000), 1024, 3)
    assert set(counts) == {0, (1 << 1000) - 1}
    assert abs(counts[0] - 512) < 6 * 16


def test_many_coins_are_fair_and_independent() -> None:
    """Forty qubits in superposition: more coins than one table holds."""
    operations = [Gate("h", (), (qubit,)) for qubit in range(40)]
    operations += [Gate("z", (), (qubit, qubit + 1), 1) for qubit in range(39)]
    measures = [Measure(qubit, qubit) for qubit in range(40)]
    program = Program(40, (Register("c", 40),), (*operations, *measures), 40)
    shots = 20_000
    counts = _drawn(program, shots, 11)
    drawn = numpy.array(list(counts), dtype=numpy.uint64)
    bits = (drawn[:, None] >> numpy.arange(40, dtype=numpy.uint64) & numpy.uint64(1)).astype(float)
    assert len(drawn) == shots
    # Means of 20,000 fair coins and of products of two: six standard deviations.
    assert abs(bits.mean(axis=0) - 0.5).max() < 6 * 0.5 / shots**0.5
    products = (2 * bits - 1).T @ (2 * bits - 1) / shots
    assert abs(products - numpy.eye(40)).max() < 6 / shots**0.5


def test_a_graph_state_keeps_its_parities() -> None:
    """In a ring of 30, X on a qubit times Z on its neighbours is one in every shot."""
    size = 30
    operations: list[Operation] = [Gate("h", (), (qubit,)) for qubit in range(size)]
    operations += [Gate("z", (), (qubit, (qubit + 1) % size), 1) for qubit in range(size)]
    operations += [Gate("h", (), (qubit,)) for qubit in range(0, size, 2)]
    operations += [Measure(qubit, qubit) for qubit in range(size)]
    counts = _drawn(Program(size, (Register("c", size),), tuple(operations), size), 3000, 5)
    for value in counts:
        for qubit in range(0, size, 2):
            neighbours = value >> (qubit - 1) % size ^ value >> (qubit + 1) % size
            assert (value >> qubit ^ neighbours) & 1 == 0


def test_bits_that_nothing_is_measured_into_show_what_they_began_with() -> None:
    operations = (Gate("h", (), (0,)), Measure(0, 4))
    program = Program(1, (Register("c", 11),), operations, 11, initial_memory=0b10000000001)
    assert set(_drawn(program, 100, 1)) == {0b10000000001, 0b10000010001}


@pytest.mark.parametrize("rounds", [3, 40])
def test_measurements_on_the_way_and_resets_are_drawn_by_the_sampler(rounds: int) -> None:
    """Each round measures the parity of an entangled pair by a third qubit, which is reset."""
    operations: list[Operation] = [Gate("h", (), (0,)), Gate("x", (), (0, 1), 1)]
    for bit in range(rounds):
        operations += [
            Gate("x", (), (bit % 2,)),
            Gate("x", (), (0, 2), 1),
            Gate("x", (), (1, 2), 1),
            Measure(2, bit),
            Gate("h", (), (2,)),
            Reset(2),
        ]
    operations += [Gate("h", (), (2,)), Measure(2, rounds), Measure(0, rounds + 1)]
    num_bits = rounds + 2
    program = Program(3, (Register("c", num_bits),), tuple(operations), num_bits)
    circuit = analyse(program)
    assert circuit.terminal is None
    counts = _values(STABILIZER.prepare(circuit, _LIMITS).sample(4000, 9))
    parities = sum(1 << bit for bit in range(0, rounds, 2))
    probabilities = {parities | last << rounds: 0.25 for last in range(4)}
    _assert_fits(counts, probabilities)


def test_feedback_and_other_gates_are_not_taken() -> None:
    turned: tuple[Operation, ...] = (Gate("t", (), (0,)), Gate("h", (), (0,)), Measure(0, 0))
    circuit = analyse(Program(1, (Register("c", 1),), (Gate("h", (), (0,)), *turned), 1))
    assert STABILIZER.cost(circuit, 100, _LIMITS) is None


def _circuit(num_qubits: int) -> Circuit:
    return analyse(_entangled(num_qubits))


def test_what_is_kept_is_told() -> None:
    prepared = STABILIZER.prepare(_circuit(100), _LIMITS)
    assert prepared.kept_bytes is not None
    assert 0 < prepared.kept_bytes < 1 << 20


def test_more_coins_than_large_tables_are_for_are_as_fair() -> None:
    """1100 pairs of entangled qubits: each pair agrees, and is one in half of the shots."""
    pairs = 1100
    operations: list[Operation] = []
    for pair in range(pairs):
        operations += [Gate("h", (), (2 * pair,)), Gate("x", (), (2 * pair, 2 * pair + 1), 1)]
    operations += [Measure(qubit, qubit) for qubit in range(2 * pairs)]
    program = Program(2 * pairs, (Register("c", 2 * pairs),), tuple(operations), 2 * pairs)
    outcomes = STABILIZER.prepare(analyse(program), _LIMITS).sample(400, 2)
    bits = numpy.unpackbits(outcomes.rows, axis=1, bitorder="little")[:, : 2 * pairs]
    assert outcomes.counts.sum() == 400
    assert (bits[:, ::2] == bits[:, 1::2]).all()
    # 400 tosses of a fair coin: six standard deviations, for each of the pairs.
    assert abs(bits[:, ::2].sum(axis=0).astype(int) - 200).max() < 6 * 10
