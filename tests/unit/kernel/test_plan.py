"""Plans: what they cost, what is refused, and that a broken one harms nothing."""

from __future__ import annotations

from contextlib import suppress

import numpy
import pytest
from hypothesis import given, strategies

from qcexec_kernel import BrokenPlan, Kernel, OutOfMemory, Stopped, UnknownOperation
from qcexec_kernel.plan import read_plan
from unit.kernel.circuits import Circuit, circuits, layered
from unit.kernel.comparison import FEW_EXAMPLES, small_chunks
from unit.kernel.reference import Gate

BELL = [("h", (), (0,), 0), ("x", (), (0, 1), 1)]


@pytest.mark.parametrize(
    "operation",
    [
        ("nand", (), (0,), 0),
        ("h", (), (9,), 0),
        ("h", (), (-1,), 0),
        ("x", (), (1, 1), 1),
        ("x", (), (1,), 1),
        ("rx", (), (1,), 0),
        ("rx", (1.0, 2.0), (1,), 0),
        ("swap", (), (1,), 0),
        (numpy.eye(4), (1,), 0),
        (0, None),
    ],
)
def test_what_is_no_operation_is_planned(kernel: Kernel, operation: tuple[object, ...]) -> None:
    with pytest.raises(UnknownOperation):
        kernel.plan(5, [*BELL, operation])


def test_too_many_qubits_are_planned(kernel: Kernel) -> None:
    with pytest.raises(UnknownOperation):
        kernel.plan(60, BELL)


@pytest.mark.parametrize(
    "operations",
    [
        [("x", (), (0,), 0), ("swap", (), (0, 3), 0)],
        [("h", (), (0,), 0), ("h", (), (0,), 0)],
        [("z", (), (0, 1), 1), ("x", (), (2, 1), 1)],
        [("x", (), (1, 2), 1), ("x", (), (2, 1), 1), ("x", (), (1, 2), 1)],
    ],
)
def test_what_is_free_takes_passes(kernel: Kernel, operations: list[tuple[object, ...]]) -> None:
    assert kernel.plan(20, operations, probabilities_only=True).passes == 0


def test_controlled_rotations_written_as_two_cx_take_rotations_of_two_qubits(
    kernel: Kernel,
) -> None:
    layer = [("h", (), (qubit,), 0) for qubit in range(6)]
    written = [("x", (), (0, 1), 1), ("rz", (0.3,), (1,), 0), ("x", (), (0, 1), 1)]
    plan = kernel.plan(6, [*layer, *written, *layer])
    direct = kernel.plan(6, [*layer, ("rzz", (0.3,), (0, 1), 0), *layer])
    assert plan.multiply_adds == direct.multiply_adds


def test_unitaries_of_two_qubits_are_done_densely(kernel: Kernel) -> None:
    """Jacobi's method ended in rounding errors for nearly all of them."""
    generator = numpy.random.default_rng(7)
    operations = []
    for _ in range(40):
        drawn = generator.normal(size=(4, 4)) + 1j * generator.normal(size=(4, 4))
        unitary, _ = numpy.linalg.qr(drawn)
        operations.append((unitary, tuple(generator.permutation(6)[:2].tolist()), 0))
    layer = [("h", (), (qubit,), 0) for qubit in range(6)]
    measures = kernel.plan(6, [*layer, *operations]).measures
    assert measures.num_dense == 0
    assert measures.num_crosses > 30


def test_a_layered_circuit_takes_more_passes_than_it_did(kernel: Kernel) -> None:
    assert kernel.plan(24, layered(24, 20), probabilities_only=True).passes < 10


def test_work_is_done_after_all_qubits_have_left_zero_that_could_be_done_before(
    kernel: Kernel,
) -> None:
    """A rotation costs 2 multiply-adds an amplitude of the whole state, and a table's share."""
    plan = kernel.plan(20, layered(20, 20), probabilities_only=True)
    assert plan.multiply_adds / 2.0**20 < 1.7 * plan.measures.num_rotations


@pytest.mark.parametrize("num_qubits", [18, 21])
def test_a_wide_search_forgets_something(kernel: Kernel, num_qubits: int) -> None:
    """From 18 and from 21 qubits on more sets of qubits and more ways are tried."""
    operations = _scattered(num_qubits, 5)
    plan = kernel.plan(num_qubits, operations)
    with kernel.state(num_qubits) as planned, kernel.state(num_qubits) as direct:
        planned.run(plan)
        direct.apply(kernel.gates(num_qubits, operations))
        expected, found = direct.amplitudes(), planned.amplitudes()
    assert abs(abs(numpy.vdot(expected, found)) - 1) < 1e-12


def test_a_plan_takes_more_passes_than_it_did_where_pairs_are_random(kernel: Kernel) -> None:
    assert kernel.plan(20, _scattered(20, 20), probabilities_only=True).passes < 14


def test_what_stands_behind_many_phases_is_forgotten(kernel: Kernel) -> None:
    """Staging looks at some thousand primitives at a time."""
    layer = [Gate("h", (), (qubit,)) for qubit in range(16)]
    corners = [(first, second, 15) for first in range(7) for second in range(7, 15)]
    phases = [Gate("p", (0.001,), corners[index % len(corners)], 2) for index in range(20000)]
    plan = kernel.plan(16, [*layer, *phases, *layer], probabilities_only=True)
    assert plan.measures.num_rotations == 32


def test_the_same_phase_twice_takes_a_pass_of_its_own(kernel: Kernel) -> None:
    layer = [Gate("h", (), (qubit,)) for qubit in range(20)]
    phases = [Gate("p", (0.1,), (qubit, (qubit + 7) % 20), 1) for qubit in range(20)]
    once, often = (
        kernel.plan(20, [*layer, *phases * count, *layer], probabilities_only=True)
        for count in (1, 500)
    )
    assert often.passes == once.passes


def test_a_plan_does_not_say_what_it_takes(kernel: Kernel) -> None:
    plan = kernel.plan(20, [("h", (), (qubit,), 0) for qubit in range(20)])
    described = plan.describe()
    assert f"{plan.stages} stages" in described
    assert "20 rotations" in described
    one, two, three = (plan.workspace_bytes(threads) for threads in (1, 2, 3))
    assert three - two == two - one > 0
    assert plan.kept_bytes == len(plan.words) + len(plan.numbers)


def test_a_run_takes_more_memory_than_its_plan_says(kernel: Kernel) -> None:
    plan = kernel.plan(18, [("h", (), (qubit,), 0) for qubit in range(18)])
    with kernel.state(18) as state:
        state.run(plan, threads=2)
        told = kernel.state_bytes(18) + plan.workspace_bytes(2)
        assert state.num_bytes <= told


def test_a_run_that_is_told_to_stop_goes_on(kernel: Kernel) -> None:
    plan = kernel.plan(10, [("h", (), (qubit,), 0) for qubit in range(10)])
    with kernel.state(10) as state:
        state.control.stop = 1
        with pytest.raises(Stopped):
            state.run(plan)
        state.control.stop = 0
        state.run(plan)
        assert abs(state.probability(9) - 0.5) < 1e-15


@FEW_EXAMPLES
@given(circuit=circuits(9, 20))
def test_planning_twice_gives_two_plans(kernel: Kernel, circuit: Circuit) -> None:
    first, second = small_chunks(kernel, circuit), small_chunks(kernel, circuit)
    assert (first.words, first.numbers) == (second.words, second.numbers)


@FEW_EXAMPLES
@given(circuit=circuits(9, 20), data=strategies.data())
def test_a_broken_plan_is_run_or_does_harm(
    kernel: Kernel, circuit: Circuit, data: strategies.DataObject
) -> None:
    """What is not refused writes into its own buffers alone: the sanitizers watch this, too."""
    plan = small_chunks(kernel, circuit)
    words = numpy.frombuffer(plan.words, dtype=numpy.int64).copy()
    for _ in range(data.draw(strategies.integers(1, 3))):
        place = data.draw(strategies.integers(0, len(words) - 1))
        words[place] = data.draw(
            strategies.one_of(strategies.integers(-2, 70), strategies.integers(-(2**63), 2**63 - 1))
        )
    if data.draw(strategies.booleans()):
        words = words[: data.draw(strategies.integers(0, len(words)))]
    with kernel.state(circuit.num_qubits) as state, suppress(BrokenPlan, OutOfMemory):
        broken = read_plan(
            *(kernel.functions(), circuit.num_qubits, "double", words.tobytes(), plan.numbers)
        )
        state.run(broken)


def test_a_plan_with_numbers_that_are_none_is_run(kernel: Kernel) -> None:
    plan = kernel.plan(5, [("rx", (0.4,), (qubit,), 0) for qubit in range(5)])
    numbers = numpy.frombuffer(plan.numbers).copy()
    numbers[-1] = numpy.nan
    with pytest.raises(BrokenPlan):
        read_plan(kernel.functions(), 5, "double", plan.words, numbers.tobytes())


def test_a_plan_for_more_qubits_is_run_on_a_state_of_fewer(kernel: Kernel) -> None:
    plan = kernel.plan(9, [("h", (), (8,), 0)])
    with pytest.raises(BrokenPlan):
        read_plan(kernel.functions(), 8, "double", plan.words, plan.numbers)


def _scattered(num_qubits: int, layers: int) -> list[Gate]:
    """Any unitary on each qubit, and a phase on each pair of a random pairing."""
    generator = numpy.random.default_rng(num_qubits)
    operations: list[Gate] = []
    for _ in range(layers):
        for qubit in range(num_qubits):
            first, second, third = generator.uniform(0, 3, 3).tolist()
            operations.append(Gate("u", (first, second, third), (qubit,)))
        order = generator.permutation(num_qubits).tolist()
        pairs = zip(order[::2], order[1::2], strict=False)
        operations += [Gate("p", (1.1,), pair, 1) for pair in pairs]
    return operations
