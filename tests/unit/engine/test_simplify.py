"""What simplifying takes away, and that no outcome's probability changes."""

import itertools
import math

import pytest
from hypothesis import given, settings

from qcexec_engine import gates
from qcexec_engine.analysis.simplify import simplify
from qcexec_engine.classical import Bits, Constant
from qcexec_engine.program import (
    Block,
    Branch,
    Break,
    Gate,
    Loop,
    Measure,
    Program,
    Register,
    Reset,
    Store,
)
from support.dense_reference import distribution, total_variation
from support.random_programs import dynamic_programs, static_programs, straight_programs

_H = [Gate("h", (), (qubit,)) for qubit in range(6)]


def _cx(control: int, target: int) -> Gate:
    return Gate("x", (), (control, target), 1)


def _program(*operations: object, qubits: int = 4, bits: int = 4, memory: int = 0) -> Program:
    return Program(qubits, (Register("c", bits),), operations, bits, memory)  # type: ignore[arg-type]


def _gates(block: Block) -> list[Gate]:
    return [operation for operation in block if isinstance(operation, Gate)]


_KINDS = [(name, controls) for name in sorted(gates.NUM_TARGETS) for controls in range(3)]


def _kind(name: str, controls: int) -> Gate:
    num_qubits = gates.NUM_TARGETS[name] + controls
    return Gate(name, (0.7, 0.4, 1.1)[: gates.NUM_ANGLES[name]], tuple(range(num_qubits)), controls)


def _turn(qubit: int) -> Gate:
    """Mixes value and phase, of each qubit in another way."""
    return Gate("u", (0.9 + 0.2 * qubit, 0.3 + qubit, 0.8), (qubit,))


def _differs(program: Program) -> float:
    return total_variation(distribution(program), distribution(simplify(program).program))


@pytest.mark.parametrize(("name", "controls"), _KINDS)
def test_every_gate_stays_right_on_every_mix_of_known_and_unknown_qubits(
    name: str, controls: int
) -> None:
    gate = _kind(name, controls)
    qubits = gate.qubits
    for states in itertools.product(("zero", "one", "unknown"), repeat=len(qubits)):
        before = [
            Gate("x", (), (qubit,)) if state == "one" else _turn(qubit)
            for qubit, state in enumerate(states)
            if state != "zero"
        ]
        after = [
            *(_turn(qubit) for qubit in qubits),
            *(Measure(qubit, qubit) for qubit in qubits),
        ]
        assert _differs(_program(*before, gate, *after)) < 1e-9, states


@pytest.mark.parametrize(("name", "controls"), _KINDS)
def test_every_gate_is_kept_where_something_of_it_is_noticed(name: str, controls: int) -> None:
    gate = _kind(name, controls)
    qubits = gate.qubits
    for looks in itertools.product(("not", "value", "all"), repeat=len(qubits)):
        after: list[object] = []
        for qubit, look in enumerate(looks):
            after += [_turn(qubit)] if look == "all" else []
            after += [Measure(qubit, qubit)] if look != "not" else []
        entangled = [_cx(qubit, qubit + 1) for qubit in qubits[:-1]]
        before = [*(_turn(qubit) for qubit in qubits), *entangled]
        assert _differs(_program(*before, gate, *after)) < 1e-9, looks


@settings(max_examples=150, deadline=None)
@given(straight_programs())
def test_a_straight_program_keeps_its_distribution(program: Program) -> None:
    left = simplify(program)
    assert left.terminal is not None
    assert _differs(program) < 1e-9


@settings(max_examples=150, deadline=None)
@given(static_programs())
def test_measuring_and_resetting_in_the_middle_keeps_the_distribution(program: Program) -> None:
    assert _differs(program) < 1e-9


@settings(max_examples=150, deadline=None)
@given(dynamic_programs())
def test_branches_and_loops_keep_the_distribution(program: Program) -> None:
    assert _differs(program) < 1e-9


@settings(max_examples=100, deadline=None)
@given(static_programs())
def test_a_terminal_program_is_gates_and_then_one_measurement_for_each_pair(
    program: Program,
) -> None:
    left = simplify(program)
    if left.terminal is not None:
        operations = left.program.operations
        first = len(operations) - len(left.terminal)
        assert operations[first:] == tuple(Measure(*pair) for pair in left.terminal)
        assert not any(
            isinstance(operation, Measure | Reset | Store) for operation in operations[:first]
        )
        bits = [bit for _, bit in left.terminal]
        assert bits == sorted(set(bits))


@settings(max_examples=100, deadline=None)
@given(dynamic_programs())
def test_simplifying_twice_takes_no_qubit_more(program: Program) -> None:
    once = simplify(program).program
    assert simplify(once).program.num_qubits <= once.num_qubits <= program.num_qubits


def test_a_fourier_transform_of_a_basis_state_needs_no_controlled_phase() -> None:
    operations: list[object] = [Gate("x", (), (0,)), Gate("x", (), (2,))]
    for high in reversed(range(4)):
        operations.append(_H[high])
        operations += [
            Gate("p", (math.pi / 2 ** (high - low),), (low, high), 1)
            for low in reversed(range(high))
        ]
    operations += [Gate("swap", (), (0, 3)), Gate("swap", (), (1, 2))]
    left = simplify(_program(*operations, *(Measure(qubit, qubit) for qubit in range(4))))
    assert not any(gate.controls for gate in _gates(left.program.operations))
    assert left.terminal == ((3, 0), (2, 1), (1, 2), (0, 3))


def test_idle_and_known_qubits_are_not_simulated() -> None:
    program = _program(
        Gate("x", (), (0,)),
        _cx(0, 1),
        _H[3],
        Gate("x", (), (1, 3, 2), 2),
        *(Measure(qubit, qubit) for qubit in range(4)),
    )
    left = simplify(program)
    assert left.program.operations == (_H[1], _cx(1, 0), Measure(0, 2), Measure(1, 3))
    assert left.program.num_qubits == 2
    assert left.program.initial_memory == 0b0011
    assert left.terminal == ((0, 2), (1, 3))


def test_a_circuit_without_superposition_is_a_constant() -> None:
    measures = [Measure(qubit, qubit) for qubit in range(4)]
    left = simplify(_program(Gate("x", (), (1,)), _cx(1, 3), *measures))
    assert left.program.num_qubits == 0
    assert left.program.operations == ()
    assert left.program.initial_memory == 0b1010
    assert left.terminal == ()


def test_phases_before_the_last_measurement_vanish() -> None:
    program = _program(
        _H[0], _H[1], Gate("s", (), (0,)), Gate("z", (), (0, 1), 1), Measure(0, 0), Measure(1, 1)
    )
    assert _gates(simplify(program).program.operations) == [_H[0], _H[1]]


def test_a_phase_before_a_hadamard_stays() -> None:
    program = _program(_H[0], Gate("t", (), (0,)), _H[0], Measure(0, 0))
    assert len(_gates(simplify(program).program.operations)) == 3


def test_gates_on_qubits_that_nobody_looks_at_vanish() -> None:
    program = _program(_H[0], _H[1], _cx(1, 2), _cx(0, 2), _H[2], Measure(0, 0))
    left = simplify(program)
    assert left.program.operations == (_H[0], Measure(0, 0))


def test_entanglement_with_an_unmeasured_qubit_is_still_noticed_through_a_hadamard() -> None:
    program = _program(_H[0], _cx(0, 1), _H[0], Measure(0, 0))
    assert len(_gates(simplify(program).program.operations)) == 3


@pytest.mark.parametrize("gate", [Gate("z", (), (0,)), _cx(0, 1)], ids=["phase", "control"])
def test_a_qubit_that_only_controls_after_its_measurement_counts_as_measured_last(
    gate: Gate,
) -> None:
    program = _program(_H[0], Measure(0, 0), gate, Measure(1, 1))
    assert simplify(program).terminal is not None


def test_a_qubit_that_is_flipped_after_its_measurement_is_measured_in_the_middle() -> None:
    program = _program(_H[0], Measure(0, 0), _H[0], Measure(0, 1))
    left = simplify(program)
    assert left.terminal is None
    assert left.program.operations == program.operations


def test_a_bit_that_is_measured_twice_shows_the_last_measurement() -> None:
    left = simplify(_program(_H[0], _H[1], Measure(0, 0), Measure(1, 0)))
    assert left.terminal == ((0, 0),)
    assert left.program.num_qubits == 1


def test_one_qubit_may_show_in_two_bits() -> None:
    assert simplify(_program(_H[0], Measure(0, 2), Measure(0, 1))).terminal == ((0, 1), (0, 2))


def test_a_constant_that_a_later_measurement_overwrites_leaves_no_trace() -> None:
    left = simplify(_program(_H[0], Measure(1, 0), Measure(0, 0), memory=1))
    assert left.terminal == ((0, 0),)


def test_a_constant_overwrites_an_earlier_measurement() -> None:
    left = simplify(_program(_H[0], Measure(0, 0), Gate("x", (), (1,)), Measure(1, 0)))
    assert left.terminal == ()
    assert left.program.initial_memory == 1


def test_a_known_qubit_that_is_measured_after_a_branch_is_stored_there() -> None:
    branch = Branch(Bits((0,)), (Gate("h", (), (0,)),), ())
    left = simplify(_program(_H[0], Measure(0, 0), branch, Measure(1, 0), Measure(0, 1)))
    assert Store((0,), Constant(0)) in left.program.operations
    assert left.terminal is None


def test_a_reset_makes_a_qubit_known_again() -> None:
    left = simplify(_program(_H[0], Measure(0, 0), Reset(0), _cx(0, 1), Measure(1, 1)))
    assert left.program.operations == (_H[0], Measure(0, 0))


def test_blocks_follow_the_swaps_before_them() -> None:
    turned = Gate("rx", (0.5,), (0,))
    branch = Branch(Bits((0,)), (Gate("x", (), (0,)),), (Gate("h", (), (1,)),))
    loop = Loop(Bits((0,)), (turned, Measure(0, 0), Break()))
    swap = Gate("swap", (), (0, 1))
    for control_flow in (branch, loop):
        program = _program(
            _turn(0), Measure(0, 0), swap, control_flow, Measure(0, 1), Measure(1, 2), qubits=2
        )
        assert _differs(program) < 1e-9


def test_a_qubit_that_is_one_is_one_inside_a_branch() -> None:
    branch = Branch(Bits((0,)), (Gate("h", (), (0,)), _cx(1, 2)), ())
    program = _program(_H[0], Measure(0, 0), Gate("x", (), (1,)), branch, Measure(2, 1))
    assert _differs(program) < 1e-9


def test_a_bit_behind_the_registers_is_kept_where_a_condition_reads_it() -> None:
    program = Program(
        2,
        (Register("c", 1),),
        (
            _H[0],
            Measure(0, 1),
            Branch(Bits((1,)), (Gate("x", (), (1,)),), ()),
            Measure(1, 0),
        ),
        2,
    )
    assert _differs(program) < 1e-9
    assert Measure(0, 1) in simplify(program).program.operations


def test_a_measurement_that_nobody_reads_still_collapses() -> None:
    program = _program(_H[0], Measure(0, None), _H[0], Measure(0, 0))
    assert simplify(program).program.operations == program.operations


def test_a_bit_that_a_branch_read_before_it_was_written_again_is_kept() -> None:
    branch = Branch(Bits((0,)), (_H[1],), ())
    program = _program(_H[0], Measure(0, 0), branch, _H[2], Measure(2, 0), Measure(1, 1))
    assert _differs(program) < 1e-9


def test_a_constant_after_a_branch_waits_for_it() -> None:
    branch = Branch(Bits((1,)), (_H[1],), ())
    program = _program(_H[0], Measure(0, 0), branch, Store((1,), Constant(1)), Measure(1, 2))
    assert _differs(program) < 1e-9


def test_constants_replace_what_the_memory_held() -> None:
    left = simplify(_program(Measure(0, 0), _H[1], Measure(1, 1), memory=0b1101))
    assert left.program.initial_memory & 0b1101 == 0b1100


def test_the_qubits_that_are_left_keep_their_order() -> None:
    left = simplify(_program(_H[1], _H[3], Measure(3, 0), Measure(1, 1)))
    assert left.terminal == ((1, 0), (0, 1))
