"""Operations without a plan, against plain numpy: on any state, in any frame, from nothing on."""

from __future__ import annotations

import ctypes
from array import array

import numpy
import pytest
from hypothesis import given, strategies

from qcexec_kernel import BrokenPlan, Kernel, Precision, Stopped, UnknownOperation
from qcexec_kernel.library import Control
from unit.kernel.circuits import Circuit, circuits, layered
from unit.kernel.comparison import CLOSE, FEW_EXAMPLES, distance
from unit.kernel.reference import TWO_TARGETS, Gate, Unitary, evolved, zero

BOTH = pytest.mark.parametrize("precision", ["double", "single"])


@BOTH
@FEW_EXAMPLES
@given(circuit=circuits())
def test_operations_give_other_amplitudes_than_numpy(
    kernel: Kernel, precision: Precision, circuit: Circuit
) -> None:
    with kernel.state(circuit.num_qubits, precision) as state:
        state.apply(kernel.gates(*circuit))
        got = state.amplitudes()
    expected = evolved(*circuit, zero(circuit.num_qubits))
    assert distance(got, expected) < CLOSE[precision]
    assert abs(numpy.linalg.norm(got) - 1) < CLOSE[precision]


@BOTH
@FEW_EXAMPLES
@given(first=circuits(6, 15), second=circuits(6, 15), last=circuits(6, 15))
def test_operations_go_on_from_another_state(
    kernel: Kernel, precision: Precision, first: Circuit, second: Circuit, last: Circuit
) -> None:
    """A plan leaves qubits renamed and flipped, and so do operations; a plan goes on from there."""
    num_qubits = max(circuit.num_qubits for circuit in (first, second, last))
    with kernel.state(num_qubits, precision) as state:
        state.run(kernel.plan(num_qubits, first.operations, precision))
        state.apply(kernel.gates(num_qubits, second.operations))
        state.run(kernel.plan(num_qubits, last.operations, precision, begins_in_zero=False))
        got = state.amplitudes()
    expected = zero(num_qubits)
    for circuit in (first, second, last):
        expected = evolved(num_qubits, circuit.operations, expected)
    assert distance(got, expected) < CLOSE[precision]


@BOTH
@FEW_EXAMPLES
@given(circuit=circuits(), data=strategies.data())
def test_outcomes_have_other_probabilities(
    kernel: Kernel, precision: Precision, circuit: Circuit, data: strategies.DataObject
) -> None:
    num_qubits, operations = circuit
    order = data.draw(strategies.permutations(range(num_qubits)))
    measured = order[: data.draw(strategies.integers(0, num_qubits))]
    got = kernel.outcome_probabilities(num_qubits, operations, measured, precision)
    squares = numpy.abs(evolved(*circuit, zero(num_qubits))) ** 2
    indices = numpy.arange(1 << num_qubits)
    shown = sum(((indices >> qubit & 1) << bit for bit, qubit in enumerate(measured)), 0 * indices)
    expected = numpy.bincount(shown, squares, 1 << len(measured))
    assert numpy.abs(numpy.array(got) - expected).max() < CLOSE[precision]


@pytest.mark.parametrize("name", [*TWO_TARGETS, "x", "z", "ry", "u"])
@pytest.mark.parametrize("num_qubits", [5, 9])
def test_a_gate_on_some_pair_of_qubits_is_another_one(
    kernel: Kernel, name: str, num_qubits: int
) -> None:
    """Every pair, in every order: inside a register, outside, and one of each."""
    angles = {"u": (0.3, 1.2, -0.7)}.get(name, (0.9,) if name[0] == "r" else ())
    turns = layered(num_qubits, 2, seed=3)
    begin = evolved(num_qubits, turns, zero(num_qubits))
    for first in range(num_qubits):
        for second in set(range(num_qubits)) - {first}:
            controls = 0 if name in TWO_TARGETS else 1
            gates = [Gate("x", (), (second,)), Gate(name, angles, (first, second), controls)]
            with kernel.state(num_qubits) as state:
                state.apply(kernel.gates(num_qubits, [*turns, *gates]))
                got = state.amplitudes()
            assert distance(got, evolved(num_qubits, gates, begin)) < 1e-12


@BOTH
def test_rows_longer_than_between_two_looks_are_left_out(
    kernel: Kernel, precision: Precision
) -> None:
    num_qubits = 18
    gates: list[Gate | Unitary] = [Gate("h", (), (qubit,)) for qubit in range(num_qubits)]
    gates += [Gate("ry", (0.1 + 0.2 * qubit,), (qubit,)) for qubit in range(num_qubits)]
    gates += [Gate("p", (0.3 * qubit,), (qubit, (qubit + 7) % 18), 1) for qubit in range(18)]
    gates += [Gate("x", (), (17, 0), 1), Gate("h", (), (16,)), Gate("x", (), (3, 17), 1)]
    with kernel.state(num_qubits, precision) as state:
        state.apply(kernel.gates(num_qubits, gates))
        got = state.amplitudes()
    assert distance(got, evolved(num_qubits, gates, zero(num_qubits))) < CLOSE[precision]


def test_a_dense_unitary_of_many_qubits_is_another_one(kernel: Kernel) -> None:
    generator = numpy.random.default_rng(5)
    parts = generator.normal(size=(2, 128, 128))
    matrix, _ = numpy.linalg.qr(parts[0] + 1j * parts[1])
    gates: list[Gate | Unitary] = [
        Gate("h", (), (3,)),
        Unitary(matrix, (7, *range(7)), 1),
        Gate("x", (), (7,)),
    ]
    gates.append(Unitary(matrix, (7, *range(6, -1, -1)), 1))
    with kernel.state(8) as state:
        state.apply(kernel.gates(8, gates))
        got = state.amplitudes()
    assert distance(got, evolved(8, gates, zero(8))) < 1e-12


def test_gates_for_other_states_are_applied(kernel: Kernel) -> None:
    with kernel.state(6) as state, pytest.raises(UnknownOperation):
        state.apply(kernel.gates(5, [Gate("x", (), (0,))]))


@pytest.mark.parametrize(
    "gate",
    [
        Gate("x", (), (5,)),
        Gate("x", (), (2, 2), 1),
        Gate("swap", (), (1,)),
        Gate("rx", (), (1,)),
        Gate("x", (0.1,), (1,)),
        Gate("x", (), (1,), 1),
        Gate("x", (), ()),
    ],
)
def test_a_broken_operation_is_applied(kernel: Kernel, gate: Gate) -> None:
    with kernel.state(5) as state, pytest.raises(UnknownOperation):
        state.apply(kernel.gates(5, [gate]))
    with pytest.raises(UnknownOperation):
        kernel.outcome_probabilities(5, [gate], [0])


@FEW_EXAMPLES
@given(
    names=strategies.binary(max_size=12),
    counts=strategies.lists(strategies.integers(0, 255), min_size=12, max_size=12),
    controls=strategies.lists(strategies.integers(0, 255), min_size=12, max_size=12),
    operands=strategies.binary(max_size=40),
    num_angles=strategies.integers(0, 40),
    places=strategies.lists(strategies.integers(-2, 8), min_size=6, max_size=6),
    flips=strategies.integers(-(2**63), 2**63 - 1),
    num_bits=strategies.integers(-3, 70),
)
def test_columns_that_contradict_themselves_are_read_beyond_their_ends(
    kernel: Kernel,
    names: bytes,
    counts: list[int],
    controls: list[int],
    operands: bytes,
    num_angles: int,
    places: list[int],
    flips: int,
    num_bits: int,
) -> None:
    """Whatever the columns hold, the amplitudes beside the state's stay as they are."""
    functions = kernel.functions()
    gates = kernel.gates(6, [])
    circuit = gates.circuit
    angles = (ctypes.c_double * 40)()
    circuit.num_operations = len(names)
    circuit.names = names
    circuit.num_operands = bytes(counts)
    circuit.num_controls = bytes(controls)
    circuit.operands = operands
    circuit.num_all_operands = len(operands)
    circuit.angles = ctypes.addressof(angles)
    circuit.num_angles = num_angles
    guard, size = 64, 128
    room = numpy.full(size + 2 * guard, 7.0)
    shift = -room.__array_interface__["data"][0] // 8 % 8
    state = room[shift : shift + size]
    state[:] = 0
    positions = (ctypes.c_int64 * 6)(*places)
    address = state.__array_interface__["data"][0]
    functions.apply(
        *(6, address, circuit, ctypes.addressof(positions), ctypes.c_int64(flips)),
        Control(),
    )
    assert (room[:shift] == 7).all()
    assert (room[shift + size :] == 7).all()
    if num_bits <= 6:
        sums = numpy.full(64 + guard, 7.0)
        qubits = numpy.array(places, dtype=numpy.int64).tobytes()
        functions.outcomes(
            *(6, len(names), names, bytes(counts), bytes(controls), operands),
            *(ctypes.addressof(angles), len(operands), num_angles),
            *(num_bits, qubits, sums.__array_interface__["data"][0], Control()),
        )
        assert (sums[64:] == 7).all()


def test_a_broken_frame_is_taken_for_one(kernel: Kernel) -> None:
    with kernel.state(5) as state:
        state.apply(kernel.gates(5, []))
        state._positions = array("q", [0, 1, 1, 3, 4])
        with pytest.raises(BrokenPlan):
            state.apply(kernel.gates(5, [Gate("h", (), (0,))]))


def test_operations_go_on_when_they_are_told_to_end(kernel: Kernel) -> None:
    with kernel.state(5) as state:
        state.control.stop = 1
        with pytest.raises(Stopped):
            state.apply(kernel.gates(5, [Gate("h", (), (0,))]))
