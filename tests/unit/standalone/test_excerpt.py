"""The source line that an error points at."""

from hypothesis import given
from hypothesis import strategies as st

from qcexec_standalone.excerpt import excerpt


def test_the_mark_stands_below_the_column() -> None:
    assert excerpt("a\n\tb c", "line 2, column 4: oh") == ["2 |  b c", "       ^"]


def test_a_message_without_a_place_shows_no_line() -> None:
    assert excerpt("a", "too many qubits") == []


@given(st.text(), st.integers(0, 50), st.integers(0, 50))
def test_a_place_outside_the_text_is_no_error(text: str, line: int, column: int) -> None:
    assert len(excerpt(text, f"line {line}, column {column}")) in (0, 2)
