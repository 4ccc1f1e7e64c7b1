"""How measured bits become the keys of the counts."""

import time

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcexec_engine.counts import spell
from qcexec_engine.errors import ResultTooLarge
from qcexec_engine.outcomes import Outcomes
from qcexec_engine.program import Register

_ROOM = 1 << 30


def _outcomes(values: dict[int, int], num_bits: int) -> Outcomes:
    return Outcomes.of_values(values, num_bits)


def _registers(*widths: int) -> list[Register]:
    return [Register(f"c{index}", width) for index, width in enumerate(widths)]


def _scalars(count: int) -> list[Register]:
    return [Register(f"b{index}", 1, scalar=True) for index in range(count)]


def _expected_key(value: int, widths: list[int]) -> str:
    groups = []
    for width in widths:
        groups.append("".join(str(value >> bit & 1) for bit in reversed(range(width))))
        value >>= width
    return " ".join(reversed(groups))


def test_bit_0_is_rightmost() -> None:
    assert spell(_outcomes({0b001: 5, 0b100: 7}, 3), _registers(3), _ROOM) == {"001": 5, "100": 7}


def test_the_last_declared_register_is_leftmost() -> None:
    assert spell(_outcomes({0b01_100: 1}, 5), _registers(3, 2), _ROOM) == {"01 100": 1}


def test_scalar_bits_alone_join() -> None:
    assert spell(_outcomes({0b01: 1, 0b11: 2}, 2), _scalars(2), _ROOM) == {"01": 1, "11": 2}


def test_scalar_bits_beside_a_register_are_registers_of_one() -> None:
    registers = [Register("flag", 1, scalar=True), Register("c", 2), Register("b", 1, scalar=True)]
    assert spell(_outcomes({0b0_10_1: 3}, 4), registers, _ROOM) == {"0 10 1": 3}


def test_a_circuit_without_bits_has_one_empty_key() -> None:
    assert spell(_outcomes({0: 9}, 0), [], _ROOM) == {"": 9}


def test_registers_of_one_bit_stay_apart() -> None:
    assert spell(_outcomes({0b10: 1}, 2), _registers(1, 1), _ROOM) == {"1 0": 1}


@given(
    widths=st.lists(st.integers(1, 20), min_size=1, max_size=5),
    num_values=st.integers(1, 60),
    data=st.data(),
)
def test_few_and_many_outcomes_are_spelled_alike(
    widths: list[int], num_values: int, data: st.DataObject
) -> None:
    num_bits = sum(widths)
    values = data.draw(
        st.dictionaries(
            st.integers(0, (1 << num_bits) - 1),
            st.integers(1, 1000),
            min_size=min(num_values, 1 << num_bits),
            max_size=80,
        )
    )
    expected = {_expected_key(value, widths): count for value, count in values.items()}
    assert spell(_outcomes(values, num_bits), _registers(*widths), _ROOM) == expected


def test_keys_that_take_more_than_allowed_are_refused() -> None:
    outcomes = _outcomes({0: 1, 1: 1}, 10)
    assert len(spell(outcomes, _registers(10), 20)) == 2
    with pytest.raises(ResultTooLarge, match="2 different outcomes of 10 characters"):
        spell(outcomes, _registers(10), 19)


def test_bits_behind_the_registers_do_not_show() -> None:
    outcomes = Outcomes.of_values({0b101: 2, 0b001: 3}, 2)
    assert spell(outcomes, _registers(2), _ROOM) == {"01": 5}


def test_a_hundred_thousand_outcomes_of_sixty_bits_are_spelled_in_no_time() -> None:
    generator = numpy.random.default_rng(1)
    rows = generator.integers(0, 256, size=(100_000, 8), dtype=numpy.uint8)
    rows[:, 7] &= 15
    outcomes = Outcomes.of_rows(rows)
    began = time.perf_counter()
    counts = spell(outcomes, _registers(30, 30), _ROOM)
    assert time.perf_counter() - began < 5
    assert sum(counts.values()) == 100_000


@given(
    rows=st.integers(0, 12).flatmap(
        lambda width: st.lists(st.binary(min_size=width, max_size=width), min_size=1, max_size=50)
    )
)
def test_packed_rows_that_repeat_are_counted(rows: list[bytes]) -> None:
    packed = numpy.frombuffer(b"".join(rows), dtype=numpy.uint8).reshape(len(rows), len(rows[0]))
    outcomes = Outcomes.of_rows(packed)
    found = {
        row.tobytes(): int(count) for row, count in zip(outcomes.rows, outcomes.counts, strict=True)
    }
    assert found == {row: rows.count(row) for row in rows}
    assert len(outcomes.rows) == len(found)
    assert [row.tobytes() for row in outcomes.rows] == sorted(found)


def test_rows_that_were_counted_before_add_up() -> None:
    rows = numpy.array([[1], [2], [1]], dtype=numpy.uint8)
    outcomes = Outcomes.of_rows(rows, numpy.array([10, 20, 30]))
    assert outcomes.rows.tolist() == [[1], [2]]
    assert outcomes.counts.tolist() == [40, 20]
