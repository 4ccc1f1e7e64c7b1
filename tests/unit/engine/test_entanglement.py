"""The bound on entanglement: never below the truth, and as low as a glance can tell."""

import math

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qcexec_engine.classical import Bits
from qcexec_engine.program import Block, Branch, Gate, Loop, Operation, Unitary
from qcexec_engine.tensors.entanglement import Bound, bound
from support.dense_reference import final_state
from support.random_programs import any_gate, any_unitary

HADAMARD_ON_ALL = tuple(Gate("h", (), (qubit,)) for qubit in range(6))


def bounded(operations: Block, num_qubits: int) -> Bound:
    found = bound(operations, num_qubits, math.inf)
    assert found is not None
    return found


def chain(num_qubits: int) -> tuple[Gate, ...]:
    entangling = [Gate("x", (), (qubit, qubit + 1), 1) for qubit in range(num_qubits - 1)]
    return (Gate("h", (), (0,)), *entangling)


@settings(max_examples=60, deadline=None)
@given(st.lists(any_gate(6) | any_unitary(6), max_size=14))
def test_no_rank_is_above_its_bound(operations: list[Gate | Unitary]) -> None:
    exponents = bounded(tuple(operations), 6).exponents
    state = final_state(6, (*HADAMARD_ON_ALL, *operations))
    for left in range(1, 6):
        values = numpy.linalg.svd(state.reshape(-1, 1 << left), compute_uv=False)
        assert (values > 1e-7).sum() <= 1 << exponents[left - 1]


def test_gates_on_single_qubits_entangle_nothing() -> None:
    assert bounded(HADAMARD_ON_ALL, 6) == Bound((0,) * 5, 0, 0, 0.0)


def test_a_chain_of_gates_has_bonds_of_two() -> None:
    assert bounded(chain(30), 30).exponents == (1,) * 29


def test_gates_in_a_row_on_the_same_pair_count_once() -> None:
    inner = Gate("x", (), (2, 3), 1)
    turned = Gate("ry", (0.3,), (3,))
    once = bounded((*chain(6), inner, turned, inner, turned), 6)
    often = bounded((*chain(6), *[inner, turned] * 20), 6)
    assert often.exponents == once.exponents
    assert often.exponents[2] < 4


def test_a_swap_counts_more_than_a_gate_with_a_control() -> None:
    # Two pairs, one on each side, so that the middle has room.
    pairs = (Gate("x", (), (0, 1), 1), Gate("x", (), (2, 3), 1))
    assert bounded((*pairs, Gate("x", (), (1, 2), 1)), 4).exponents[1] == 1
    assert bounded((*pairs, Gate("swap", (), (1, 2))), 4).exponents[1] == 2


def test_a_gate_between_distant_qubits_counts_the_way() -> None:
    near = bounded((Gate("x", (), (0, 1), 1),), 20)
    far = bounded((Gate("x", (), (0, 19), 1),), 20)
    assert near.splits == 1
    # There and back.
    assert far.splits > 36


@pytest.mark.parametrize("qubits", [(0, 1), (0, 5), (5, 0), (3, 2)])
def test_the_look_ends_as_soon_as_there_is_too_much_work(qubits: tuple[int, int]) -> None:
    gates: list[Operation] = [Gate("x", (), qubits, 1)] * 1000
    assert bound(tuple(gates), 6, 100.0) is None


def test_what_lies_in_blocks_counts_too() -> None:
    gate = Gate("x", (), (0, 1), 1)
    condition = Bits((0,))
    for block in (Branch(condition, (gate,), ()), Branch(condition, (), (gate,))):
        assert bounded((block,), 2).exponents == (1,)
    assert bounded((Loop(condition, (gate,)),), 2).splits > 1
