"""Dense circuits on the kernel: right, repeatable, and in the precision that was agreed."""

import math

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qcexec_engine.analysis.circuit import Circuit, analyse
from qcexec_engine.dense import kernel_run
from qcexec_engine.gates import matrix
from qcexec_engine.limits import Limits
from qcexec_engine.methods.statevector import DEEPEST_SINGLE, STATEVECTOR
from qcexec_engine.outcomes import Outcomes
from qcexec_engine.program import Gate, Measure, Program, Register, Unitary
from support.dense_reference import applied, distribution
from support.random_programs import straight_programs

pytestmark = pytest.mark.skipif(
    STATEVECTOR.missing() is not None, reason=f"no kernel here: {STATEVECTOR.missing()}"
)

_AMPLE = Limits(memory_bytes=1 << 33)


def _layers(num_qubits: int, depth: int) -> Circuit:
    operations = _gates(num_qubits, depth)
    measures = [Measure(qubit, qubit) for qubit in range(num_qubits)]
    registers = (Register("c", num_qubits),)
    return analyse(Program(num_qubits, registers, (*operations, *measures), num_qubits))


def _gates(num_qubits: int, depth: int) -> list[Gate]:
    operations: list[Gate] = []
    for layer in range(depth):
        operations += [
            Gate("u", (0.4 + qubit, 0.3 + layer, 0.2), (qubit,)) for qubit in range(num_qubits)
        ]
        operations += [
            Gate("x", (), (qubit, qubit + 1), 1) for qubit in range(layer % 2, num_qubits - 1, 2)
        ]
    return operations


def _frequencies(outcomes: Outcomes, num_bits: int) -> NDArray[numpy.float64]:
    bits = numpy.unpackbits(outcomes.rows, axis=1, count=num_bits, bitorder="little")
    seen = numpy.zeros(1 << num_bits)
    seen[bits @ (1 << numpy.arange(num_bits))] = outcomes.counts
    seen /= outcomes.counts.sum()
    return seen


@given(straight_programs(), st.integers(0, 2**32))
def test_outcomes_that_cannot_be_are_never_drawn(program: Program, seed: int) -> None:
    circuit = analyse(program)
    if circuit.num_qubits == 0 or circuit.terminal is None:
        return
    outcomes = STATEVECTOR.prepare(circuit, _AMPLE).sample(200, seed)
    likely = distribution(program)
    assert sum(outcomes.counts.tolist()) == 200
    seen = _frequencies(outcomes, program.num_bits).nonzero()[0]
    assert all(likely.get(outcome, 0.0) > 1e-12 for outcome in seen.tolist())


@pytest.mark.parametrize("num_qubits", [17, 19])
def test_outcomes_of_a_held_state_and_of_a_summed_one_are_as_frequent_as_they_are_likely(
    num_qubits: int,
) -> None:
    turns = [Gate("ry", (0.5 + qubit / num_qubits,), (qubit,)) for qubit in range(num_qubits)]
    measures = [Measure(qubit, qubit) for qubit in range(num_qubits)]
    program = Program(num_qubits, (Register("c", num_qubits),), (*turns, *measures), num_qubits)
    shots = 100_000
    outcomes = STATEVECTOR.prepare(analyse(program), _AMPLE).sample(shots, 3)
    bits = numpy.unpackbits(outcomes.rows, axis=1, count=num_qubits, bitorder="little")
    ones = outcomes.counts @ bits / shots
    for qubit, share in enumerate(ones.tolist()):
        likely = math.sin((0.5 + qubit / num_qubits) / 2) ** 2
        # Six standard deviations: a false alarm in a run of 36 has a probability below 1e-7.
        assert abs(share - likely) < 6 * math.sqrt(likely * (1 - likely) / shots)


def test_the_same_seed_draws_the_same_again_and_another_one_does_not() -> None:
    for num_qubits in (6, 19):
        prepared = STATEVECTOR.prepare(_layers(num_qubits, 3), _AMPLE)
        first, again, other = (prepared.sample(500, seed) for seed in (1, 1, 2))
        assert first.rows.tobytes() == again.rows.tobytes()
        assert first.counts.tolist() == again.counts.tolist()
        assert (first.rows.tobytes(), first.counts.tolist()) != (
            other.rows.tobytes(),
            other.counts.tolist(),
        )


@pytest.mark.parametrize(
    ("num_qubits", "depth", "way"),
    [(2, 3, "in Python"), (6, 10, "gate by gate"), (12, 2, "gate by gate"), (18, 10, "planned")],
)
def test_a_circuit_is_done_in_the_way_that_takes_least(
    num_qubits: int, depth: int, way: str
) -> None:
    cost = STATEVECTOR.cost(_layers(num_qubits, depth), 100, _AMPLE)
    assert cost is not None
    assert way in cost.reason


def test_more_qubits_are_measured_gate_by_gate_than_outcomes_can_be_summed_of() -> None:
    """A state of which more qubits are measured is held, and drawn from as it is."""
    cost = STATEVECTOR.cost(_layers(17, 1), 100, _AMPLE)
    assert cost is not None
    assert "planned" in cost.reason


def test_a_circuit_in_several_pieces_ends_in_another_state() -> None:
    """Gate by gate and by plans, both of which take long circuits in pieces."""
    num_qubits = 5
    # Unitaries are heavy: two hundred of them are planned in three pieces.
    gates = [
        Unitary(matrix("u", (0.4 + step, 1.3, 0.2 * step)), (step % 5, (step * 3 + 1) % 5), 1)
        if step % 5 != (step * 3 + 1) % 5
        else Unitary(matrix("u", (0.4 + step, 1.3, 0.2 * step)), (step % 5,))
        for step in range(200)
    ]
    measured = (4, 0, 2)
    likely = kernel_run.outcome_probabilities(gates, num_qubits, measured, "double")
    with kernel_run.final_state(gates, num_qubits, "double") as state:
        planned = state.probabilities(measured)
    amplitudes = numpy.zeros(1 << num_qubits, dtype=complex)
    amplitudes[0] = 1
    for gate in gates:
        amplitudes = applied(amplitudes, *gate)
    expected = numpy.zeros(8)
    for index, square in enumerate((abs(amplitudes) ** 2).tolist()):
        expected[sum((index >> qubit & 1) << bit for bit, qubit in enumerate(measured))] += square
    assert numpy.abs(numpy.array(likely) - expected).max() < 1e-9
    assert numpy.abs(planned - expected).max() < 1e-9


def test_double_is_the_rule() -> None:
    cost = STATEVECTOR.cost(_layers(20, 10), 100, _AMPLE)
    assert cost is not None
    assert "double precision" in cost.reason


def test_what_fits_in_single_precision_alone_runs_in_it_and_takes_half_the_memory() -> None:
    circuit = _layers(24, 3)
    double = STATEVECTOR.cost(circuit, 100, _AMPLE)
    little = Limits(memory_bytes=200 << 20)
    single = STATEVECTOR.cost(circuit, 100, little)
    assert double is not None
    assert single is not None
    assert double.memory_bytes > little.memory_bytes >= single.memory_bytes
    assert "single precision" in single.reason


def test_what_would_take_long_runs_in_single_precision() -> None:
    circuit = _layers(20, 50)
    double = STATEVECTOR.cost(circuit, 100, _AMPLE)
    assert double is not None
    hasty = Limits(memory_bytes=1 << 33, single_precision_after_seconds=double.seconds / 2)
    single = STATEVECTOR.cost(circuit, 100, hasty)
    assert single is not None
    assert "single precision" in single.reason
    assert single.seconds < double.seconds


def test_a_deep_circuit_never_runs_in_single_precision_by_itself() -> None:
    circuit = _layers(12, DEEPEST_SINGLE)
    assert circuit.depth > DEEPEST_SINGLE
    tight = Limits(memory_bytes=1 << 20, single_precision_after_seconds=1e-6)
    cost = STATEVECTOR.cost(circuit, 100, tight)
    assert cost is not None
    assert "double precision" in cost.reason


def test_the_precision_that_is_asked_for_is_taken_whatever_the_circuit() -> None:
    circuit = _layers(12, DEEPEST_SINGLE)
    for precision in ("double", "single"):
        cost = STATEVECTOR.cost(circuit, 100, Limits(1 << 33, precision=precision))
        assert cost is not None
        assert f"{precision} precision" in cost.reason


def test_single_precision_changes_no_count_that_sampling_would_not_change_more() -> None:
    """At the greatest depth that is allowed, a hundredth of the noise of 100,000 shots at most."""
    num_qubits = 10
    circuit = _layers(num_qubits, DEEPEST_SINGLE // 2)
    shots = 10**9
    single, double = (
        STATEVECTOR.prepare(circuit, Limits(1 << 33, precision=precision)).sample(shots, 1)
        for precision in ("single", "double")
    )
    variation = numpy.abs(_frequencies(single, num_qubits) - _frequencies(double, num_qubits)).sum()
    noise = math.sqrt((1 << num_qubits) / 100_000)
    assert variation / 2 < noise / 100


def test_measuring_in_the_middle_and_too_many_qubits_are_left_to_others() -> None:
    turn = Gate("h", (), (0,))
    program = Program(1, (Register("c", 2),), (turn, Measure(0, 0), turn, Measure(0, 1)), 2)
    assert STATEVECTOR.cost(analyse(program), 100, _AMPLE) is None
    assert STATEVECTOR.cost(_layers(8, 2), 100, Limits(1 << 33, max_qubits=7)) is None
