"""Amplitudes against plain numpy, for every operation, precision, way of planning and variant."""

from __future__ import annotations

import numpy
import pytest
from hypothesis import given, strategies

from qcexec_kernel import Kernel, Precision
from unit.kernel.circuits import Circuit, circuits, layered, paired
from unit.kernel.comparison import CLOSE, FEW_EXAMPLES, distance, small_chunks
from unit.kernel.reference import Gate, evolved, zero

BOTH = pytest.mark.parametrize("precision", ["double", "single"])


@BOTH
@FEW_EXAMPLES
@given(circuit=circuits())
def test_a_circuit_gives_other_amplitudes_than_numpy(
    kernel: Kernel, precision: Precision, circuit: Circuit
) -> None:
    with kernel.state(circuit.num_qubits, precision) as state:
        state.run(kernel.plan(*circuit, precision))
        got = state.amplitudes()
    expected = evolved(*circuit, zero(circuit.num_qubits))
    assert distance(got, expected) < CLOSE[precision]
    assert abs(numpy.linalg.norm(got) - 1) < CLOSE[precision]


@BOTH
@pytest.mark.parametrize("threads", [1, 3])
@FEW_EXAMPLES
@given(circuit=circuits(), contiguous=strategies.integers(4, 5))
def test_many_chunks_or_threads_give_other_amplitudes(
    kernel: Kernel, precision: Precision, threads: int, circuit: Circuit, contiguous: int
) -> None:
    plan = small_chunks(kernel, circuit, precision, contiguous=contiguous)
    with kernel.state(circuit.num_qubits, precision) as state:
        state.run(plan, threads)
        got = state.amplitudes()
    expected = evolved(*circuit, zero(circuit.num_qubits))
    assert distance(got, expected) < CLOSE[precision]


@BOTH
@pytest.mark.parametrize("threads", [1, 3])
@FEW_EXAMPLES
@given(circuit=circuits(), contiguous=strategies.integers(4, 7))
def test_a_run_that_begins_in_zero_sees_what_memory_held_before(
    kernel: Kernel, precision: Precision, threads: int, circuit: Circuit, contiguous: int
) -> None:
    """Nothing is cleared beforehand; qubits that nothing turns stay zero nevertheless."""
    full = Circuit(circuit.num_qubits, layered(circuit.num_qubits, 1, 1))
    with kernel.state(circuit.num_qubits, precision) as state:
        state.run(small_chunks(kernel, full, precision))
        state.run(small_chunks(kernel, circuit, precision, contiguous=contiguous), threads)
        got = state.amplitudes()
    expected = evolved(*circuit, zero(circuit.num_qubits))
    assert distance(got, expected) < CLOSE[precision]


@FEW_EXAMPLES
@given(
    num_qubits=strategies.integers(8, 10),
    depth=strategies.integers(2, 6),
    seed=strategies.integers(0, 2**32 - 1),
)
def test_layers_of_gates_are_put_into_stages_in_another_order(
    kernel: Kernel, num_qubits: int, depth: int, seed: int
) -> None:
    """Every qubit is turned again and again, so stages must leave much for later."""
    circuit = Circuit(num_qubits, layered(num_qubits, depth, seed))
    with kernel.state(num_qubits) as state:
        state.run(small_chunks(kernel, circuit))
        got = state.amplitudes()
    assert distance(got, evolved(*circuit, zero(num_qubits))) < 1e-12


@BOTH
@FEW_EXAMPLES
@given(
    num_qubits=strategies.integers(4, 9),
    depth=strategies.integers(2, 6),
    seed=strategies.integers(0, 2**32 - 1),
)
def test_unitaries_on_pairs_lose_factors_before_the_next_table(
    kernel: Kernel, precision: Precision, num_qubits: int, depth: int, seed: int
) -> None:
    """Pairs lie inside a register, outside, and half inside; each layer's crosses are sheared."""
    circuit = Circuit(num_qubits, paired(num_qubits, depth, seed))
    with kernel.state(num_qubits, precision) as state:
        state.run(kernel.plan(*circuit, precision))
        got = state.amplitudes()
    assert distance(got, evolved(*circuit, zero(num_qubits))) < CLOSE[precision]


@BOTH
@FEW_EXAMPLES
@given(
    layers=strategies.lists(
        strategies.tuples(
            strategies.sets(strategies.sampled_from([0, 1, 2, 5, 9, 10, 11, 12]), min_size=1),
            strategies.booleans(),
        ),
        min_size=2,
        max_size=5,
    )
)
def test_turns_that_reach_out_of_a_block_are_done_with_others(
    kernel: Kernel, precision: Precision, layers: list[tuple[set[int], bool]]
) -> None:
    """With a table of phases before them, or after single phases."""
    num_qubits = 13
    operations = [Gate("h", (), (qubit,)) for qubit in range(num_qubits)]
    for turned, has_table in layers:
        neighbours = [(qubit, qubit + 1) for qubit in range(num_qubits - 1)]
        some = neighbours if has_table else [(low, low + 1) for low in turned if low < 12][:1]
        operations += [Gate("p", (0.3,), pair, 1) for pair in some]
        operations += [Gate("ry", (0.2 + 0.1 * qubit,), (qubit,)) for qubit in sorted(turned)]
    with kernel.state(num_qubits, precision) as state:
        state.run(kernel.plan(num_qubits, operations, precision))
        got = state.amplitudes()
    expected = evolved(num_qubits, operations, zero(num_qubits))
    assert distance(got, expected) < CLOSE[precision]


@pytest.mark.parametrize("num_phases", [1, 3, 20])
def test_phases_of_three_qubits_are_others_alone_or_among_many(
    kernel: Kernel, num_phases: int
) -> None:
    num_qubits = 9
    turns = [Gate("u", (0.7 + qubit, 0.4, 0.9 * qubit), (qubit,)) for qubit in range(num_qubits)]
    phases = [
        Gate(
            "p",
            (0.5 + 0.3 * number,),
            (number % 7, number % 7 + 1, number % 7 + 2),
            2,
        )
        for number in range(num_phases)
    ]
    singles = [Gate("p", (0.2 + number,), (number,)) for number in range(num_qubits)]
    gates = [*turns, *phases, *singles, *turns]
    with kernel.state(num_qubits) as state:
        state.run(kernel.plan(num_qubits, gates))
        got = state.amplitudes()
    assert distance(got, evolved(num_qubits, gates, zero(num_qubits))) < 1e-12


@BOTH
@FEW_EXAMPLES
@given(first=circuits(6, 15), second=circuits(6, 15))
def test_a_run_that_goes_on_begins_in_another_state(
    kernel: Kernel, precision: Precision, first: Circuit, second: Circuit
) -> None:
    num_qubits = max(first.num_qubits, second.num_qubits)
    first, second = Circuit(num_qubits, first.operations), Circuit(num_qubits, second.operations)
    with kernel.state(num_qubits, precision) as state:
        state.run(small_chunks(kernel, first, precision))
        state.run(small_chunks(kernel, second, precision, begins_in_zero=False))
        got = state.amplitudes()
    expected = evolved(*second, evolved(*first, zero(num_qubits)))
    assert distance(got, expected) < CLOSE[precision]


@FEW_EXAMPLES
@given(circuit=circuits())
def test_leaving_the_last_phases_out_changes_probabilities(
    kernel: Kernel, circuit: Circuit
) -> None:
    with kernel.state(circuit.num_qubits) as state:
        state.run(small_chunks(kernel, circuit, probabilities_only=True))
        got = state.probabilities(range(circuit.num_qubits))
    expected = numpy.abs(evolved(*circuit, zero(circuit.num_qubits))) ** 2
    assert numpy.abs(got - expected).max() < 1e-12


def test_single_precision_loses_more_than_it_may_at_depth_200(kernel: Kernel) -> None:
    num_qubits, operations = 10, layered(10, 200)
    found = {}
    for precision in CLOSE:
        with kernel.state(num_qubits, precision) as state:
            state.run(kernel.plan(num_qubits, operations, precision))
            found[precision] = state.amplitudes()
    assert distance(found["single"], found["double"]) < CLOSE["single"]
    single, double = (numpy.abs(found[precision]) ** 2 for precision in ("single", "double"))
    assert numpy.abs(single - double).sum() / 2 < 2.5e-6


def test_amplitudes_leave_the_range_of_single_precision(kernel: Kernel) -> None:
    rotations = [("ry", (1.4,), (qubit,), 0) for qubit in range(5)]
    plan = kernel.plan(5, rotations, "single", begins_in_zero=False)
    with kernel.state(5, "single") as state:
        for _ in range(200):
            state.run(plan)
        assert not numpy.isnan(state.amplitudes()).any()
        got = state.probability(0)
    expected = numpy.sin(200 * 0.7) ** 2
    assert abs(got - expected) < 1e-3
