"""Measuring, collapsing, copying and sampling."""

from __future__ import annotations

from math import sqrt

import numpy
import pytest
from hypothesis import assume, given, strategies

from qcexec_kernel import BrokenPlan, Kernel, OutOfMemory, Precision, State
from unit.kernel.circuits import Circuit, circuits, layered
from unit.kernel.comparison import CLOSE, FEW_EXAMPLES, distance, small_chunks
from unit.kernel.reference import Gate, Vector, evolved, zero

BOTH = pytest.mark.parametrize("precision", ["double", "single"])


def ran(kernel: Kernel, circuit: Circuit, precision: Precision = "double") -> State:
    state = kernel.state(circuit.num_qubits, precision)
    state.run(small_chunks(kernel, circuit, precision))
    return state


def collapsed(amplitudes: Vector, qubit: int, outcome: int) -> Vector:
    indices = numpy.arange(len(amplitudes))
    left: Vector = numpy.where(indices >> qubit & 1 == outcome, amplitudes, 0)
    left /= numpy.linalg.norm(left)
    return left


@BOTH
@FEW_EXAMPLES
@given(circuit=circuits(8, 25), data=strategies.data())
def test_measuring_in_the_middle_leaves_another_state(
    kernel: Kernel, precision: Precision, circuit: Circuit, data: strategies.DataObject
) -> None:
    num_qubits = circuit.num_qubits
    expected = evolved(*circuit, zero(num_qubits))
    with ran(kernel, circuit, precision) as state:
        for qubit in data.draw(strategies.permutations(range(num_qubits))):
            ones = numpy.arange(len(expected)) >> qubit & 1 == 1
            probability = float((numpy.abs(expected[ones]) ** 2).sum())
            assert abs(state.probability(qubit) - probability) < 10 * CLOSE[precision]
            likely = int(probability > 0.5)
            state.collapse(qubit, likely)
            expected = collapsed(expected, qubit, likely)
        assert distance(state.amplitudes(), expected) < 10 * CLOSE[precision]


@FEW_EXAMPLES
@given(first=circuits(6, 15), second=circuits(6, 15), data=strategies.data())
def test_a_run_after_a_measurement_goes_on_elsewhere(
    kernel: Kernel, first: Circuit, second: Circuit, data: strategies.DataObject
) -> None:
    num_qubits = max(first.num_qubits, second.num_qubits)
    qubit = data.draw(strategies.integers(0, num_qubits - 1))
    first, second = Circuit(num_qubits, first.operations), Circuit(num_qubits, second.operations)
    expected = evolved(*first, zero(num_qubits))
    with ran(kernel, first) as state:
        outcome = int(state.probability(qubit) > 0.5)
        state.collapse(qubit, outcome)
        state.run(small_chunks(kernel, second, begins_in_zero=False))
        got = state.amplitudes()
    expected = evolved(*second, collapsed(expected, qubit, outcome))
    assert distance(got, expected) < 1e-11


def test_an_impossible_outcome_is_taken_for_possible(kernel: Kernel) -> None:
    with kernel.state(3) as state, pytest.raises(ValueError, match="qubit 1 cannot be 1"):
        state.collapse(1, 1)


@BOTH
@FEW_EXAMPLES
@given(circuit=circuits(8, 25), data=strategies.data())
def test_a_split_is_no_collapse_on_each_outcome(
    kernel: Kernel, precision: Precision, circuit: Circuit, data: strategies.DataObject
) -> None:
    num_qubits = circuit.num_qubits
    qubit = data.draw(strategies.integers(0, num_qubits - 1))
    outcome = data.draw(strategies.integers(0, 1))
    with (
        ran(kernel, circuit, precision) as state,
        kernel.state(num_qubits, precision) as other,
        kernel.state(num_qubits, precision) as copy,
    ):
        assume(1e-6 < state.probability(qubit) < 1 - 1e-6)
        expected = []
        for value in (outcome, 1 - outcome):
            copy.copy_from(state)
            copy.collapse(qubit, value)
            expected.append(copy.amplitudes())
        state.split(qubit, outcome, other)
        assert numpy.array_equal(state.amplitudes(), expected[0])
        assert numpy.array_equal(other.amplitudes(), expected[1])
        assert state.probability(qubit) == outcome
        assert other.probability(qubit) == 1 - outcome


def test_a_state_is_split_that_cannot_be(kernel: Kernel) -> None:
    with kernel.state(5) as state, kernel.state(5) as other, kernel.state(4) as smaller:
        with pytest.raises(ValueError, match="qubit 1 has one outcome alone"):
            state.split(1, 0, other)
        with pytest.raises(BrokenPlan):
            state.split(1, 0, smaller)


@FEW_EXAMPLES
@given(circuit=circuits(5, 15), data=strategies.data())
def test_flipping_is_no_x(kernel: Kernel, circuit: Circuit, data: strategies.DataObject) -> None:
    qubit = data.draw(strategies.integers(0, circuit.num_qubits - 1))
    expected = evolved(*circuit, zero(circuit.num_qubits))
    expected = expected[numpy.arange(len(expected)) ^ 1 << qubit]
    with ran(kernel, circuit) as state:
        state.flip(qubit)
        assert distance(state.amplitudes(), expected) < 1e-12


@FEW_EXAMPLES
@given(circuit=circuits(8, 25))
def test_a_copy_follows_its_original(kernel: Kernel, circuit: Circuit) -> None:
    expected = evolved(*circuit, zero(circuit.num_qubits))
    with ran(kernel, circuit) as original, kernel.state(circuit.num_qubits) as copy:
        copy.copy_from(original)
        original.collapse(0, int(original.probability(0) > 0.5))
        original.flip(0)
        assert distance(copy.amplitudes(), expected) < 1e-12


@BOTH
@FEW_EXAMPLES
@given(circuit=circuits(8, 25), data=strategies.data())
def test_marginals_are_those_of_other_qubits(
    kernel: Kernel, precision: Precision, circuit: Circuit, data: strategies.DataObject
) -> None:
    order = data.draw(strategies.permutations(range(circuit.num_qubits)))
    qubits = order[: data.draw(strategies.integers(0, len(order)))]
    amplitudes = evolved(*circuit, zero(circuit.num_qubits))
    expected = numpy.zeros(1 << len(qubits))
    for index, amplitude in enumerate(amplitudes):
        place = sum((index >> qubit & 1) << bit for bit, qubit in enumerate(qubits))
        expected[place] += abs(amplitude) ** 2
    with ran(kernel, circuit, precision) as state:
        assert numpy.abs(state.probabilities(qubits) - expected).max() < CLOSE[precision]


@BOTH
@FEW_EXAMPLES
@given(circuit=circuits(8, 25), data=strategies.data())
def test_samples_are_no_inverse_of_the_distribution(
    kernel: Kernel, precision: Precision, circuit: Circuit, data: strategies.DataObject
) -> None:
    # With points in the middle of equal intervals, an outcome of probability p comes up p x 4096
    # times, but for one at each of its amplitudes' ends.
    order = data.draw(strategies.permutations(range(circuit.num_qubits)))
    qubits = order[: data.draw(strategies.integers(1, len(order)))]
    points = (numpy.arange(4096) + 0.5) / 4096
    with ran(kernel, circuit, precision) as state:
        outcomes = state.sample(qubits, points)
        expected = state.probabilities(qubits) * len(points)
    counted = numpy.bincount(outcomes.astype(int), minlength=len(expected))
    parts = 1 << (circuit.num_qubits - len(qubits))
    assert (numpy.abs(counted - expected) <= parts + 1).all()


def test_an_impossible_outcome_is_sampled(kernel: Kernel) -> None:
    ghz = [Gate("h", (), (0,)), *[Gate("x", (), (place, place + 1), 1) for place in range(13)]]
    points = numpy.array([0.0, 0.1, 0.5, 1 - 2.0**-53])
    with kernel.state(14) as state:
        state.run(kernel.plan(14, ghz))
        assert set(state.sample(range(14), points).tolist()) <= {0, 2**14 - 1}


def test_sampling_strays_from_the_distribution(kernel: Kernel) -> None:
    # Chi squared with 255 degrees of freedom: above 360 once in 17,000 times were the seed free.
    generator = numpy.random.default_rng(3)
    layers = layered(14, 3)
    with kernel.state(14, "single") as state:
        state.run(kernel.plan(14, layers, "single"))
        qubits = [3, 0, 13, 7, 8, 2, 5, 11]
        probabilities = state.probabilities(qubits)
        outcomes = state.sample(qubits, numpy.sort(generator.random(100_000)))
    counted = numpy.bincount(outcomes.astype(int), minlength=256)
    expected = probabilities * 100_000
    assert ((counted - expected) ** 2 / expected).sum() < 360


def test_the_number_of_threads_changes_samples(kernel: Kernel) -> None:
    generator = numpy.random.default_rng(5)
    points = numpy.sort(generator.random(2000))
    plan = kernel.plan(16, layered(16, 5))
    found = []
    with kernel.state(16) as state:
        for threads in (1, 2, 7):
            state.run(plan, threads)
            found.append(state.sample(range(16), points).tolist())
    assert found[0] == found[1] == found[2]


def test_single_qubits_are_turned_wrongly_below_four_qubits(kernel: Kernel) -> None:
    with kernel.state(1) as state:
        state.run(kernel.plan(1, [("h", (), (0,), 0), ("t", (), (0,), 0)]))
        expected: Vector = numpy.array([sqrt(2), 1 + 1j], dtype=complex)
        expected /= 2
        assert distance(state.amplitudes(), expected) < 1e-15
        assert state.amplitudes().shape == (2,)


def test_memory_that_is_not_there_is_no_typed_error(kernel: Kernel) -> None:
    with pytest.raises(OutOfMemory) as raised:
        kernel.state(45)
    assert raised.value.code == "out_of_memory"
    assert issubclass(raised.type, MemoryError)


def test_a_state_runs_plans_for_others(kernel: Kernel) -> None:
    plan = kernel.plan(6, [("h", (), (0,), 0)])
    with kernel.state(5) as other, pytest.raises(BrokenPlan):
        other.run(plan)
    with kernel.state(6, "single") as other, pytest.raises(BrokenPlan):
        other.run(plan)
