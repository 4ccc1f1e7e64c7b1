"""The shot tree: the distribution of shots that run one by one, however little memory there is.

With a million million shots, frequencies differ from probabilities by some millionths, so the
distributions are compared as if they were exact: five standard deviations are below the tolerance.
So many shots also take the tree's promise at its word, for shot by shot they would never end.
"""

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qcexec_engine.classical import Bits, Calculation, Constant, Expression, Wrap
from qcexec_engine.dense import kernel_run
from qcexec_engine.dense.kernel_state import KernelSimulator, KernelState
from qcexec_engine.errors import CircuitTooLarge, SemanticFault
from qcexec_engine.program import (
    Branch,
    Break,
    Continue,
    End,
    Gate,
    Loop,
    Measure,
    Operation,
    Program,
    Register,
    Reset,
    Store,
)
from qcexec_engine.sampling import random_numbers
from qcexec_engine.shot_tree.instructions import instructions
from qcexec_engine.shot_tree.tree import ShotTree
from support.dense_reference import distribution, total_variation
from support.random_programs import dynamic_programs

pytestmark = pytest.mark.skipif(
    kernel_run.missing() is not None, reason="there is no kernel for this machine"
)

# A program takes long to draw on a busy machine.
_PATIENT = settings(suppress_health_check=[HealthCheck.too_slow])

_SHOTS = 10**12
_TOLERANCE = 2e-5
_H = Gate("h", (), (0,))
_X = Gate("x", (), (0,))


def _program(
    num_qubits: int, num_bits: int, operations: Sequence[Operation], variables: int = 0
) -> Program:
    register = Register("c", num_bits)
    return Program(num_qubits, (register,), tuple(operations), num_bits + variables)


def _tree(
    program: Program, max_states: int = 100, max_operations: int = 10_000
) -> ShotTree[KernelState]:
    simulator = KernelSimulator(program.num_qubits)
    return ShotTree(
        instructions(program), simulator, program.initial_memory, max_states, max_operations
    )


def _coin_tosses(number: int) -> Program:
    operations: list[Operation] = []
    for bit in range(number):
        operations += [_H, Measure(0, bit)]
    return _program(1, number, operations)


def _counts(program: Program, shots: int, seed: int = 1, max_states: int = 100) -> dict[int, int]:
    return _tree(program, max_states).sample(shots, random_numbers(seed))


def _frequencies(program: Program, counts: dict[int, int]) -> dict[int, float]:
    mask = (1 << program.num_bits) - 1
    shots = sum(counts.values())
    seen: dict[int, float] = {}
    for value, count in counts.items():
        seen[value & mask] = seen.get(value & mask, 0) + count / shots
    return seen


def _assert_right(program: Program) -> None:
    frequencies = _frequencies(program, _counts(program, _SHOTS))
    assert total_variation(frequencies, distribution(program)) < _TOLERANCE


@_PATIENT
@given(dynamic_programs())
def test_outcomes_are_as_frequent_as_they_are_probable(program: Program) -> None:
    _assert_right(program)


@_PATIENT
@given(dynamic_programs(), st.integers(1, 5), st.integers(1, 3000))
def test_with_few_states_the_same_seed_draws_the_same(
    program: Program, max_states: int, shots: int
) -> None:
    plenty = _counts(program, shots)
    tree = _tree(program, max_states)
    assert tree.sample(shots, random_numbers(1)) == plenty
    assert tree.num_states <= max_states
    assert tree.sample(shots, random_numbers(1)) == plenty
    assert sum(plenty.values()) == shots


def test_another_seed_draws_something_else() -> None:
    program = _coin_tosses(8)
    assert _counts(program, 100, seed=1) != _counts(program, 100, seed=2)


def test_no_more_states_wait_than_halvings_of_the_shots() -> None:
    tree = _tree(_coin_tosses(31))
    tree.sample(1024, random_numbers(1))
    assert tree.num_states <= 10 + 2


def test_a_loop_goes_on_until_its_condition_fails() -> None:
    until_zero = Loop(Bits((0,)), (_H, Measure(0, 0)))
    program = _program(1, 1, [_X, Measure(0, 0), until_zero])
    assert _counts(program, 10_000) == {0: 10_000}


def test_break_and_continue_and_end_leave_what_they_should() -> None:
    def add(bit: int) -> Store:
        return Store((bit,), Constant(1))

    inner = Loop(
        Constant(1),
        (
            _H,
            Measure(0, 0),
            Branch(Bits((0,)), (Continue(),), ()),
            Reset(0),
            Branch(Bits((1,)), (Break(),), (add(1), Continue())),
            add(4),
        ),
    )
    outer = Loop(
        Calculation("==", Bits((2,)), Constant(0)),
        (inner, add(2), _H, Measure(0, 0), Branch(Bits((0,)), (End(),), ()), add(3)),
    )
    counts = _counts(_program(1, 5, [outer, _X, Measure(0, 0)]), 10_000)
    assert set(counts) == {0b00111, 0b01111}
    # Half of the shots end early: 5 standard deviations are 250.
    assert abs(counts[0b00111] - 5000) < 250


def test_a_measurement_before_an_early_end_is_not_put_off() -> None:
    ended = Branch(Bits((0,)), (End(),), ())
    operations: list[Operation] = [
        _H,
        Measure(0, 0),
        Gate("x", (), (1,)),
        Measure(1, 1),
        ended,
        Measure(2, 2),
    ]
    assert set(_counts(_program(3, 3, operations), 1000)) == {0b10, 0b11}


def test_what_stands_behind_an_end_never_runs() -> None:
    assert _counts(_program(1, 2, [_X, Measure(0, 0), End(), Measure(0, 1)]), 10) == {0b01: 10}


def test_a_bit_that_is_read_before_it_is_measured_again_keeps_its_value_until_then() -> None:
    operations: list[Operation] = [_H, Measure(0, 0), Store((1,), Bits((0,))), Measure(1, 0)]
    _assert_right(_program(2, 2, operations))


def test_measurements_that_nothing_notices_wait_for_the_end() -> None:
    operations: list[Operation] = [_H, Measure(0, 0), Gate("h", (), (1,)), Measure(1, 1), Reset(2)]
    written = instructions(_program(3, 2, [*operations, Branch(Bits((1,)), (_X,), ())]))
    assert [type(instruction).__name__ for instruction in written].count("Measure") == 2
    written = instructions(_program(3, 2, [*operations, Gate("h", (), (2,))]))
    assert Measure not in [type(instruction) for instruction in written]


_FOREVER = Loop(Calculation("==", Bits((0,)), Constant(0)), (_X,))


@pytest.mark.parametrize("inside", [_FOREVER, Loop(Constant(1), (_FOREVER,))])
def test_a_loop_that_nothing_can_end_is_refused_at_once(inside: Loop) -> None:
    with pytest.raises(CircuitTooLarge, match="never ends"):
        _counts(_program(1, 1, [_H, Measure(0, 0), inside]), 100)


def test_a_loop_that_runs_too_long_is_refused() -> None:
    count = Store(tuple(range(1, 41)), Calculation("+", Bits(tuple(range(1, 41))), Constant(1)))
    program = _program(1, 1, [Loop(Constant(1), (count,)), Measure(0, 0)], variables=40)
    with pytest.raises(CircuitTooLarge, match="10000 operations"):
        _counts(program, 100)


def test_a_loop_that_counts_may_run_as_long_as_allowed() -> None:
    counter = tuple(range(1, 13))
    count = Store(counter, Calculation("+", Bits(counter), Constant(1)))
    below = Calculation("<", Bits(counter), Constant(4000))
    program = _program(1, 1, [Loop(below, (count,)), _X, Measure(0, 0)], variables=12)
    assert {value & 1 for value in _counts(program, 7)} == {1}


def test_a_loop_that_waits_for_a_certain_measurement_is_not_taken_for_endless() -> None:
    """A one is handed on from qubit to qubit, until the last one shows it."""
    swaps = [Gate("swap", (), (qubit, qubit + 1)) for qubit in (2, 1, 0)]
    loop = Loop(Calculation("==", Bits((0,)), Constant(0)), (*swaps, Measure(3, 0)))
    assert _counts(_program(4, 1, [_X, loop]), 5) == {1: 5}


@pytest.mark.parametrize(
    "value",
    [
        Calculation("/", Constant(1), Bits((0,))),
        Calculation("<<", Constant(1), Wrap(Calculation("-", Bits((0,)), Constant(1)), 4, True)),
    ],
)
def test_a_value_that_cannot_be_computed_is_the_circuits_fault(value: Expression) -> None:
    program = _program(1, 2, [_H, Measure(0, 0), Store((1,), value)])
    with pytest.raises(SemanticFault):
        _counts(program, 1000)


def test_rare_outcomes_keep_their_weight() -> None:
    """An outcome of one in ten million, and what is measured behind it."""
    small = 2 * 10**-3.5
    turned = Gate("ry", (small,), (0,))
    seen = Branch(Bits((0,)), (Gate("ry", (1.0,), (1,)),), ())
    _assert_right(_program(2, 2, [turned, Measure(0, 0), seen, Measure(1, 1)]))
    counts = _counts(_program(2, 2, [turned, Measure(0, 0), seen, Measure(1, 1)]), _SHOTS)
    rare = counts[0b01] + counts[0b11]
    assert rare == pytest.approx(_SHOTS * 1e-7, rel=0.02)
    assert counts[0b11] / rare == pytest.approx(0.2298, abs=0.01)


def test_a_tree_can_be_sampled_again_with_other_shots() -> None:
    program = _program(1, 2, [_H, Measure(0, 0), _H, Measure(0, 1)])
    tree = _tree(program)
    first = tree.sample(1000, random_numbers(5))
    assert sum(tree.sample(77, random_numbers(6)).values()) == 77
    assert tree.sample(1000, random_numbers(5)) == first


def test_the_memory_begins_as_the_program_says() -> None:
    program = _program(1, 3, [Branch(Bits((2,)), (_X,), ()), Measure(0, 0)])
    assert _counts(program._replace(initial_memory=0b110), 3) == {0b111: 3}


def test_a_qubit_that_was_reset_and_left_alone_measures_zero() -> None:
    """The measurement is on the way, so that it is answered by what is known of the qubit."""
    seen = Branch(Bits((0,)), (Gate("x", (), (1,)),), ())
    operations: list[Operation] = [_H, Measure(0, 0), Reset(0), Measure(0, 0), seen, Measure(1, 1)]
    assert _counts(_program(2, 2, operations), 100) == {0: 100}
