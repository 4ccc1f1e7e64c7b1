"""The cost of a task that nobody has read: a proxy that orders tasks sensibly."""

from hypothesis import given
from hypothesis import strategies as st

from qcexec_api.cost import expected_cost

sizes = st.integers(0, 16 * 1024**2)
shots = st.integers(1, 10**9)


@given(sizes, shots)
def test_a_cost_is_positive_and_finite(size: int, number: int) -> None:
    assert 0.0 < expected_cost(size, number) < 1e6


@given(sizes, shots)
def test_more_text_or_more_shots_cost_more(size: int, number: int) -> None:
    assert expected_cost(size + 1, number) > expected_cost(size, number)
    assert expected_cost(size, number + 1) > expected_cost(size, number)


def test_a_small_circuit_is_about_what_was_measured() -> None:
    assert 0.1e-3 < expected_cost(110, 1024) < 1e-3
