"""Matrix product states: exact, where they are chosen, and what drawing from them gives."""

import itertools

import numpy
import pytest
from hypothesis import given, settings

from qcexec_engine import routing
from qcexec_engine.aer.simulation import final_tensors
from qcexec_engine.analysis.circuit import Circuit, analyse
from qcexec_engine.gates import inverse
from qcexec_engine.limits import Limits
from qcexec_engine.methods.matrix_product_state import MATRIX_PRODUCT_STATE
from qcexec_engine.program import Gate, Measure, Operation, Program, Register, Unitary
from qcexec_engine.sampling import random_numbers
from qcexec_engine.tensors.tensor_train import TensorTrain
from support.dense_reference import Vector, distribution, final_state, total_variation
from support.random_programs import dynamic_programs, straight_programs

LIMITS = Limits(1 << 30)
SHOTS = 4000
# Over at most 16 outcomes the expected distance is below .03; .1 is beyond one case in 10^8.
FARTHEST = 0.1


def brickwork(num_qubits: int, depth: int, seed: int = 1) -> list[Gate | Unitary]:
    random = numpy.random.default_rng(seed)
    gates: list[Gate | Unitary] = []
    for layer in range(depth):
        qubits = range(num_qubits)
        gates += [Gate("u", tuple(random.uniform(-3, 3, 3)), (qubit,)) for qubit in qubits]
        gates += [Gate("x", (), (qubit, qubit + 1), 1) for qubit in qubits[layer % 2 : -1 : 2]]
    return gates


def measured(num_qubits: int, gates: list[Gate | Unitary]) -> Circuit:
    measures = [Measure(qubit, qubit) for qubit in range(num_qubits)]
    register = Register("c", num_qubits)
    return analyse(Program(num_qubits, (register,), (*gates, *measures), num_qubits))


def counts(circuit: Circuit, shots: int = SHOTS, seed: int = 5) -> dict[int, int]:
    outcomes = MATRIX_PRODUCT_STATE.prepare(circuit, LIMITS).sample(shots, seed)
    values = [int.from_bytes(row.tobytes(), "little") for row in outcomes.rows]
    return dict(zip(values, outcomes.counts.tolist(), strict=True))


def amplitudes(tensors: list[Vector]) -> Vector:
    vector = numpy.ones((1, 1), dtype=complex)
    for tensor in tensors:
        vector = numpy.einsum("al,lbr->bar", vector, tensor).reshape(-1, tensor.shape[2])
    return vector.ravel()


@settings(max_examples=30, deadline=None)
@given(straight_programs())
def test_what_is_drawn_has_the_right_distribution(program: Program) -> None:
    found = {value: count / SHOTS for value, count in counts(analyse(program)).items()}
    assert total_variation(found, distribution(program)) < FARTHEST


@settings(max_examples=20, deadline=None)
@given(dynamic_programs())
def test_feedback_is_run_shot_by_shot_with_the_right_distribution(program: Program) -> None:
    found = {value: count / SHOTS for value, count in counts(analyse(program)).items()}
    assert total_variation(found, distribution(program)) < FARTHEST


@pytest.mark.parametrize("depth", [4, 20])
def test_the_state_is_that_of_a_state_vector_within_rounding(depth: int) -> None:
    gates = brickwork(9, depth)
    found = amplitudes(final_tensors(9, tuple(gates), LIMITS))
    expected = final_state(9, tuple(gates))
    assert abs(numpy.vdot(expected, found)) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("num_qubits", [40, 60])
def test_wide_circuits_of_low_depth_are_chosen_and_come_back_when_undone(num_qubits: int) -> None:
    forth = brickwork(num_qubits, 2)
    back = [inverse(gate) for gate in reversed(forth)]
    flips: list[Gate | Unitary] = [Gate("x", (), (qubit,)) for qubit in range(0, num_qubits, 3)]
    circuit = measured(num_qubits, [*forth, *back, *flips])
    choice = routing.choose(circuit, 1000, LIMITS)
    assert isinstance(choice, routing.Choice)
    assert choice.method is MATRIX_PRODUCT_STATE
    assert counts(circuit, 1000) == {sum(1 << qubit for qubit in range(0, num_qubits, 3)): 1000}


def test_fifty_qubits_of_low_depth_have_the_pairs_that_a_part_of_them_has() -> None:
    """Within depth 4 a qubit hears of four neighbours on each side, so a window tells its pair."""
    gates = brickwork(50, 4)
    window = range(15, 27)
    inside = [
        gate._replace(qubits=tuple(qubit - 15 for qubit in gate.qubits))
        for gate in gates
        if all(qubit in window for qubit in gate.qubits)
    ]
    vector = final_state(12, tuple(inside))
    probabilities = abs(vector) ** 2
    pair = numpy.arange(1 << 12) >> 5 & 3
    expected = {value: float(probabilities[pair == value].sum()) for value in range(4)}
    found = dict.fromkeys(range(4), 0.0)
    for value, count in counts(measured(50, gates), 20_000).items():
        found[value >> 20 & 3] += count / 20_000
    # The standard deviation of each is at most .0036.
    assert found == pytest.approx(expected, abs=0.02)


def test_a_deep_circuit_is_not_taken_for_one_of_little_entanglement() -> None:
    assert MATRIX_PRODUCT_STATE.cost(measured(20, brickwork(20, 40)), 100, LIMITS) is None
    choice = routing.choose(measured(16, brickwork(16, 16)), 100, LIMITS)
    assert isinstance(choice, routing.Choice)
    assert choice.method is not MATRIX_PRODUCT_STATE


def test_few_qubits_are_never_given_to_it() -> None:
    choice = routing.choose(measured(8, brickwork(8, 1)), 100, LIMITS)
    assert isinstance(choice, routing.Choice)
    assert choice.method is not MATRIX_PRODUCT_STATE


def test_a_product_of_any_width_takes_little() -> None:
    rotations: list[Gate | Unitary] = [Gate("ry", (0.1 * q,), (q,)) for q in range(1, 200)]
    cost = MATRIX_PRODUCT_STATE.cost(measured(200, rotations), 1000, LIMITS)
    assert cost is not None
    assert cost.seconds < 0.5
    assert cost.memory_bytes < 256 << 20


def test_what_is_kept_gives_the_same_counts_again_and_other_seeds_others() -> None:
    prepared = MATRIX_PRODUCT_STATE.prepare(measured(16, brickwork(16, 3)), LIMITS)
    assert prepared.kept_bytes is not None
    first, second = prepared.sample(500, 7), prepared.sample(500, 7)
    assert first.rows.tolist() == second.rows.tolist()
    assert first.counts.tolist() == second.counts.tolist()
    assert prepared.sample(500, 8).rows.tolist() != first.rows.tolist()


def test_many_shots_of_wide_bonds_are_drawn_in_blocks_that_add_up() -> None:
    random = numpy.random.default_rng(3)

    def tensor(left: int, right: int) -> Vector:
        real, imaginary = random.normal(size=(2, left, 2, right))
        return numpy.asarray(real + 1j * imaginary)

    bonds = [1 << min(left, 12 - left) for left in range(13)]
    tensors = [tensor(left, right) for left, right in itertools.pairwise(bonds)]
    drawn = TensorTrain(tensors).draw(6_000, 11, random_numbers(1))
    assert len(drawn) > 1
    middle = numpy.arange(1 << 12) >> 4 & 15
    probabilities = abs(amplitudes(tensors)) ** 2
    expected = numpy.bincount(middle, probabilities) / probabilities.sum()
    found = numpy.zeros(16)
    for part in drawn:
        values = part.bits[4:8].T @ numpy.array([1, 2, 4, 8])
        found += numpy.bincount(values, part.counts / 6_000, minlength=16)
    assert found.sum() == pytest.approx(1)
    assert abs(found - expected).max() < 0.03


def test_bits_that_nothing_is_measured_into_show_the_memory() -> None:
    operations: tuple[Operation, ...] = (Gate("ry", (1.0,), (0,)), Measure(0, 9))
    circuit = analyse(Program(1, (Register("c", 11),), operations, 11, 0b101))
    assert set(counts(circuit)) == {0b101, 0b101 | 1 << 9}
