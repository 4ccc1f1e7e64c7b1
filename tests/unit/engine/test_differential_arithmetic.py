"""Classical arithmetic, known before the run and in it, beside the oracle."""

from hypothesis import given, settings

from support.oracle.arithmetic_texts import arithmetic_texts
from support.oracle.verdict import judge


@settings(max_examples=40)
@given(arithmetic_texts())
def test_arithmetic_gives_what_the_oracle_computes(text: str) -> None:
    judge(text, methods=["shot_tree", "tableau"], shots=200)
