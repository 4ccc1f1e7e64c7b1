"""Generated texts by the thousand beside the oracle.

QCEXEC_EXAMPLES tells how many for each part of the language; the default takes some minutes.
"""

import os

from hypothesis import given, settings
from hypothesis import strategies as st

from support.oracle.texts import CLIFFORD, DYNAMIC, DYNAMIC_CLIFFORD, STATIC, texts
from support.oracle.verdict import judge

EXAMPLES = int(os.environ.get("QCEXEC_EXAMPLES", "1000"))
LANGUAGES = st.sampled_from([STATIC, CLIFFORD, DYNAMIC, DYNAMIC_CLIFFORD])


@settings(max_examples=4 * EXAMPLES)
@given(LANGUAGES.flatmap(texts), st.integers(0, 2**32))
def test_every_method_gives_the_exact_distribution_of_any_text(text: str, seed: int) -> None:
    judge(text, shots=2000, seed=seed)


@settings(max_examples=EXAMPLES // 4)
@given(texts(STATIC, max_qubits=9), st.integers(0, 2**32))
def test_every_method_gives_the_exact_distribution_of_wider_texts(text: str, seed: int) -> None:
    judge(text, shots=10_000, seed=seed)
