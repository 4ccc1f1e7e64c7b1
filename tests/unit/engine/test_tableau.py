"""Clifford circuits with feedback on tableaux: the distribution of shots that run one by one."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qcexec_engine.analysis.circuit import analyse
from qcexec_engine.classical import Bits, Calculation, Constant
from qcexec_engine.counts import spell
from qcexec_engine.limits import Limits
from qcexec_engine.methods.tableau import TABLEAU
from qcexec_engine.program import Branch, Gate, Measure, Operation, Program, Register, Reset
from qcexec_engine.sampling import random_numbers
from qcexec_engine.shot_tree.instructions import instructions
from qcexec_engine.shot_tree.tree import ShotTree
from qcexec_engine.stabilizers.tableau_state import TableauSimulator
from support.clifford_programs import dynamic_clifford_programs
from support.dense_reference import distribution, total_variation

# A program takes long to draw on a busy machine.
_PATIENT = settings(suppress_health_check=[HealthCheck.too_slow])

_LIMITS = Limits(1 << 30)


def _counts(program: Program, shots: int, seed: int, max_states: int = 100) -> dict[int, int]:
    tree = ShotTree(
        instructions(program),
        TableauSimulator(program.num_qubits),
        program.initial_memory,
        max_states,
        10_000,
    )
    mask = (1 << program.num_bits) - 1
    counts: dict[int, int] = {}
    for value, count in tree.sample(shots, random_numbers(seed)).items():
        counts[value & mask] = counts.get(value & mask, 0) + count
    return counts


@_PATIENT
@given(dynamic_clifford_programs())
def test_outcomes_are_as_frequent_as_they_are_probable(program: Program) -> None:
    """With so many shots, five standard deviations are below the tolerance."""
    shots = 10**12
    frequencies = {value: n / shots for value, n in _counts(program, shots, 1).items()}
    assert total_variation(frequencies, distribution(program)) < 2e-5


@_PATIENT
@given(dynamic_clifford_programs(), st.integers(1, 3), st.integers(1, 500))
def test_with_few_states_the_same_seed_draws_the_same(
    program: Program, max_states: int, shots: int
) -> None:
    plenty = _counts(program, shots, 3)
    assert _counts(program, shots, 3, max_states) == plenty
    assert sum(plenty.values()) == shots


def _teleported(num_qubits: int) -> Program:
    """A state is handed on along a chain, with corrections in the middle, and then compared."""
    operations: list[Operation] = [Gate("h", (), (0,)), Gate("x", (), (0, 1), 1)]
    for source in range(1, num_qubits - 2, 2):
        middle, target = source + 1, source + 2
        operations += [
            Gate("h", (), (middle,)),
            Gate("x", (), (middle, target), 1),
            Gate("x", (), (source, middle), 1),
            Gate("h", (), (source,)),
            Measure(source, 2),
            Measure(middle, 3),
            Branch(Bits((3,)), (Gate("x", (), (target,)),), ()),
            Branch(Calculation("==", Bits((2,)), Constant(1)), (Gate("z", (), (target,)),), ()),
        ]
    last = num_qubits - 1
    operations += [Measure(0, 0), Measure(last, 1), Reset(2), Measure(2, 2), Measure(2, 3)]
    return Program(num_qubits, (Register("c", 4),), tuple(operations), 4)


def test_two_hundred_qubits_with_feedback_at_every_step() -> None:
    circuit = analyse(_teleported(200))
    outcomes = TABLEAU.prepare(circuit, _LIMITS).sample(200, 5)
    counts = spell(outcomes, circuit.program.registers, 1 << 20)
    assert set(counts) == {"0000", "0011"}
    # Five standard deviations of a fair coin.
    assert abs(counts["0000"] - 100) < 36


def test_many_shots_of_many_measurements_at_the_end_are_drawn_together() -> None:
    """Feedback first, then an entangled state of 60 qubits: its pairs must agree in every shot."""
    pairs = 30
    operations: list[Operation] = [
        Gate("h", (), (60,)),
        Measure(60, 60),
        Branch(Bits((60,)), (Gate("x", (), (0,)),), ()),
    ]
    for pair in range(pairs):
        operations += [Gate("h", (), (pair,)), Gate("x", (), (pair, pairs + pair), 1)]
    operations += [Measure(qubit, qubit) for qubit in range(60)]
    program = Program(61, (Register("c", 61),), tuple(operations), 61)
    counts = _counts(program, 5000, 2)
    assert sum(counts.values()) == 5000
    assert len(counts) > 4900
    mask = (1 << pairs) - 1
    assert all(value >> pairs & mask == value & mask for value in counts)
    ones = [sum(count for value, count in counts.items() if value >> bit & 1) for bit in range(61)]
    # Of 61 fair coins, one strays by five standard deviations once in 28,000 runs.
    assert all(abs(number - 2500) < 177 for number in ones)


def test_other_gates_are_not_taken() -> None:
    operations = (Gate("ry", (0.3,), (0,)), Measure(0, 0), Gate("h", (), (0,)), Measure(0, 1))
    circuit = analyse(Program(1, (Register("c", 2),), operations, 2))
    assert TABLEAU.cost(circuit, 100, _LIMITS) is None
