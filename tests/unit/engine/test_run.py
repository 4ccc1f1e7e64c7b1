"""What a circuit's counts are."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from qcexec_engine import CircuitTooLarge, Completed, DoesNotFit, Engine, Limits, run

LIMITS = Limits(memory_bytes=1 << 28, max_qubits=24)


def counts(
    body: str, shots: int = 64, seed: int | None = 1, include: bool = True
) -> dict[str, int]:
    return completed(body, shots, seed, include).counts


def completed(
    body: str, shots: int = 64, seed: int | None = 1, include: bool = True, limits: Limits = LIMITS
) -> Completed:
    head = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n' if include else "OPENQASM 3.0;\n"
    outcome = run(head + body, shots, seed, limits)
    assert isinstance(outcome, Completed)
    return outcome


@pytest.mark.parametrize(
    ("body", "key"),
    [
        pytest.param("qubit[2] q; bit[2] c; x q[0]; c = measure q;", "01", id="bit 0 rightmost"),
        pytest.param(
            "bit[2] c; bit[3] d; qubit[2] q; x q; c[0] = measure q[0]; d[2] = measure q[1];",
            "100 01",
            id="last register leftmost, unmeasured bits are 0",
        ),
        pytest.param(
            "bit a; bit b; bit d; qubit q; x q; a = measure q;",
            "001",
            id="scalars alone are joined",
        ),
        pytest.param(
            "bit a; bit[2] c; bit b; qubit q; x q; a = measure q; c[1] = measure q;",
            "0 10 1",
            id="scalars beside a register are registers of one",
        ),
        pytest.param(
            "bit a; bit b; bit[1] c; qubit q; x q; b = measure q;",
            "0 1 0",
            id="neighbouring scalars beside a register stay apart",
        ),
        pytest.param(
            "bit[3] c; qubit q; let top = c[1:2]; x q; top[1] = measure q;",
            "100",
            id="an alias adds no bits",
        ),
        pytest.param(
            "bit[2] c; bit e; qubit[2] q; x q[0]; c[0] = measure q[0];"
            " if (c[0:1] == 1) { x q[1]; } e = measure q[1];",
            "1 01",
            id="a slice in a condition adds no bits",
        ),
        pytest.param(
            "bit c; qubit q; x q; c = measure q; x q; c = measure q;",
            "0",
            id="the last measurement of a bit counts",
        ),
        pytest.param(
            "bit[2] c; c[0] = measure $0; x $7; c[1] = measure $7;", "10", id="physical qubits"
        ),
        pytest.param("qreg q[2]; creg c[2]; x q[1]; measure q -> c;", "10", id="old declarations"),
    ],
)
def test_each_bit_stands_where_it_was_declared(body: str, key: str) -> None:
    assert counts(body) == {key: 64}


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ("x q[0]; ctrl @ x q[0], q[1]; negctrl @ x q[0], q[1];", "011"),
        ("pow(2) @ x q[0]; pow(3) @ x q[1]; x q[2]; pow(-1) @ x q[2];", "010"),
        ("h q[0]; s q[0]; inv @ s q[0]; h q[0]; sx q[1]; sx q[1]; sx q[2]; inv @ sx q[2];", "010"),
        ("x q[0]; x q[1]; ctrl(2) @ x q[0], q[1], q[2];", "111"),
        (
            "gate flip(t) a { rx(2 * t) a; } flip(pi / 2) q[0]; ctrl @ flip(pi / 2) q[0], q[1];",
            "011",
        ),
        ("gate turn(t) a { rx(t) a; } turn(0.3) q[0]; inv @ turn(0.3) q[0];", "000"),
        ("U(pi, 0, pi) q[0]; id q[1]; ry(pi) q[2];", "101"),
        ("gphase(pi / 3); x q[1]; barrier q; delay[10ns] q[0];", "010"),
        ("box { x q[0]; box { x q[1]; } }", "011"),
        ("x q[1]; reset q[1]; x q[0]; swap q[0], q[2];", "100"),
        ("let pair = q[1:2]; x pair;", "110"),
        ("x q[{0, 2}];", "101"),
    ],
)
def test_gates_and_modifiers_do_what_they_say(body: str, key: str) -> None:
    assert counts(f"qubit[3] q; bit[3] c; {body} c = measure q;") == {key: 64}


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ("for int i in [0:3] { x q[0]; } for int i in {1, 2, 5} { x q[1]; }", "10"),
        ("for int i in [1:3] { rx(i * pi) q[0]; }", "00"),
        ("x q[0]; c[0] = measure q[0]; if (c[0]) { x q[1]; } else { x q[0]; }", "11"),
        ("if (c == 2) { x q[0]; } else { x q[1]; }", "10"),
        (
            """x q[0]; c[0] = measure q[0];
            if (c[0]) { if (c[1]) { x q[1]; } else { x q[0]; x q[1]; } } else { x q[1]; }""",
            "10",
        ),
        ("x q; if (c[0]) { x q; } else { c = measure q; } x q;", "00"),
        ("x q; c = measure q; while (c == 3) { x q[0]; c = measure q; }", "10"),
        (
            "for int i in [0:4] { x q[0]; c[0] = measure q[0]; if (c[0]) { break; } x q[1]; }",
            "01",
        ),
        (
            "for int i in [1:3] { x q[0]; c[0] = measure q[0]; if (c[0]) { continue; } x q[1]; }",
            "11",
        ),
        (
            """for int i in [1:3] { rx(i * pi) q[0]; c[0] = measure q[0];
            if (c[0]) { continue; } x q[1]; }""",
            "10",
        ),
    ],
)
def test_control_flow_takes_the_right_branch(body: str, key: str) -> None:
    assert counts(f"qubit[2] q; bit[2] c; {body} c = measure q;") == {key: 64}


def test_a_loop_variable_reaches_gates_of_ones_own_inside_nested_blocks() -> None:
    body = (
        "gate turn(t) a { rx(t) a; } qubit[2] q; bit[2] c;"
        " for int i in [0:1] { turn(i * pi) q[0]; if (c == 0) { turn(i * pi) q[1]; } }"
        " c = measure q;"
    )
    assert counts(body) == {"11": 64}


def test_a_gate_of_ones_own_runs_by_its_definition_not_its_name() -> None:
    body = (
        "gate h a { U(pi, 0, pi) a; } gate mark a { h a; } gate break_loop a { h a; }"
        " qubit[4] q; bit[4] c; h q[0]; mark q[1]; break_loop q[2]; inv @ h q[3];"
        " c = measure q;"
    )
    assert counts(body, include=False) == {"1111": 64}


def test_a_circuit_may_end_in_a_branch_that_measures() -> None:
    assert counts("qubit q; bit c; x q; if (c) { x q; } else { c = measure q; }") == {"1": 64}


def test_teleportation_keeps_the_probability() -> None:
    body = """
        qubit[3] q; bit[2] alice; bit bob;
        ry(pi / 3) q[0]; h q[1]; cx q[1], q[2]; cx q[0], q[1]; h q[0];
        alice[0] = measure q[0]; alice[1] = measure q[1];
        if (alice[1]) { x q[2]; } if (alice[0]) { z q[2]; }
        bob = measure q[2];
    """
    seen = counts(body, shots=2000)
    assert sum(count for key, count in seen.items() if key[0] == "1") == pytest.approx(500, abs=80)
    assert {key[2:] for key in seen} == {"00", "01", "10", "11"}


def test_a_while_loop_ends_by_what_it_measures() -> None:
    body = "qubit q; bit c; x q; c = measure q; while (c) { h q; c = measure q; }"
    assert counts(body) == {"0": 64}


def test_a_hundred_qubit_clifford_circuit_needs_no_state_vector() -> None:
    chain = "".join(f"cx q[{i}], q[{i + 1}];" for i in range(99))
    outcome = completed(f"qubit[100] q; bit[100] c; h q[0]; {chain} c = measure q;")
    assert set(outcome.counts) == {"0" * 100, "1" * 100}
    assert outcome.report.method == "stabilizer"


def test_clifford_gates_written_with_angles_need_no_state_vector_either() -> None:
    body = (
        "qubit[60] q; bit[60] c; id q; U(pi / 2, 0, pi) q; rz(pi / 2) q[1]; cp(pi) q[0], q[1];"
        " ry(-pi / 2) q[2]; if (c[0]) { p(pi) q[2]; } c = measure q;"
    )
    assert completed(body).report.method == "stabilizer"


def test_qubits_that_nothing_touches_cost_nothing() -> None:
    outcome = completed(
        "qubit[60] q; bit[2] c; h q[0]; t q[0]; h q[0]; x q[59];"
        " c[0] = measure q[0]; c[1] = measure q[59];"
    )
    assert {key[0] for key in outcome.counts} == {"1"}
    assert outcome.report.method == "statevector"
    assert (outcome.report.num_qubits, outcome.report.simulated_qubits) == (60, 1)


def test_the_report_tells_what_ran() -> None:
    report = completed(
        "qubit[3] q; bit c; h q[0]; t q[0]; h q[0]; c = measure q[0];", shots=100
    ).report
    assert (report.method, report.num_qubits, report.depth, report.shots, report.seed) == (
        "statevector",
        3,
        4,
        100,
        1,
    )
    assert report.operations == 4
    assert report.memory_bytes > 16 * 2
    assert 0 < report.parse_ms <= report.build_ms
    assert report.exec_ms > 0
    assert report.predicted_ms > 0
    assert report.cached == "no"


def test_a_seed_that_was_drawn_is_reported_and_repeats_the_counts() -> None:
    body = "qubit[12] q; bit[12] c; h q; t q; h q; c = measure q;"
    drawn = completed(body, seed=None)
    assert completed(body, seed=drawn.report.seed).counts == drawn.counts


def test_a_text_that_comes_again_is_sampled_from_what_was_kept() -> None:
    engine = Engine(Limits(memory_bytes=1 << 28, cache_bytes=1 << 24))
    text = (
        'OPENQASM 3.0; include "stdgates.inc"; qubit[3] q; bit[3] c;'
        " h q; t q; cx q[0], q[1]; h q; c = measure q;"
    )
    first, other, again = (engine.run(text, 500, seed) for seed in (1, 2, 1))
    assert isinstance(first, Completed)
    assert isinstance(other, Completed)
    assert isinstance(again, Completed)
    assert (first.report.cached, other.report.cached) == ("no", "state")
    assert again.counts == first.counts != other.counts


def test_more_memory_than_allowed_is_no_error_but_a_need() -> None:
    chain = "".join(f"cx q[{i}], q[{i + 1}]; U(1, 2, 3) q[{i}];" for i in range(19)) * 20
    body = (
        'OPENQASM 3.0; include "stdgates.inc"; qubit[20] q; bit c; U(1, 2, 3) q;'
        f"{chain} c = measure q[0];"
    )
    outcome = run(body, 10, None, dataclasses.replace(LIMITS, memory_bytes=1 << 23))
    assert isinstance(outcome, DoesNotFit)
    assert 1 << 24 <= outcome.needs.memory_bytes < 1 << 25
    fitting = dataclasses.replace(LIMITS, memory_bytes=outcome.needs.memory_bytes)
    assert isinstance(run(body, 10, None, fitting), Completed)


def test_too_many_qubits_for_a_state_vector_is_an_error() -> None:
    chain = "".join(f"cx q[{i}], q[{i + 1}]; U(1, 2, 3) q[{i}];" for i in range(39)) * 40
    text = (
        'OPENQASM 3.0; include "stdgates.inc"; qubit[40] q; bit c; U(1, 2, 3) q;'
        f"{chain} c = measure q[0];"
    )
    with pytest.raises(CircuitTooLarge, match="40 qubits, and at most 24"):
        run(text, 10, None, dataclasses.replace(LIMITS, task_seconds=0.01))


def test_without_a_seed_runs_differ() -> None:
    body = "qubit[20] q; bit[20] c; h q; c = measure q;"
    assert counts(body, seed=None) != counts(body, seed=None)


CLIFFORD = ("h", "s", "sdg", "x", "y", "z", "sx", "cx", "cz", "swap")
OTHER = ("t", "tdg", "ccx")


@st.composite
def programs(draw: st.DrawFn) -> tuple[str, list[int]]:
    """A random circuit with several classical registers, and their widths."""
    num_qubits = draw(st.integers(3, 6))
    names = draw(st.sampled_from([CLIFFORD, CLIFFORD + OTHER]))
    lines = [f"qubit[{num_qubits}] q;"]
    for name in draw(st.lists(st.sampled_from(names), max_size=25)):
        width = {"cx": 2, "cz": 2, "swap": 2, "ccx": 3}.get(name, 1)
        order = draw(st.permutations(range(num_qubits)))
        lines.append(f"{name} {', '.join(f'q[{i}]' for i in order[:width])};")
    widths = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    for number, width in enumerate(widths):
        lines.append(f"bit[{width}] c{number};")
        measured = draw(st.lists(st.integers(0, num_qubits - 1), max_size=width))
        lines += [f"c{number}[{bit}] = measure q[{qubit}];" for bit, qubit in enumerate(measured)]
    lines.append("c0[0] = measure q[0];")
    return "\n".join(lines), widths


@given(programs(), st.integers(1, 200), st.integers(0, 2**31 - 1))
@hypothesis_settings(max_examples=60, deadline=None)
def test_any_circuit_counts_every_shot_in_well_formed_keys_and_repeats_with_its_seed(
    program: tuple[str, list[int]], shots: int, seed: int
) -> None:
    body, widths = program
    seen = counts(body, shots, seed)
    assert sum(seen.values()) == shots
    for key in seen:
        assert [len(group) for group in key.split(" ")] == widths[::-1]
        assert set(key) <= set("01 ")
    assert counts(body, shots, seed) == seen
