"""Aer as the engine drives it: every gate, every operation, and what it must refuse."""

import numpy
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from qcexec_engine import gates
from qcexec_engine.aer.circuit import build
from qcexec_engine.aer.dialects import Dialect, dense, tensors
from qcexec_engine.aer.simulation import PreparedForAer, simulator
from qcexec_engine.aer.support import WIDEST_NUMBER, runs
from qcexec_engine.analysis.circuit import analyse
from qcexec_engine.classical import (
    Bits,
    Calculation,
    Constant,
    Expression,
    Negation,
    Wrap,
    compiled,
)
from qcexec_engine.clifford import is_clifford
from qcexec_engine.limits import Limits
from qcexec_engine.methods.aer import AER_STABILIZER, AER_STATEVECTOR
from qcexec_engine.methods.matrix_product_state import MATRIX_PRODUCT_STATE
from qcexec_engine.methods.method import Method
from qcexec_engine.program import (
    Block,
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
    Store,
    Unitary,
)
from support.clifford_programs import dynamic_clifford_programs
from support.dense_reference import Vector, distribution, final_state, total_variation
from support.random_programs import (
    any_gate,
    any_unitary,
    dynamic_programs,
    straight_programs,
)

LIMITS = Limits(1 << 30)
SHOTS = 4000
# Over at most 16 outcomes the expected distance is below .03; .1 is beyond one case in 10^8.
FARTHEST = 0.1


def final_state_by_aer(operations: Block, num_qubits: int, method: str) -> Vector:
    from qiskit_aer.library import SaveStatevector

    dialect: Dialect = dense if method == "statevector" else tensors
    circuit = build(Program(num_qubits, (), operations, 0), dialect)
    circuit.append(SaveStatevector(num_qubits), circuit.qubits)
    result = simulator().run(circuit, method=method, shots=1, enable_truncation=False).result()
    assert result.success, result.results[0].status
    return numpy.asarray(result.data(0)["statevector"])


def counts(method: Method, program: Program, shots: int = SHOTS, seed: int = 5) -> dict[int, int]:
    outcomes = method.prepare(analyse(program), LIMITS).sample(shots, seed)
    values = [int.from_bytes(row.tobytes(), "little") for row in outcomes.rows]
    return dict(zip(values, outcomes.counts.tolist(), strict=True))


def only_outcome(operations: Block, num_qubits: int, bits: int, memory: int = 0) -> int:
    """What a program without chance ends with, unsimplified."""
    register = Register("c", bits)
    program = Program(num_qubits, (register,), operations, bits, memory)
    circuit = analyse(program)
    unsimplified = circuit._replace(program=program)
    outcomes = PreparedForAer(unsimplified, "statevector", dense, LIMITS).sample(20, 1)
    assert outcomes.counts.tolist() == [20]
    return int.from_bytes(outcomes.rows[0].tobytes(), "little")


@pytest.mark.parametrize("method", ["statevector", "matrix_product_state"])
@pytest.mark.parametrize("controls", [0, 1, 2, 3])
@pytest.mark.parametrize("name", sorted(gates.NUM_TARGETS))
def test_each_gate_under_controls_is_the_one_that_was_meant(
    name: str, controls: int, method: str
) -> None:
    num_qubits = controls + gates.NUM_TARGETS[name]
    angles = (0.7, -1.3, 2.1)[: gates.NUM_ANGLES[name]]
    operations: list[Operation] = []
    for qubit in range(num_qubits):
        operations += [Gate("ry", (0.4 + qubit,), (qubit,)), Gate("p", (0.5 + qubit,), (qubit,))]
    operations.append(Gate(name, angles, tuple(reversed(range(num_qubits))), controls))
    expected = final_state(num_qubits, tuple(operations))
    found = final_state_by_aer(tuple(operations), num_qubits, method)
    assert abs(numpy.vdot(expected, found)) == pytest.approx(1, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.lists(any_gate(4) | any_unitary(4), min_size=1, max_size=12), st.booleans())
def test_gates_in_a_row_act_as_their_matrices(
    operations: list[Operation], as_tensors: bool
) -> None:
    method = "matrix_product_state" if as_tensors else "statevector"
    expected = final_state(4, tuple(operations))
    found = final_state_by_aer(tuple(operations), 4, method)
    assert abs(numpy.vdot(expected, found)) == pytest.approx(1, abs=1e-7)


def test_a_matrix_that_nobody_may_write_to_is_not_transposed() -> None:
    matrix = numpy.array([[0, -1], [1, 0]], dtype=complex) @ gates.matrix("p", (0.7,))
    matrix.flags.writeable = False
    operations = (Gate("ry", (0.4,), (0,)), Unitary(matrix, (0,)), Gate("h", (), (0,)))
    expected = final_state(1, operations)
    found = final_state_by_aer(operations, 1, "statevector")
    assert abs(numpy.vdot(expected, found)) == pytest.approx(1, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(straight_programs())
def test_measurements_at_the_end_have_the_right_distribution(program: Program) -> None:
    found = {value: count / SHOTS for value, count in counts(AER_STATEVECTOR, program).items()}
    assert total_variation(found, distribution(program)) < FARTHEST


@settings(max_examples=30, deadline=None)
@given(dynamic_programs())
def test_feedback_has_the_right_distribution(program: Program) -> None:
    found = {value: count / SHOTS for value, count in counts(AER_STATEVECTOR, program).items()}
    assert total_variation(found, distribution(program)) < FARTHEST


@settings(max_examples=30, deadline=None)
@given(dynamic_clifford_programs())
def test_clifford_circuits_have_the_right_distribution(program: Program) -> None:
    assume(analyse(program).num_qubits)
    found = {value: count / SHOTS for value, count in counts(AER_STABILIZER, program).items()}
    assert total_variation(found, distribution(program)) < FARTHEST


@settings(max_examples=30, deadline=None)
@given(
    any_gate(3).filter(lambda gate: is_clifford(gate.name, gate.angles, gate.controls)),
    st.integers(0, 2),
)
def test_each_clifford_gate_is_the_one_that_was_meant(gate: Gate, measured: int) -> None:
    """Undone by its matrix it leaves what was there, in every basis of the measured qubit."""
    spread = [Gate("h", (), (0,)), Gate("x", (), (0, 1), 1), Gate("s", (), (1,))]
    spread += [Gate("x", (), (1, 2), 1), Gate("sx", (), (2,))]
    for turns in ([], [Gate("h", (), (measured,))], [Gate("sx", (), (measured,))]):
        measures = [Measure(qubit, qubit) for qubit in range(3)]
        program = Program(3, (Register("c", 3),), (*spread, gate, *turns, *measures), 3)
        found = {value: n / SHOTS for value, n in counts(AER_STABILIZER, program).items()}
        assert total_variation(found, distribution(program)) < FARTHEST


def test_a_break_leaves_the_innermost_loop_alone() -> None:
    flip_one: list[Operation] = [Gate("x", (), (1,)), Measure(1, 1)]
    inner = Loop(Constant(1), (Break(), Gate("x", (), (0,))))
    outer = Loop(Negation("!", Bits((1,))), (inner, *flip_one))
    assert only_outcome((outer, Measure(0, 0)), 2, 2) == 0b10


def test_a_continue_skips_what_is_left_of_the_round() -> None:
    step = Store((0, 1), Bits((1, 2)))
    skipped = Branch(Bits((0,)), (step, Continue()), ())
    loop = Loop(Bits((0, 1)), (skipped, Gate("x", (), (0,)), Break()))
    assert only_outcome((loop, Measure(0, 3)), 1, 4, memory=0b0001) == 0


def test_an_end_in_a_branch_ends_the_shot() -> None:
    operations = (
        Branch(Bits((0,)), (End(),), (Gate("x", (), (0,)),)),
        Gate("x", (), (0,)),
        Measure(0, 1),
    )
    assert only_outcome(operations, 1, 2, memory=0b01) == 0b01
    assert only_outcome(operations, 1, 2, memory=0b00) == 0b00


def expressions(bits: int) -> st.SearchStrategy[Expression]:
    indices = st.lists(st.integers(0, bits - 1), min_size=1, max_size=6, unique=True).map(tuple)
    leaves = st.builds(Bits, indices) | st.builds(Constant, st.integers(0, 300))
    operators = st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "&", "|", "^", "&&", "||"])

    def extended(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
        widths = st.integers(1, 12)
        complement = st.builds(Negation, st.just("~"), inner)
        return (
            st.builds(Calculation, operators, inner, inner)
            | st.builds(Negation, st.just("!"), inner)
            | st.builds(Wrap, inner | complement, widths, st.just(False))
        )

    return st.recursive(leaves, extended, max_leaves=6)


@settings(max_examples=40, deadline=None)
@given(expressions(8), st.integers(0, 255))
def test_a_condition_is_evaluated_as_the_engine_evaluates_it(
    condition: Expression, memory: int
) -> None:
    operations = (Branch(condition, (Gate("x", (), (0,)),), ()), Measure(0, 8))
    assume(runs(operations))
    expected = bool(compiled(condition)(memory))
    assert only_outcome(operations, 1, 9, memory) == memory | expected << 8


@settings(max_examples=40, deadline=None)
@given(expressions(8), st.integers(0, 255))
def test_a_stored_value_is_cut_to_the_bits_it_goes_to(value: Expression, memory: int) -> None:
    operations = (Store((8, 9, 11), value), Gate("x", (), (0,)), Measure(0, 10))
    assume(runs(operations))
    stored = compiled(value)(memory) & 7
    shown = stored & 3 | 4 | (stored >> 2) << 3
    assert only_outcome(operations, 1, 12, memory) == memory | shown << 8


@pytest.mark.parametrize("value", [0, 1, 1 << 40, (1 << 40) | 5, 1 << 50])
def test_a_register_wider_than_aers_numbers_is_compared_whole(value: int) -> None:
    memory = (1 << 40) | 5
    wide = Bits(tuple(range(45)))
    for op in ("==", "!="):
        condition = Calculation(op, wide, Constant(value))
        operations = (Branch(condition, (Gate("x", (), (0,)),), ()), Measure(0, 45))
        expected = (memory == value) is (op == "==")
        assert only_outcome(operations, 1, 46, memory) == memory | expected << 45


@pytest.mark.parametrize(
    "condition",
    [
        Calculation("+", Bits((0,)), Constant(1)),
        Calculation("<", Bits(tuple(range(WIDEST_NUMBER + 1))), Constant(3)),
        Calculation("<", Wrap(Bits((0, 1)), 2, signed=True), Constant(1)),
        Negation("-", Bits((0,))),
        Constant(-1),
        Constant(1 << WIDEST_NUMBER),
    ],
)
def test_what_aer_calculates_differently_is_left_to_others(condition: Expression) -> None:
    flipped = (Gate("x", (), (0,)),)
    hadamard = Gate("h", (), (0,))
    inner = Loop(Constant(1), (Break(), Branch(condition, flipped, ())))
    for dynamic in (Branch(condition, flipped, ()), Branch(Bits((0,)), (), (inner,))):
        operations = (hadamard, Measure(0, 0), dynamic, Measure(0, 1))
        circuit = analyse(Program(1, (Register("c", 40),), operations, 40))
        assert not runs(operations)
        for method in (AER_STATEVECTOR, AER_STABILIZER, MATRIX_PRODUCT_STATE):
            assert method.cost(circuit, 100, LIMITS) is None


@pytest.mark.parametrize("memory", [0, 5])
def test_constants_of_any_width_are_stored(memory: int) -> None:
    value = (1 << 69) | (1 << 33) | 5
    bits = tuple(range(3, 73))
    assert only_outcome((Store(bits, Constant(value)),), 1, 75, memory) == (value << 3 | memory & 7)
    assert only_outcome((Store(bits, Constant(-1)),), 1, 75) == ((1 << 70) - 1) << 3
    assert only_outcome((Store(bits, Bits((0, 2))),), 1, 75, 0b111111) == 0b11111


def test_a_circuit_without_measurements_left_counts_what_is_stored() -> None:
    assert only_outcome((), 1, 40, 1 << 39 | 3) == 1 << 39 | 3


def test_the_same_seed_gives_the_same_counts_and_another_does_not() -> None:
    operations = (*(Gate("ry", (1.0,), (qubit,)) for qubit in range(4)),)
    measures = tuple(Measure(qubit, qubit) for qubit in range(4))
    program = Program(4, (Register("c", 4),), (*operations, *measures), 4)
    first = counts(AER_STATEVECTOR, program, seed=(1 << 63) - 5)
    assert counts(AER_STATEVECTOR, program, seed=(1 << 63) - 5) == first
    assert counts(AER_STATEVECTOR, program, seed=7) != first


def test_too_little_memory_is_a_memory_error_and_not_a_failure() -> None:
    hadamards = tuple(Gate("h", (), (qubit,)) for qubit in range(24))
    measures = tuple(Measure(qubit, qubit) for qubit in range(24))
    circuit = analyse(Program(24, (Register("c", 24),), (*hadamards, *measures), 24))
    with pytest.raises(MemoryError):
        AER_STATEVECTOR.prepare(circuit, Limits(1 << 20)).sample(1, 1)


def test_more_qubits_than_allowed_have_no_state_vector() -> None:
    operations = (Gate("h", (), (0,)), *(Gate("x", (), (q, q + 1), 1) for q in range(4)))
    measures = tuple(Measure(qubit, qubit) for qubit in range(5))
    circuit = analyse(Program(5, (Register("c", 5),), (*operations, *measures), 5))
    assert AER_STATEVECTOR.cost(circuit, 100, Limits(1 << 30, max_qubits=4)) is None
    assert AER_STATEVECTOR.cost(circuit, 100, Limits(1 << 30, max_qubits=5)) is not None


def test_only_clifford_circuits_have_a_stabilizer_state() -> None:
    t = Program(
        1,
        (Register("c", 1),),
        (Gate("h", (), (0,)), Gate("t", (), (0,)), Gate("h", (), (0,)), Measure(0, 0)),
        1,
    )
    assert AER_STABILIZER.cost(analyse(t), 100, LIMITS) is None
