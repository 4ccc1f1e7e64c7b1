"""Drawing outcomes: the right distribution, the same for the same seed, at any size.

The checks of distributions are chi-square tests with fixed seeds: each would fail for one seed in
a million if the draws were right, and these seeds were seen to pass.
"""

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qcexec_engine.readout import Readout
from qcexec_engine.sampling import Distribution, random_numbers

Probabilities = NDArray[numpy.float64]


def _uneven(size: int, seed: int = 1) -> Probabilities:
    probabilities: Probabilities = numpy.random.default_rng(seed).exponential(size=size)
    return probabilities


def _standard_deviations(probabilities: Probabilities, shots: int, seed: int) -> float:
    """How far chi-square is from what is expected, of outcomes that are seen often enough."""
    numbers, counts = Distribution(probabilities.copy()).draw(shots, random_numbers(seed))
    observed = numpy.zeros(len(probabilities))
    observed[numbers] = counts
    expected = shots * probabilities / probabilities.sum()
    often = expected >= 5
    observed = numpy.append(observed[often], observed[~often].sum())
    expected = numpy.append(expected[often], expected[~often].sum())
    if expected[-1] < 5:
        observed, expected = observed[:-1], expected[:-1]
    chi_square = ((observed - expected) ** 2 / expected).sum()
    freedom = len(expected) - 1
    return float((chi_square - freedom) / numpy.sqrt(2 * freedom))


@pytest.mark.parametrize(
    ("size", "shots"),
    [(2, 1024), (16, 50), (16, 100_000), (1024, 1024), (4096, 1_000_000), (8192, 200_000)],
)
def test_outcomes_are_as_frequent_as_they_are_probable(size: int, shots: int) -> None:
    for seed in range(5):
        assert abs(_standard_deviations(_uneven(size), shots, seed)) < 5


@pytest.mark.parametrize("size", [8, 1000, 10_000])
@pytest.mark.parametrize("shots", [1, 7, 5000])
def test_every_shot_is_counted_once_and_in_order(size: int, shots: int) -> None:
    numbers, counts = Distribution(_uneven(size)).draw(shots, random_numbers(3))
    assert counts.sum() == shots
    assert counts.min() >= 1
    assert (numpy.diff(numbers) > 0).all()


@pytest.mark.parametrize("size", [8, 1000, 10_000])
def test_the_same_seed_draws_the_same(size: int) -> None:
    first, second = (
        Distribution(_uneven(size)).draw(1000, random_numbers(2**63 - 1)) for _ in range(2)
    )
    other = Distribution(_uneven(size)).draw(1000, random_numbers(2**63 - 2))
    assert numpy.array_equal(first.numbers, second.numbers)
    assert numpy.array_equal(first.counts, second.counts)
    assert not numpy.array_equal(first.counts, other.counts)


@pytest.mark.parametrize("seed", [0, 1, 2**64, 2**200])
def test_any_seed_from_zero_makes_random_numbers(seed: int) -> None:
    assert 0 <= random_numbers(seed).random() < 1


def test_seeds_that_are_neighbours_draw_independently() -> None:
    firsts = numpy.array([random_numbers(seed).random() for seed in range(2000)])
    assert abs(numpy.corrcoef(firsts[:-1], firsts[1:])[0, 1]) < 0.11
    assert abs(firsts.mean() - 0.5) < 0.033


@given(st.lists(st.sampled_from([0.0, 1.0, 3.0]), min_size=1, max_size=40), st.integers(0, 50))
def test_what_is_impossible_is_never_drawn(weights: list[float], seed: int) -> None:
    probabilities = numpy.array([*weights, 1.0, 0.0])
    numbers, _ = Distribution(probabilities.copy()).draw(40, random_numbers(seed))
    assert (probabilities[numbers] > 0).all()


def test_what_is_impossible_is_never_drawn_from_many() -> None:
    probabilities = numpy.zeros(30_000)
    probabilities[3::4] = 1
    numbers, _ = Distribution(probabilities.copy()).draw(50_000, random_numbers(1))
    assert (probabilities[numbers] > 0).all()
    assert numbers[-1] > 29_000


def test_probabilities_need_not_be_normalised() -> None:
    drifted = Distribution(_uneven(5000) * 1.0001).draw(2000, random_numbers(1))
    exact = Distribution(_uneven(5000)).draw(2000, random_numbers(1))
    assert numpy.array_equal(drifted.numbers, exact.numbers)


def test_few_possible_outcomes_are_kept_small_however_many_there_are() -> None:
    probabilities = numpy.zeros(1 << 18)
    probabilities[[0, -1]] = 0.5
    distribution = Distribution(probabilities)
    assert distribution.kept_bytes < 100
    numbers, counts = distribution.draw(1000, random_numbers(1))
    assert numbers.tolist() == [0, (1 << 18) - 1]
    assert 400 < counts[0] < 600


def test_a_list_of_probabilities_is_taken_as_an_array_is() -> None:
    weights = [0.5, 0.0, 0.0, 0.25, 0.3]
    from_list = Distribution(weights).draw(1000, random_numbers(1))
    from_array = Distribution(numpy.array(weights)).draw(1000, random_numbers(1))
    assert from_list.numbers.tolist() == from_array.numbers.tolist() == [0, 3, 4]
    assert from_list.counts.tolist() == from_array.counts.tolist()


@given(
    terminal=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 11)), max_size=12).map(
        lambda pairs: sorted({bit: qubit for qubit, bit in pairs}.items())
    ),
    memory=st.integers(0, 2**12 - 1),
    data=st.data(),
)
def test_each_bit_shows_its_qubit_and_others_the_memory(
    terminal: list[tuple[int, int]], memory: int, data: st.DataObject
) -> None:
    pairs = [(qubit, bit) for bit, qubit in terminal]
    readout = Readout(pairs, 12, memory)
    numbers = data.draw(
        st.lists(st.integers(0, (1 << len(readout.qubits)) - 1), min_size=1, max_size=20)
    )
    rows = readout.rows(numpy.array(numbers))
    for number, row in zip(numbers, rows, strict=True):
        value = int.from_bytes(row.tobytes(), "little")
        states = {qubit: number >> place & 1 for place, qubit in enumerate(readout.qubits)}
        expected = memory
        for qubit, bit in pairs:
            expected = expected & ~(1 << bit) | states[qubit] << bit
        assert value == expected


def test_qubits_that_show_in_their_own_order_are_read_plainly() -> None:
    readout = Readout([(4, 0), (2, 1), (7, 2)], 3, 0b111)
    assert readout.qubits == (4, 2, 7)
    assert readout.rows(numpy.array([0b101, 0b010])).tolist() == [[0b101], [0b010]]


def test_many_rows_of_many_bits_are_read_in_blocks() -> None:
    readout = Readout([(0, 9_999)], 10_000, 1)
    rows = readout.rows(numpy.arange(2).repeat(500))
    assert rows.shape == (1000, 1250)
    assert rows[:, 0].tolist() == [1] * 1000
    assert rows[:, -1].tolist() == [0] * 500 + [128] * 500
