"""Counts as text."""

from hypothesis import given
from hypothesis import strategies as st

from qcexec_standalone.histogram import bar, histogram, shorten

_COUNTS = st.dictionaries(
    st.text("01 ", min_size=1, max_size=40), st.integers(1, 10**6), min_size=1, max_size=40
)


def test_the_most_frequent_outcome_comes_first_with_a_full_bar() -> None:
    assert histogram({"00": 1, "11": 3}, bar_width=4) == ["11 ████ 3  75.0 %", "00 █▍   1  25.0 %"]


def test_outcomes_beyond_the_limit_are_summed_up_not_dropped() -> None:
    lines = histogram({f"{n:03b}": 1 for n in range(8)}, most=6)

    assert len(lines) == 7
    assert lines[-1] == "and 2 other outcomes, 2 counts (25.0 %)"


def test_no_counts_are_said_to_be_none() -> None:
    assert histogram({}) == ["no outcomes"]


@given(_COUNTS)
def test_every_line_of_an_outcome_is_equally_wide(counts: dict[str, int]) -> None:
    lines = histogram(counts, most=40)

    assert len(lines) == len(counts)
    assert len({len(line) for line in lines}) == 1


@given(st.floats(0, 1), st.integers(1, 80))
def test_a_bar_is_never_wider_than_its_room(share: float, width: int) -> None:
    assert len(bar(share, width)) <= width


def test_a_short_key_is_left_whole_and_a_long_one_keeps_its_ends() -> None:
    assert shorten("0 1") == "0 1"
    assert shorten("1" * 60 + "0" * 40) == "11111111…00000000 (100)"
