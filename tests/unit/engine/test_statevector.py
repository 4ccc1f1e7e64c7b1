"""The dense state vector: right for every gate in each of the ways to do it, and repeatable."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from qcexec_engine import gates
from qcexec_engine.analysis.circuit import analyse
from qcexec_engine.dense import kernel_run, small_state
from qcexec_engine.limits import Limits
from qcexec_engine.methods.statevector import STATEVECTOR
from qcexec_engine.program import Gate, Measure, Operation, Program, Register, Reset, Unitary
from support.dense_reference import distribution, final_state
from support.random_programs import straight_programs

pytestmark = pytest.mark.skipif(
    STATEVECTOR.missing() is not None, reason=f"no kernel here: {STATEVECTOR.missing()}"
)

_LIMITS = Limits(memory_bytes=1 << 30)
_KINDS = [
    (name, controls)
    for name in sorted(gates.NUM_TARGETS)
    for controls in range(4)
    if gates.NUM_TARGETS[name] + controls <= 5
]


def _turns(num_qubits: int, seed: int) -> list[Gate]:
    angles = numpy.random.default_rng(seed).uniform(-3, 3, size=(num_qubits, 3)).tolist()
    return [Gate("u", tuple(angles[qubit]), (qubit,)) for qubit in range(num_qubits)]


def _layer(num_qubits: int, seed: int) -> list[Operation]:
    """Mixes all amplitudes and phases."""
    chain = [Gate("x", (), (qubit, qubit + 1), 1) for qubit in range(num_qubits - 1)]
    return [*_turns(num_qubits, seed), *chain]


def _probability_of_one(turn: Gate) -> float:
    alone = turn._replace(qubits=(0,))
    return float(abs(final_state(1, (alone,))[1]) ** 2)


def _program(*operations: Operation, qubits: int, bits: int | None = None) -> Program:
    bits = qubits if bits is None else bits
    return Program(qubits, (Register("c", bits),), operations, bits)


def _likely(
    operations: Sequence[Operation], num_qubits: int, measured: Sequence[int] | None = None
) -> NDArray[numpy.float64]:
    measured = range(num_qubits) if measured is None else measured
    likely = kernel_run.outcome_probabilities(operations, num_qubits, measured, "double")
    return numpy.array(likely)


@pytest.mark.parametrize(("name", "controls"), _KINDS)
def test_every_gate_does_what_its_matrix_says(name: str, controls: int) -> None:
    num_angles = gates.NUM_ANGLES[name]
    for seed, order in ((1, (3, 0, 4, 1, 2)), (2, (0, 4, 2, 3, 1))):
        qubits = order[: gates.NUM_TARGETS[name] + controls]
        angles = tuple(numpy.random.default_rng(seed).uniform(-4, 4, size=num_angles).tolist())
        operations = [
            *_layer(5, seed),
            Gate(name, angles, qubits, controls),
            *_layer(5, seed + 10),
        ]
        expected = abs(final_state(5, tuple(operations))) ** 2
        assert numpy.allclose(_likely(operations, 5), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "controls"),
    [kind for kind in _KINDS if gates.NUM_TARGETS[kind[0]] == 1 and kind[1] < 3],
)
def test_a_small_state_takes_every_gate_on_one_target_as_a_large_one_does(
    name: str, controls: int
) -> None:
    for qubits in itertools.permutations(range(3), controls + 1):
        gate = Gate(name, (0.7, 0.4, 1.1)[: gates.NUM_ANGLES[name]], qubits, controls)
        operations = [*_layer(3, 1), gate, *_layer(3, 2)]
        likely = small_state.probabilities(operations, 3, range(3))
        assert numpy.allclose(likely, abs(final_state(3, tuple(operations))) ** 2, atol=1e-12)


@pytest.mark.parametrize(
    "operation",
    [Gate("iswap", (), (0, 1)), Gate("swap", (), (0, 1, 2), 1), Unitary(numpy.eye(2), (0,))],
    ids=["two targets", "two targets under control", "unitary"],
)
def test_a_small_state_leaves_other_operations_to_the_simulator(
    operation: Gate | Unitary,
) -> None:
    counts = {(operation.name if isinstance(operation, Gate) else "unitary", operation.controls): 1}
    assert not small_state.is_small(counts, 3)
    with pytest.raises(ValueError, match="no gate on one target"):
        small_state.probabilities([operation], 3, range(3))


@pytest.mark.parametrize("qubits", [(0,), (3, 1), (1, 0, 3), (2, 3, 1, 0)])
@pytest.mark.parametrize("controls", [0, 1])
def test_a_unitary_takes_its_first_target_for_the_lowest_bit(
    qubits: tuple[int, ...], controls: int
) -> None:
    if len(qubits) == controls:
        return
    size = 1 << (len(qubits) - controls)
    generator = numpy.random.default_rng(len(qubits))
    matrix, _ = numpy.linalg.qr(
        generator.normal(size=(size, size)) + 1j * generator.normal(size=(size, size))
    )
    operations = [*_layer(4, 1), Unitary(matrix, qubits, controls), *_layer(4, 2)]
    expected = abs(final_state(4, tuple(operations))) ** 2
    assert numpy.allclose(_likely(operations, 4), expected, atol=1e-12)


@settings(max_examples=100, deadline=None)
@given(straight_programs())
def test_any_straight_program_has_the_right_distribution(program: Program) -> None:
    circuit = analyse(program)
    assert circuit.terminal is not None
    outcomes = STATEVECTOR.prepare(circuit, _LIMITS).sample(100_000, 1)
    exact = distribution(program)
    seen = {
        int.from_bytes(row.tobytes(), "little"): int(count)
        for row, count in zip(outcomes.rows, outcomes.counts, strict=True)
    }
    assert sum(seen.values()) == 100_000
    for value in seen.keys() | exact.keys():
        # Six standard deviations and a half: wrong once in ten billion outcomes.
        expected = 100_000 * exact.get(value, 0.0)
        assert abs(seen.get(value, 0) - expected) <= 6.5 * numpy.sqrt(expected) + 1


@pytest.mark.parametrize("num_qubits", [1, 15, 16, 17, 18])
def test_measured_qubits_are_summed_over_the_others_at_any_size(num_qubits: int) -> None:
    turns = _turns(num_qubits, 5)
    single = [_probability_of_one(turn) for turn in turns]
    chosen = tuple(sorted({num_qubits - 1, 0, num_qubits // 2}, reverse=True))
    likely = _likely(turns, num_qubits, chosen)
    expected: NDArray[Any] = numpy.ones(1)
    for qubit in chosen:
        expected = numpy.kron([1 - single[qubit], single[qubit]], expected)
    assert numpy.allclose(likely, expected, atol=1e-12)


def test_all_qubits_of_a_large_state_are_read_in_order() -> None:
    turns = _turns(18, 3)
    likely = _likely(turns, 18)
    expected: NDArray[Any] = numpy.ones(1)
    for turn in turns:
        one = _probability_of_one(turn)
        expected = numpy.kron([1 - one, one], expected)
    assert numpy.allclose(likely, expected, rtol=1e-9)


@pytest.mark.parametrize("chosen", [(0, 1, 2), (2, 0, 1), (1,), (2, 1)])
def test_a_small_circuit_shows_the_chosen_qubits_in_order(chosen: tuple[int, ...]) -> None:
    measures = [Measure(qubit, bit) for bit, qubit in enumerate(chosen)]
    program = _program(*_layer(3, 4), *measures, qubits=3, bits=len(chosen))
    outcomes = STATEVECTOR.prepare(analyse(program), _LIMITS).sample(1_000_000, 1)
    exact = distribution(program)
    for row, count in zip(outcomes.rows, outcomes.counts, strict=True):
        assert abs(count - 1e6 * exact[int(row[0])]) < 4000


def test_a_circuit_that_is_decided_needs_no_state() -> None:
    circuit = analyse(_program(Gate("x", (), (1,)), Measure(0, 0), Measure(1, 1), qubits=2))
    outcomes = STATEVECTOR.prepare(circuit, _LIMITS).sample(10, 1)
    assert outcomes.rows.tolist() == [[0b10]]
    assert outcomes.counts.tolist() == [10]


def test_the_same_seed_gives_the_same_outcomes() -> None:
    measures = [Measure(qubit, qubit) for qubit in range(13)]
    circuit = analyse(_program(*_layer(13, 1), *measures, qubits=13))
    first, second = (STATEVECTOR.prepare(circuit, _LIMITS) for _ in range(2))
    one, same, other = first.sample(500, 7), second.sample(500, 7), first.sample(500, 8)
    assert numpy.array_equal(one.rows, same.rows)
    assert numpy.array_equal(one.counts, same.counts)
    assert not numpy.array_equal(one.rows, other.rows)


def test_measuring_in_the_middle_is_left_to_others() -> None:
    circuit = analyse(
        _program(
            Gate("h", (), (0,)),
            Measure(0, 0),
            Reset(0),
            Gate("h", (), (0,)),
            Measure(0, 1),
            qubits=2,
        )
    )
    assert STATEVECTOR.cost(circuit, 100, _LIMITS) is None


def test_more_qubits_than_allowed_are_left_to_others() -> None:
    measures = [Measure(qubit, qubit) for qubit in range(6)]
    circuit = analyse(_program(*_layer(6, 1), *measures, qubits=6))
    assert STATEVECTOR.cost(circuit, 100, Limits(1 << 30, max_qubits=5)) is None
    assert STATEVECTOR.cost(circuit, 100, Limits(1 << 30, max_qubits=6)) is not None
