"""Operands: indices, ranges, sets, aliases, physical qubits, broadcast, measurement targets."""

import pytest

from qcexec_engine.limits import Limits
from qcexec_engine.program import Gate, Measure, Register, Reset
from support.elaborated import elaborated, refused

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[5] q;\nbit[5] c;\n'
TAIL = "\nc = measure q;\n"


@pytest.mark.parametrize(
    ("statement", "qubits"),
    [
        ("h q[0];", [0]),
        ("h q[-1];", [4]),
        ("h q[-5];", [0]),
        ("h q[2 * 2];", [4]),
        ("h q;", [0, 1, 2, 3, 4]),
        ("h q[1:3];", [1, 2, 3]),
        ("h q[0:2:4];", [0, 2, 4]),
        ("h q[0:2:3];", [0, 2]),
        ("h q[3:-1:1];", [3, 2, 1]),
        ("h q[4:-2:0];", [4, 2, 0]),
        ("h q[-2:-1];", [3, 4]),
        ("h q[:];", [0, 1, 2, 3, 4]),
        ("h q[3:];", [3, 4]),
        ("h q[:1];", [0, 1]),
        ("h q[{4, 0, -2}];", [4, 0, 3]),
        ("let a = q[1:4]; h a[0:2:2];", [1, 3]),
        ("let a = q[1:4]; let b = a[{2, 0}]; h b[1]; h b;", [1, 3, 1]),
        ("let a = q[3:4] ++ q[0]; h a;", [3, 4, 0]),
        ("let a = q[1]; h a;", [1]),
        ("let a = q; h a[-1];", [4]),
        ("qubit r; h r;", [5]),
        ("qubit[1] r; h r;", [5]),
        ("for int i in [1:2] { h q[i]; }", [1, 2]),
        ("for int i in [1:2] { let a = q[i:3]; h a[-1]; }", [3, 3]),
        ("{ let q2 = q[4]; h q2; } h q[2];", [4, 2]),
        ("const int n = 2; qubit[n + 1] r; h r[n];", [7]),
        ("int i = 3; h q[i]; i -= 1; h q[i];", [3, 2]),
    ],
)
def test_an_operand_names_these_qubits(statement: str, qubits: list[int]) -> None:
    operations = elaborated(HEAD + statement + TAIL).operations
    assert [gate.qubits[0] for gate in operations if isinstance(gate, Gate)] == qubits


def test_a_name_of_an_inner_block_hides_the_outer_one_only_there() -> None:
    text = HEAD + "h q[0]; { let r = q; let q = r[3:4]; h q[0]; } h q[0];" + TAIL
    gates = [gate for gate in elaborated(text).operations if isinstance(gate, Gate)]
    assert [gate.qubits for gate in gates] == [(0,), (3,), (0,)]


@pytest.mark.parametrize(
    ("statement", "pairs"),
    [
        ("cx q[0:1], q[2:3];", [(0, 2), (1, 3)]),
        ("cx q[0], q[1:3];", [(0, 1), (0, 2), (0, 3)]),
        ("cx q[1:3], q[0];", [(1, 0), (2, 0), (3, 0)]),
        ("ctrl @ x q[0:1], q[2:3];", [(0, 2), (1, 3)]),
    ],
)
def test_a_gate_on_registers_acts_step_by_step(
    statement: str, pairs: list[tuple[int, int]]
) -> None:
    operations = elaborated(HEAD + statement + TAIL).operations
    assert [gate.qubits for gate in operations if isinstance(gate, Gate)] == pairs


@pytest.mark.parametrize(
    ("statement", "measurements"),
    [
        ("c[0] = measure q[4];", [(4, 0)]),
        ("measure q[4] -> c[0];", [(4, 0)]),
        ("c[1:2] = measure q[3:4];", [(3, 1), (4, 2)]),
        ("c[{4, 0}] = measure q[0:1];", [(0, 4), (1, 0)]),
        ("let d = c[2:-1:1]; d = measure q[0:1];", [(0, 2), (1, 1)]),
        ("let d = c[2:4]; let e = d[1:2]; e[0] = measure q[0];", [(0, 3)]),
        ("bit d = measure q[2];", [(2, 5)]),
        ("bit[2] d = measure q[0:1];", [(0, 5), (1, 6)]),
        ("bit[1] d; d = measure q[2];", [(2, 5)]),
        ("measure q[1];", [(1, None)]),
        ("measure q[0:1];", [(0, None), (1, None)]),
    ],
)
def test_a_measurement_goes_into_these_bits(
    statement: str, measurements: list[tuple[int, int | None]]
) -> None:
    operations = elaborated(HEAD + statement + "c[0] = measure q[0];").operations
    assert operations[:-1] == tuple(Measure(*pair) for pair in measurements)


def test_registers_come_in_order_of_declaration_with_scalars_marked() -> None:
    text = "bit[2] a; qubit[2] q; bit b; int n = 3; creg d[3]; qubit r; a = measure q;"
    program = elaborated(text)
    assert program.registers == (Register("a", 2), Register("b", 1, True), Register("d", 3))
    assert program.qubit_registers == (Register("q", 2), Register("r", 1, True))
    assert (program.num_qubits, program.num_bits, program.memory_bits) == (3, 6, 6)


def test_initial_values_are_where_the_memory_begins() -> None:
    program = elaborated('qubit q; bit[3] a = "011"; bit b = 1; a[2] = measure q;')
    assert program.initial_memory == 0b1011
    assert program.operations == (Measure(0, 2),)


def test_physical_qubits_are_numbered_in_ascending_order_behind_declared_ones() -> None:
    text = 'include "stdgates.inc"; h $7; cx $7, $2; bit[2] c; reset $30; c[0] = measure $2;'
    program = elaborated(text)
    assert program.num_qubits == 3
    assert program.operations == (
        Gate("h", (), (1,)),
        Gate("x", (), (1, 0), 1),
        Reset(2),
        Measure(0, 0),
    )
    beside_four = elaborated(text.replace("bit[2]", "qubit[4] q; bit[2]"))
    assert beside_four.operations[0] == Gate("h", (), (5,))


def test_variables_of_inner_blocks_do_not_show_in_the_counts() -> None:
    program = elaborated("qubit q; bit c; { bit d; d = measure q; c = d; } bit e;")
    assert [register.name for register in program.registers] == ["c", "e"]
    assert program.memory_bits == 3


@pytest.mark.parametrize(
    ("line", "code", "column", "message"),
    [
        ("h r;", "semantic_error", 3, "'r' is not defined"),
        ("h q[5];", "semantic_error", 3, "the index 5 is out of range: 'q' has 5 elements"),
        ("h q[-6];", "semantic_error", 3, "the index -6 is out of range"),
        ("h q[0:5];", "semantic_error", 5, "the index 5 is out of range"),
        ("h q[{0, 9}];", "semantic_error", 5, "the index 9 is out of range"),
        ("h q[3:1];", "semantic_error", 5, "the range picks nothing"),
        ("h q[0:0:3];", "semantic_error", 5, "step is zero"),
        ("h q[1.5];", "semantic_error", 5, "an index is a whole number"),
        ("h q[0][0];", "semantic_error", 3, "a single qubit has no index"),
        ("h q[0, 1];", "unsupported_feature", 3, "arrays are not supported"),
        ("qubit r; h r[0];", "semantic_error", 12, "'r' is a single qubit"),
        ("h c[0];", "semantic_error", 3, "'c' is not a qubit"),
        ("cx q[0:1], q[2:4];", "semantic_error", 1, "different sizes are given: 2 and 3 qubits"),
        ("cx q, q[0];", "semantic_error", 7, "the same qubit is given twice"),
        ("reset c;", "semantic_error", 7, "'c' is not a qubit"),
        ("barrier r;", "semantic_error", 9, "'r' is not defined"),
        ("c = measure q[0];", "semantic_error", 1, "1 qubit is measured into 5 of the bits of 'c'"),
        ("c[0] = measure q;", "semantic_error", 1, "5 qubits are measured into 1 of the bits"),
        ("c[7] = measure q[0];", "semantic_error", 1, "the index 7 is out of range"),
        ("q[0] = measure q[0];", "semantic_error", 1, "'q' is of qubits"),
        ("d = measure q;", "semantic_error", 1, "'d' is not defined"),
        ("let a = d;", "semantic_error", 9, "'d' is not defined"),
        ("let a = q ++ q[0:1];", "semantic_error", 9, "stands twice"),
        ("let q = q;", "semantic_error", 1, "'q' is already defined"),
        ("qubit q;", "semantic_error", 1, "'q' is already defined"),
        ("qubit[0] r;", "semantic_error", 1, "a size of 0 is out of range"),
        ("qubit[-1] r;", "semantic_error", 1, "a size of -1 is out of range"),
        ("qubit[1000000000] r;", "circuit_too_large", 1, "at most 10000 qubits"),
        ("qubit[9999 * 9999999] r;", "circuit_too_large", 1, "at most 10000 qubits"),
        ("qubit[10**5000] r;", "circuit_too_large", 1, "at most 10000 qubits"),
        ("creg r[0xFFFFFFFF];", "circuit_too_large", 1, "at most 10000 bits"),
        ("bit[9999] r;", "circuit_too_large", 1, "at most 10000 classical bits"),
        ("if (true) { qubit r; }", "semantic_error", 13, "outside of all blocks"),
        ('include "/etc/passwd";', "include_refused", 1, 'only "stdgates.inc" and "qelib1.inc"'),
        ('include "./stdgates.inc";', "include_refused", 1, "can be included"),
        ('if (true) { include "stdgates.inc"; }', None, 13, "outside of all blocks"),
        ("pragma braket noise bit_flip(0.1) q[0]", "unsupported_feature", 1, "braket noise"),
        ("#pragma braket result state_vector", "unsupported_feature", 1, "braket result"),
        ("pragma braket unitary([[1, 0], [0, 1]]) q[0]", "unsupported_feature", 1, "braket"),
        ("input float angle;", "unsupported_feature", 1, "is not supported"),
        ("def f() { }", "unsupported_feature", 1, "is not supported"),
        ("switch (1) { case 1 { } case 1 { } }", "semantic_error", 25, "stands twice"),
        ("switch (1) { case 1 { } default { } default { } }", None, 37, "one default"),
        ("switch (1.5) { case 1 { } }", "semantic_error", 1, "on a whole number"),
    ],
)
def test_an_operand_at_fault_is_told_with_its_place(
    line: str, code: str | None, column: int, message: str
) -> None:
    error = refused(HEAD + line + TAIL)
    assert message in error.message, error.message
    assert (error.line, error.column) == (5, column), str(error)
    if code is not None:
        assert error.code == code


def test_pragmas_that_change_nothing_are_noted_once() -> None:
    text = (
        HEAD + "pragma braket verbatim\nbox { h q[0]; }\npragma foo bar baz\npragma foo bar" + TAIL
    )
    assert elaborated(text).notes == (
        "the pragma 'braket verbatim' is ignored",
        "the pragma 'foo bar' is ignored",
    )


@pytest.mark.parametrize(
    ("declarations", "advice"),
    [
        ("qubit[2] q; bit[2] c;", "add `c = measure q;`"),
        ("qubit[2] q;", "add `bit[2] q_bits = measure q;`"),
        ("qubit[2] q; qubit[3] r; bit[3] d;", "`bit[2] q_bits = measure q; d = measure r;`"),
        ("qubit q;", "add `bit q_bits = measure q;`"),
        ("", "add `bit b = measure q;`"),
        ("qubit q; measure q;", "add `bit q_bits = measure q;`"),
    ],
)
def test_a_circuit_that_measures_nothing_is_told_what_to_add(
    declarations: str, advice: str
) -> None:
    error = refused(f'OPENQASM 3.0; include "stdgates.inc"; {declarations}')
    assert error.code == "no_measurements"
    assert advice in error.message


def test_the_limit_of_qubits_counts_physical_ones() -> None:
    names = ", ".join(f"${number}" for number in range(5))
    error = refused(f"barrier {names};", Limits(memory_bytes=1, max_bits=4))
    assert error.code == "circuit_too_large"
