"""The shot tree on dense states: the method as routing sees it, with bigger states and limits."""

import os
import subprocess
import sys

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcexec_engine import gates
from qcexec_engine.analysis.circuit import analyse
from qcexec_engine.classical import Bits, Calculation, Constant
from qcexec_engine.dense import kernel_run, qulacs_gates
from qcexec_engine.dense.kernel_state import KernelSimulator
from qcexec_engine.dense.qulacs_state import DenseSimulator
from qcexec_engine.limits import Limits
from qcexec_engine.methods.branching import SHOT_TREE
from qcexec_engine.program import Branch, Gate, Measure, Operation, Program, Register, Unitary
from qcexec_engine.sampling import random_numbers
from qcexec_engine.shot_tree import histories
from qcexec_engine.shot_tree.instructions import instructions
from qcexec_engine.shot_tree.tree import ShotTree
from support.dense_reference import distribution, final_state, total_variation
from support.random_programs import any_gate, any_unitary, dynamic_programs

_LIMITS = Limits(1 << 30)


@given(st.lists(any_gate(4) | any_unitary(4), min_size=1, max_size=12))
def test_qulacs_does_what_the_gates_say(operations: list[Gate | Unitary]) -> None:
    from qulacs import QuantumState

    hadamards = [Gate("h", (), (qubit,)) for qubit in range(4)]
    state = QuantumState(4)
    qulacs_gates.circuit(4, [*hadamards, *operations]).update_quantum_state(state)
    expected = final_state(4, (*hadamards, *operations))
    assert abs(numpy.vdot(expected, state.get_vector())) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("controls", [0, 1, 2])
@pytest.mark.parametrize("name", sorted(gates.NUM_TARGETS))
def test_each_gate_under_controls_is_the_one_that_was_meant(name: str, controls: int) -> None:
    num_qubits = controls + gates.NUM_TARGETS[name]
    angles = (0.7, -1.3, 2.1)[: gates.NUM_ANGLES[name]]
    order = tuple(reversed(range(num_qubits)))
    spread: list[Operation] = []
    for qubit in range(num_qubits):
        spread += [Gate("h", (), (qubit,)), Gate("ry", (0.3 + qubit,), (qubit,))]
        spread.append(Gate("p", (0.5 + qubit,), (qubit,)))
    operations = (*spread, Gate(name, angles, order, controls))
    from qulacs import QuantumState

    state = QuantumState(num_qubits)
    qulacs_gates.circuit(num_qubits, operations).update_quantum_state(state)
    expected = final_state(num_qubits, operations)
    assert abs(numpy.vdot(expected, state.get_vector())) == pytest.approx(1, abs=1e-9)


def _entangled(num_qubits: int, measured: int) -> Program:
    """Feedback in the middle, and then some qubits of a state without symmetries."""
    operations: list[Operation] = [
        Gate("ry", (0.4 + 0.3 * qubit,), (qubit,)) for qubit in range(num_qubits)
    ]
    operations += [Gate("x", (), (qubit, qubit + 1), 1) for qubit in range(num_qubits - 1)]
    condition = Calculation("==", Bits((0, 1)), Constant(2))
    turned = (Gate("rx", (1.1,), (2,)),)
    operations += [Measure(0, 0), Measure(1, 1), Branch(condition, turned, ())]
    operations += [Gate("h", (), (0,)), Gate("x", (), (0, 3), 1)]
    operations += [Measure(num_qubits - 1 - place, place) for place in range(2, 2 + measured)]
    num_bits = 2 + measured
    return Program(num_qubits, (Register("c", num_bits),), tuple(operations), num_bits)


@pytest.mark.parametrize(("num_qubits", "measured"), [(4, 1), (5, 2), (6, 3), (8, 5)])
def test_states_of_every_size_are_sampled_as_they_are(num_qubits: int, measured: int) -> None:
    program = _entangled(num_qubits, measured)
    shots = 200_000
    outcomes = SHOT_TREE.prepare(analyse(program), _LIMITS).sample(shots, 4)
    values = [int.from_bytes(row.tobytes(), "little") for row in outcomes.rows]
    expected = distribution(program)
    frequencies = dict(zip(values, (outcomes.counts / shots).tolist(), strict=True))
    # The mean of the total variation is at most half of sqrt(outcomes / shots); far above it is a
    # fault, for it strays from its mean by no more than sqrt(ln(1/p) / (2 shots)) but with p.
    noise = 0.5 * (len(expected) / shots) ** 0.5 + (18.4 / (2 * shots)) ** 0.5
    assert total_variation(frequencies, expected) < noise


@pytest.mark.parametrize("shots", [300, 300_000])
def test_many_qubits_are_drawn_by_the_kernel_as_by_qulacs(shots: int) -> None:
    """Fewer shots than outcomes are drawn one by one, and more from a distribution."""
    if kernel_run.missing() is not None:
        pytest.skip("there is no kernel for this machine")
    circuit = analyse(_entangled(19, 14))
    cost = SHOT_TREE.cost(circuit, shots, _LIMITS)
    assert circuit.num_qubits == 17
    assert cost is not None
    assert cost.reason.endswith(kernel_run.variant())
    outcomes = SHOT_TREE.prepare(circuit, _LIMITS).sample(shots, 4)
    tree = ShotTree(instructions(circuit.program), DenseSimulator(17), 0, 100, 1000)
    expected = tree.sample(shots, random_numbers(5))
    assert outcomes.counts.sum() == shots
    bits = numpy.unpackbits(outcomes.rows, axis=1, bitorder="little")[:, :16]
    ones = outcomes.counts @ bits / shots
    others = [
        sum(n for value, n in expected.items() if value >> bit & 1) / shots for bit in range(16)
    ]
    # Five standard deviations of the difference of two frequencies.
    assert ones == pytest.approx(others, abs=5 * (0.5 / shots) ** 0.5)


def test_the_kernel_draws_the_same_for_a_seed_with_one_state_as_with_many() -> None:
    if kernel_run.missing() is not None:
        pytest.skip("there is no kernel for this machine")
    program = analyse(_entangled(18, 14)).program
    drawn = [
        ShotTree(instructions(program), KernelSimulator(16), 0, states, 1000).sample(
            500, random_numbers(8)
        )
        for states in (1, 2, 100)
    ]
    assert drawn[0] == drawn[1] == drawn[2]


@given(dynamic_programs())
def test_the_kernel_s_outcomes_are_as_frequent_as_they_are_probable(program: Program) -> None:
    if kernel_run.missing() is not None:
        pytest.skip("there is no kernel for this machine")
    tree = ShotTree(
        instructions(program),
        KernelSimulator(program.num_qubits),
        program.initial_memory,
        100,
        10_000,
    )
    shots = 10**12
    mask = (1 << program.num_bits) - 1
    seen: dict[int, float] = {}
    for value, count in tree.sample(shots, random_numbers(1)).items():
        seen[value & mask] = seen.get(value & mask, 0) + count / shots
    assert total_variation(seen, distribution(program)) < 2e-5


def test_a_measurement_before_a_gate_on_its_qubit_parts_the_shots_and_one_after_does_not() -> None:
    turns: list[Operation] = [Gate("h", (), (qubit,)) for qubit in range(4)]
    looks: list[Operation] = [Measure(qubit, qubit) for qubit in range(4)]
    again: list[Operation] = [Measure(qubit, 4 + qubit) for qubit in range(4)]
    registers = (Register("c", 8),)
    parting, ending = (
        histories.guess(analyse(Program(4, registers, tuple(operations), 8)), 1024)
        for operations in ([*turns, *looks, *turns, *again], [*turns, *looks])
    )
    assert (parting.leaves, parting.at_end) == (16, 4)
    assert (ending.leaves, ending.at_end) == (1, 4)


def test_the_seed_alone_decides_what_is_drawn() -> None:
    circuit = analyse(_entangled(6, 3))
    prepared = SHOT_TREE.prepare(circuit, _LIMITS)
    first = prepared.sample(1000, 8)
    for again in (prepared.sample(1000, 8), SHOT_TREE.prepare(circuit, _LIMITS).sample(1000, 8)):
        assert (first.rows == again.rows).all()
        assert (first.counts == again.counts).all()
    # Memory for a single state: everything is run again from the start, and drawn the same.
    poor = SHOT_TREE.prepare(circuit, Limits(2048)).sample(1000, 8)
    assert (first.rows == poor.rows).all()
    assert (first.counts == poor.counts).all()


def test_a_circuit_without_qubits_that_matter_has_its_outcome() -> None:
    """The branch is decided by constants, and no qubit is left to simulate."""
    operations = (Branch(Bits((0,)), (), ()), Measure(0, 1))
    program = Program(1, (Register("c", 2),), operations, 2, initial_memory=1)
    outcomes = SHOT_TREE.prepare(analyse(program), _LIMITS).sample(10, 1)
    assert outcomes.rows.tolist() == [[1]]
    assert outcomes.counts.tolist() == [10]


def test_more_qubits_than_allowed_are_not_taken() -> None:
    circuit = analyse(_entangled(8, 5))
    size = circuit.num_qubits
    assert SHOT_TREE.cost(circuit, 100, Limits(1 << 30, max_qubits=size - 1)) is None
    assert SHOT_TREE.cost(circuit, 100, Limits(1 << 30, max_qubits=size)) is not None


def test_the_need_of_memory_is_at_least_a_state_and_at_most_what_there_is() -> None:
    circuit = analyse(_entangled(8, 5))
    scarce, plenty = Limits(64 << 10), Limits(1 << 30)
    least = SHOT_TREE.cost(circuit, 1, scarce)
    most = SHOT_TREE.cost(circuit, 1000, plenty)
    assert least is not None
    assert most is not None
    assert 16 << circuit.num_qubits <= least.memory_bytes <= scarce.memory_bytes
    assert least.memory_bytes < most.memory_bytes <= plenty.memory_bytes


_IN_LITTLE_MEMORY = """
import resource, sys

import qulacs

from qcexec_engine.analysis.circuit import analyse
from qcexec_engine.classical import Bits
from qcexec_engine.limits import Limits
from qcexec_engine.methods.branching import SHOT_TREE
from qcexec_engine.program import Branch, Gate, Measure, Program, Register

budget, shots = map(int, sys.argv[1:])


def circuit(num_qubits):
    qubits = range(num_qubits)
    layer = [Gate("u", (0.4, 0.3, 0.2), (qubit,)) for qubit in qubits]
    cycle = [Gate("x", (), (qubit, (qubit + 1) % num_qubits), 1) for qubit in qubits]
    turned = (Gate("rx", (0.5,), (1,)),)
    looks = [*layer, *cycle, Measure(0, 0), Branch(Bits((0,)), turned, ())]
    bits = [Measure(qubit, 1 + qubit) for qubit in qubits]
    operations = (*looks, *looks, *layer, *bits)
    return analyse(Program(num_qubits, (Register("c", 1 + len(bits)),), operations, 1 + len(bits)))


SHOT_TREE.prepare(circuit(3), Limits(budget)).sample(10, 1)
with open("/proc/self/statm") as file:
    mapped = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (mapped + budget, mapped + budget))
limits = Limits(budget)
fitting = [
    num_qubits
    for num_qubits in range(3, 28)
    if SHOT_TREE.cost(circuit(num_qubits), shots, limits).memory_bytes <= budget
]
for num_qubits in (fitting[-1] - 1, fitting[-1]):
    outcomes = SHOT_TREE.prepare(circuit(num_qubits), limits).sample(shots, 1)
    assert outcomes.counts.sum() == shots
    del outcomes
# The tables of the kernel's plans take less than the bound on them, so the next sizes may fit, too.
try:
    SHOT_TREE.prepare(circuit(fitting[-1] + 5), limits).sample(shots, 1)
except MemoryError:
    print(fitting[-1], "fits")
"""


@pytest.mark.parametrize(("budget", "shots"), [(60 << 20, 3), (28 << 20, 1000)])
def test_the_largest_circuit_that_fits_runs_and_a_larger_one_is_refused(
    budget: int, shots: int
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _IN_LITTLE_MEMORY, str(budget), str(shots)],
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.endswith(" fits\n")
