"""The shot tree on dense states: the method as routing sees it, with bigger states and limits."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from threading import Timer
from typing import Literal

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qcexec_engine import gates
from qcexec_engine.analysis.circuit import analyse
from qcexec_engine.classical import Bits, Calculation, Constant
from qcexec_engine.dense import kernel_run
from qcexec_engine.dense.kernel_state import KernelSimulator, KernelState
from qcexec_engine.limits import Limits
from qcexec_engine.methods.branching import SHOT_TREE
from qcexec_engine.program import (
    Branch,
    Gate,
    Loop,
    Measure,
    Operation,
    Program,
    Register,
    Unitary,
)
from qcexec_engine.sampling import random_numbers
from qcexec_engine.shot_tree import histories
from qcexec_engine.shot_tree.instructions import instructions
from qcexec_engine.shot_tree.tree import ShotTree
from qcexec_kernel import SpareMemory, Stopped
from support.dense_reference import distribution, final_state, total_variation
from support.random_programs import any_gate, any_unitary, dynamic_programs

pytestmark = pytest.mark.skipif(
    kernel_run.missing() is not None, reason="there is no kernel for this machine"
)

_LIMITS = Limits(1 << 30)


@given(st.lists(any_gate(4) | any_unitary(4), min_size=1, max_size=12))
def test_states_do_what_the_gates_do_not_say(operations: list[Gate | Unitary]) -> None:
    hadamards = [Gate("h", (), (qubit,)) for qubit in range(4)]
    expected = final_state(4, (*hadamards, *operations))
    found = _evolved(4, [*hadamards, *operations])
    assert abs(numpy.vdot(expected, found)) == pytest.approx(1, abs=1e-9)


def _evolved(num_qubits: int, operations: Sequence[Gate | Unitary]) -> NDArray[numpy.complex128]:
    simulator = KernelSimulator(num_qubits)
    state = simulator.start(None)
    state.apply(simulator.segment(operations, begins_in_zero=True))
    return state.amplitudes.amplitudes()


@pytest.mark.parametrize("controls", [0, 1, 2])
@pytest.mark.parametrize("name", sorted(gates.NUM_TARGETS))
def test_each_gate_under_controls_is_the_one_that_was_meant(name: str, controls: int) -> None:
    num_qubits = controls + gates.NUM_TARGETS[name]
    angles = (0.7, -1.3, 2.1)[: gates.NUM_ANGLES[name]]
    order = tuple(reversed(range(num_qubits)))
    spread: list[Gate | Unitary] = []
    for qubit in range(num_qubits):
        spread += [Gate("h", (), (qubit,)), Gate("ry", (0.3 + qubit,), (qubit,))]
        spread.append(Gate("p", (0.5 + qubit,), (qubit,)))
    operations = (*spread, Gate(name, angles, order, controls))
    expected = final_state(num_qubits, operations)
    assert abs(numpy.vdot(expected, _evolved(num_qubits, operations))) == pytest.approx(1, abs=1e-9)


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
def test_many_qubits_are_drawn_as_they_are_entangled(shots: int) -> None:
    """Fewer shots than outcomes are drawn one by one, and more from a distribution."""
    circuit = analyse(_entangled(19, 14))
    assert circuit.num_qubits == 17
    outcomes = SHOT_TREE.prepare(circuit, _LIMITS).sample(shots, 4)
    assert outcomes.counts.sum() == shots
    bits = numpy.unpackbits(outcomes.rows, axis=1, bitorder="little")[:, :16]
    ones = outcomes.counts @ bits / shots
    # Each qubit is the parity of those before it, but for the one that a coin was tossed on.
    parities = (1 - numpy.cos(0.4 + 0.3 * numpy.arange(19)).cumprod()) / 2
    parities[3] = 0.5
    expected = parities[[0, 1, *range(16, 2, -1)]]
    # Five standard deviations.
    assert ones == pytest.approx(expected, abs=5 * (0.25 / shots) ** 0.5)


def test_the_kernel_draws_the_same_for_a_seed_with_one_state_as_with_many() -> None:
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
    tree = ShotTree(
        instructions(program),
        KernelSimulator(program.num_qubits),
        program.initial_memory,
        100,
        10_000,
    )
    assert total_variation(_frequencies(tree, program), distribution(program)) < 2e-5


def _frequencies(tree: ShotTree[KernelState], program: Program) -> dict[int, float]:
    """Of so many shots that they are the probabilities."""
    shots = 10**12
    mask = (1 << program.num_bits) - 1
    seen: dict[int, float] = {}
    for value, count in tree.sample(shots, random_numbers(1)).items():
        seen[value & mask] = seen.get(value & mask, 0) + count / shots
    return seen


@pytest.mark.parametrize("precision", ["double", "single"])
def test_a_precision_s_draws_follow_from_more_than_the_seed(
    precision: Literal["double", "single"],
) -> None:
    circuit = analyse(_entangled(8, 5))
    limits = Limits(1 << 30, precision=precision)
    cost = SHOT_TREE.cost(circuit, 1000, limits)
    assert cost is not None
    assert f"{precision} precision" in cost.reason
    first, again = (SHOT_TREE.prepare(circuit, limits).sample(1000, 8) for _ in range(2))
    assert (first.rows == again.rows).all()
    assert (first.counts == again.counts).all()


@given(dynamic_programs())
def test_in_single_precision_outcomes_are_not_as_frequent(program: Program) -> None:
    tree = ShotTree(
        instructions(program),
        KernelSimulator(program.num_qubits, "single"),
        program.initial_memory,
        100,
        10_000,
    )
    assert total_variation(_frequencies(tree, program), distribution(program)) < 2e-5


def _reason(program: Program, limits: Limits) -> str:
    cost = SHOT_TREE.cost(analyse(program), 1000, limits)
    assert cost is not None
    return cost.reason


def test_single_precision_is_taken_where_double_fits_and_is_quick_or_not_where_it_is_not() -> None:
    program = _entangled(18, 14)
    state_bytes = kernel_run.state_bytes(16, "double")
    double = Limits(4 * state_bytes + (40 << 20))
    cost = SHOT_TREE.cost(analyse(program), 1, double)
    assert cost is not None
    assert "double precision" in cost.reason
    scarce = Limits(cost.memory_bytes - 3 * state_bytes)
    assert "single precision" in _reason(program, scarce)
    slow = Limits(1 << 30, single_precision_after_seconds=1e-3)
    assert "single precision" in _reason(program, slow)
    # What rounding does in many layers is not known, nor how often a loop runs.
    deep = program._replace(operations=300 * program.operations[:1] + program.operations)
    assert "double precision" in _reason(deep, scarce)
    again = Loop(Bits((0,)), (Gate("h", (), (0,)), Measure(0, 0)))
    looped = program._replace(operations=(*program.operations[:-1], again, program.operations[-1]))
    assert "double precision" in _reason(looped, scarce)


def test_states_take_more_than_a_buffer_each_and_one_workspace() -> None:
    circuit = analyse(_layered(16, 4))
    memory = SpareMemory()
    limits = Limits(1 << 30, spare_memory=memory)
    cost = SHOT_TREE.cost(circuit, 1000, limits)
    assert cost is not None
    state_bytes = kernel_run.state_bytes(16, "double")
    tree = ShotTree(
        instructions(circuit.program), KernelSimulator(16, spare_memory=memory), 0, 100, 1000
    )
    tree.sample(1000, random_numbers(1))
    num_states = tree.num_states
    assert num_states >= 4
    del tree
    workspace = memory.kept_bytes - num_states * state_bytes
    # Tables of a quarter of a megabyte each.
    assert 1 << 18 < workspace < 40 << 18
    assert memory.kept_bytes < cost.memory_bytes < memory.kept_bytes + (45 << 20)
    prepared = SHOT_TREE.prepare(circuit, limits)
    prepared.sample(1000, 1)
    kept = prepared.kept_bytes
    assert kept is not None
    assert state_bytes < kept < 2 * state_bytes


def test_a_tree_goes_on_after_it_was_told_to_stop() -> None:
    program = _layered(18, 30)
    simulator = KernelSimulator(18)
    tree = ShotTree(instructions(program), simulator, 0, 100, 1000)
    timer = Timer(0.2, setattr, (simulator.control, "stop", 1))
    timer.start()
    begun = time.monotonic()
    with pytest.raises(Stopped):
        _sample_again_and_again(tree, begun + 60)
    timer.join()
    with pytest.raises(Stopped):
        simulator.segment(_layer(18) * 10, begins_in_zero=False)


def _sample_again_and_again(tree: ShotTree[KernelState], end: float) -> None:
    while time.monotonic() < end:
        tree.sample(10_000, random_numbers(1))


def _layer(num_qubits: int) -> list[Gate]:
    turns = [Gate("u", (0.4, 0.3, 0.2), (qubit,)) for qubit in range(num_qubits)]
    return turns + [Gate("x", (), (qubit, qubit + 1), 1) for qubit in range(num_qubits - 1)]


def _layered(num_qubits: int, looks: int) -> Program:
    """Enough gates for a plan before each measurement, and feedback after it."""
    operations: list[Operation] = []
    for look in range(looks):
        operations += 3 * _layer(num_qubits)
        turned = (Gate("rx", (0.5,), (1,)),)
        operations += [Measure(look % num_qubits, look), Branch(Bits((look,)), turned, ())]
    operations += [Measure(qubit, looks + qubit) for qubit in range(num_qubits)]
    num_bits = looks + num_qubits
    return Program(num_qubits, (Register("c", num_bits),), tuple(operations), num_bits)


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
    poor = SHOT_TREE.prepare(circuit, Limits(2048, precision="double")).sample(1000, 8)
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
    scarce, plenty = Limits(4 << 20), Limits(1 << 30)
    least = SHOT_TREE.cost(circuit, 1, scarce)
    most = SHOT_TREE.cost(circuit, 1000, plenty)
    assert least is not None
    assert most is not None
    assert 16 << circuit.num_qubits <= least.memory_bytes <= scarce.memory_bytes
    assert least.memory_bytes < most.memory_bytes <= plenty.memory_bytes


_IN_LITTLE_MEMORY = """
import resource, sys

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
