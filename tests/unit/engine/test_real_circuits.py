"""The examples, and public circuits beside the oracle."""

import os
from pathlib import Path

import pytest

from qcexec_engine import Completed, Engine, SyntaxFault
from support.oracle.verdict import LIMITS, judge, judge_against

EXAMPLES = Path(__file__).parents[3] / "examples"
# Folders mqt and qasmbench, of OpenQASM 3.
CIRCUITS = Path(
    os.environ.get("QCEXEC_TEST_CIRCUITS", Path(__file__).parents[4] / "shared/circuits")
)


def example(name: str) -> str:
    return (EXAMPLES / f"{name}.qasm").read_text()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bell", {"00": 0.5, "11": 0.5}),
        ("ghz5", {"00000": 0.5, "11111": 0.5}),
        ("qft4", {"0000": 0.5, "1000": 0.5}),
        ("ghz100_clifford", {"0" * 100: 0.5, "1" * 100: 0.5}),
        (
            "teleportation",
            {f"{bob} {a}{b}": (3, 1)[bob] / 16 for bob in (0, 1) for a in (0, 1) for b in (0, 1)},
        ),
    ],
)
def test_an_example_gives_what_its_comment_promises(name: str, expected: dict[str, float]) -> None:
    judge_against(expected, example(name))


def test_an_example_of_a_hundred_qubits_is_at_once_there() -> None:
    outcome = Engine(LIMITS).run(example("ghz100_clifford"), 100_000, seed=1)
    assert isinstance(outcome, Completed)
    assert outcome.report.method == "stabilizer"


def test_the_example_of_an_error_names_its_line_and_column() -> None:
    with pytest.raises(SyntaxFault, match=r"line 9, column \d+: .*';'"):
        Engine(LIMITS).run(example("syntax_error"), 100, seed=1)


@pytest.mark.parametrize(
    "name",
    [
        "mqt/ae_5", "mqt/bmw_quark_copula_8", "mqt/cdkm_ripple_carry_adder_8", "mqt/hhl_5",
        "mqt/iqpe_5", "mqt/iqpe_8", "mqt/qft_8", "mqt/qnn_5", "mqt/qpeinexact_8",
        "mqt/randomcircuit_5", "mqt/vqe_real_amp_5", "mqt/vqe_two_local_5",
        "qasmbench/adder_n10", "qasmbench/bb84_n8", "qasmbench/cat_state_n4",
        "qasmbench/error_correctiond3_n5", "qasmbench/fredkin_n3", "qasmbench/hs4_n4",
        "qasmbench/inverseqft_n4", "qasmbench/ipea_n2", "qasmbench/qaoa_n3",
        "qasmbench/qec_en_n5", "qasmbench/qec_sm_n5", "qasmbench/shor_n5",
        "qasmbench/teleportation_n3", "qasmbench/toffoli_n3", "qasmbench/wstate_n3",
    ],
)  # fmt: skip
def test_public_circuits_have_their_exact_distribution(name: str) -> None:
    path = CIRCUITS / f"{name}.qasm"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    judge(path.read_text())
