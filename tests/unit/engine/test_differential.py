"""Counts of every method beside the oracle's exact distribution, on texts that Hypothesis makes."""

import pytest
from hypothesis import given, settings

from support.oracle.texts import CLIFFORD, DYNAMIC, DYNAMIC_CLIFFORD, STATIC, texts
from support.oracle.verdict import judge


@settings(max_examples=20)
@given(texts(STATIC))
def test_gates_modifiers_and_aliases_have_their_exact_distribution(text: str) -> None:
    judge(text)


@settings(max_examples=20)
@given(texts(CLIFFORD))
def test_clifford_circuits_have_their_exact_distribution(text: str) -> None:
    judge(text)


@settings(max_examples=20)
@given(texts(DYNAMIC))
def test_feedback_has_its_exact_distribution(text: str) -> None:
    judge(text)


@settings(max_examples=20)
@given(texts(DYNAMIC_CLIFFORD))
def test_clifford_feedback_has_its_exact_distribution(text: str) -> None:
    judge(text)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            "qubit[2] q; bit[3] c; h q[0]; c[0] = measure q[0];"
            " if (int[3](c) == 0) { x q[1]; } c[2] = measure q[1];",
            id="a signed number in a condition",
        ),
        pytest.param(
            "qubit[2] q; bit[2] c; for int i in [0:1] { h q[i]; c[i] = measure q[i];"
            " if (c == 1) { break; } }",
            id="break on a coin",
        ),
        pytest.param(
            "qubit[3] q; bit[3] c; h q; c = measure q; switch (int[3](c)) {"
            " case -1 { x q; } case 0, 1 { reset q; } default { h q[0]; } } c = measure q;",
            id="a switch on a signed number",
        ),
        pytest.param(
            "qubit q; bit c; uint[3] n = 0; c = 1; while (c && n < 5) { h q; c = measure q; n += 1;"
            " } c = n[0];",
            id="a number that counts the rounds",
        ),
    ],
)
def test_what_once_went_wrong_or_nearly_has_its_exact_distribution(body: str) -> None:
    judge('OPENQASM 3.1;\ninclude "stdgates.inc";\n' + body)
