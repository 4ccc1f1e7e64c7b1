"""What the engine says of a circuit before it runs."""

import io
import sys
from pathlib import Path

import pytest

from qcexec_engine.__main__ import main
from qcexec_engine.errors import EngineError, SyntaxFault
from qcexec_engine.explain import explain, fault
from qcexec_engine.limits import Limits
from qcexec_engine.methods.branching import SHOT_TREE
from qcexec_engine.methods.statevector import STATEVECTOR

BELL = """OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q;
bit[2] c;
bit flag;
h q[0];
cx q[0], q[1];
c = measure q;
"""
LIMITS = Limits(1 << 30)


def said(text: str, limits: Limits = LIMITS) -> dict[str, str]:
    """Each label with all that is said under it, in one line."""
    rendered, _ = explain(text, 1000, limits)
    width = len("classical registers") + 2
    found: dict[str, str] = {}
    label = ""
    for line in rendered.splitlines():
        label = line[:width].strip() or label
        found[label] = f"{found.get(label, '')} {line[width:].strip()}".strip()
    return found


def test_a_circuit_is_told_by_its_registers_counts_and_method() -> None:
    lines = said(BELL)
    assert lines["quantum registers"] == "q[2]"
    assert lines["classical registers"] == "c[2], flag"
    assert lines["qubits"] == "2, 2 of them to simulate"
    assert lines["operations"] == "4"
    assert lines["depth"] == "3"
    assert sorted(lines["to simulate"].split()) == ["1", "1", "2", "cx", "h", "measure"]
    assert lines["method"].startswith("statevector: ")
    assert "1,000 shots" in lines["time"]
    assert lines["memory"].endswith("at most")
    assert "stabilizer: " in lines["other methods"]
    assert "statevector: " not in lines["other methods"].replace("aer_statevector", "")


@pytest.mark.skipif(STATEVECTOR.missing() is not None, reason="no kernel here")
def test_a_dense_circuit_is_told_with_the_plan_of_the_kernel() -> None:
    layers = "".join(f"ry(0.{layer + 1}) q; cx q[0:13], q[2:15];" for layer in range(4))
    text = f'OPENQASM 3.0; include "stdgates.inc"; qubit[16] q; bit[16] c; {layers} c = measure q;'
    lines = said(text)
    assert lines["method"].startswith("statevector: ")
    assert "double precision" in lines["method"]
    for word in ("stages", "passes", "tables", "multiply-adds"):
        assert word in lines["plan"]


@pytest.mark.skipif(SHOT_TREE.missing() is not None, reason="no kernel here")
def test_a_circuit_with_feedback_is_told_with_the_plans_between_its_measurements() -> None:
    layers = "".join(f"ry(0.{layer + 1}) q; cx q[0:13], q[2:15];" for layer in range(4))
    measured = "c[0] = measure q[0]; if (c[0] == 1) { rx(0.3) q[1]; }"
    text = (
        'OPENQASM 3.0; include "stdgates.inc"; qubit[16] q; bit[16] c;'
        f" {layers} {measured} {layers} c = measure q;"
    )
    lines = said(text)
    assert lines["method"].startswith("shot_tree: ")
    assert lines["plans"].startswith("1 of 3 pieces are done gate by gate 2 plans: ")
    for word in ("stages", "passes", "tables", "multiply-adds"):
        assert word in lines["plans"]
    small = said(BELL + "if (c == 1) { rx(0.3) q[0]; } flag = measure q[0];")
    assert small["method"].startswith("shot_tree: ")
    assert small["plans"] == "2 of 2 pieces are done gate by gate"


def test_blocks_are_counted_with_what_lies_in_them() -> None:
    text = BELL + "if (c == 1) { t q[0]; h q[0]; flag = measure q[0]; }\n"
    counts = said(text)["to simulate"]
    for part in ("1 branch", "3 measure", "2 h", "1 t"):
        assert part in counts


def test_many_controls_are_told_as_a_number() -> None:
    text = BELL.replace("qubit[2]", "qubit[6]").replace("bit[2] c", "bit[6] c")
    text = text.replace("h q[0];", "h q; ctrl(5) @ ry(0.3) q[0], q[1], q[2], q[3], q[4], q[5];")
    assert "1 ry with 5 controls" in said(text)["to simulate"]


def test_a_circuit_that_does_not_fit_says_what_it_would_need() -> None:
    layer = "".join(f"rx(0.{q}1) q[{q}]; cx q[{q}], q[{(q + 7) % 24}];" for q in range(24))
    wide = BELL.replace("[2]", "[24]").replace("cx q[0], q[1];", layer * 12)
    rendered, runs = explain(wide, 100, Limits(1 << 20))
    assert not runs
    assert "none fits" in rendered
    assert "MiB, there are 1.0 MiB" in rendered


def test_a_faulty_circuit_shows_its_line_with_a_mark_below_the_column() -> None:
    with pytest.raises(EngineError) as caught:
        explain("OPENQASM 3.0;\nqubit q;\n\tfoo q;\n", 1, LIMITS)
    lines = fault(caught.value, "OPENQASM 3.0;\nqubit q;\n\tfoo q;\n").splitlines()
    assert "line 3, column 2" in lines[0]
    assert lines[1] == "     foo q;"
    assert lines[2].index("^") == lines[1].index("foo")


def test_of_a_very_long_line_only_what_is_around_the_fault_is_shown() -> None:
    text = "x" * 5000 + "!" + "y" * 5000
    lines = fault(SyntaxFault("no", 1, 5001), text).splitlines()
    assert len(lines[1]) < 120
    assert lines[1][lines[2].index("^")] == "!"


def test_characters_that_move_a_terminal_are_not_passed_on() -> None:
    shown = fault(SyntaxFault("no", 1, 3), "a\x1b[2J\x07b")
    assert "\x1b" not in shown
    assert "\x07" not in shown


def test_a_fault_without_a_place_is_its_message_alone() -> None:
    assert fault(SyntaxFault("no"), "text") == "syntax_error: no"
    assert fault(SyntaxFault("no", 9), "text") == "syntax_error: line 9: no"


def test_the_command_reads_the_named_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bell.qasm"
    file.write_text(BELL)
    assert main(["explain", str(file), "--shots", "7"]) == 0
    written = capsys.readouterr()
    assert "7 shots" in written.out
    assert written.err == ""


def test_the_command_reads_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BELL.encode())))
    assert main(["explain", "-"]) == 0
    assert "statevector" in capsys.readouterr().out


def test_a_faulty_circuit_and_a_missing_file_have_exit_codes_of_their_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "faulty.qasm"
    file.write_text("OPENQASM 3.0;\nqubit q\n")
    assert main(["explain", str(file)]) == 1
    assert "syntax_error" in capsys.readouterr().err
    assert main(["explain", str(tmp_path / "absent.qasm")]) == 2
    assert "absent.qasm" in capsys.readouterr().err
    file.write_bytes(b"\xff\xfe")
    assert main(["explain", str(file)]) == 2


@pytest.mark.parametrize("arguments", [[], ["explain"], ["explain", "-", "--shots", "0"]])
def test_a_wrong_command_line_is_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage" in capsys.readouterr().err
