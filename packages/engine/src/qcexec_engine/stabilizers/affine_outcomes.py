"""The outcomes of measuring qubits of a stabilizer state, as an affine space over bits.

Such a state is U|0...0> with a Clifford unitary U. The observable Z of a measured qubit is, before
U, a Pauli string, and the outcome is a fair coin for each X in it: one coin for each of U's qubits,
seen by all measured qubits whose string has an X there. So every outcome is one that is possible,
plus modulo 2 a row of coins times a matrix of bits, and all coins are equally likely. Drawing them
takes one tableau, whatever the number of shots.

Which possible outcome comes first is stim's choice, by a fixed seed: with another version of stim,
the same seed may draw other outcomes of the same distribution.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy
from numpy.random import Generator
from numpy.typing import NDArray

from qcexec_engine.outcomes import Outcomes


class AffineOutcomes:
    """What measurements of a stabilizer state can give, to be drawn as often as one likes."""

    def __init__(
        self, simulator: Any, pairs: Sequence[tuple[int, int]], num_bits: int, memory: int = 0
    ) -> None:
        """Reads the possible outcomes off a `stim.TableauSimulator`, and leaves it as it is.

        Args:
            simulator: which has all the qubits that are named.
            pairs: which qubit is measured into which bit.
            num_bits: how many bits an outcome has; those behind them do not show.
            memory: what the bits show that nothing is measured into.
        """
        shown = [pair for pair in pairs if pair[1] < num_bits]
        qubits = numpy.array([qubit for qubit, _ in shown], dtype=numpy.intp)
        bits = numpy.array([bit for _, bit in shown], dtype=numpy.intp)
        coins = _coins(simulator, qubits)
        self._width = -(-num_bits // 8)
        possible = numpy.zeros(8 * self._width, dtype=numpy.uint8)
        for bit in range(num_bits):
            possible[bit] = memory >> bit & 1
        possible[bits] = _possible(simulator, qubits, coins)
        self._possible = numpy.packbits(possible, bitorder="little")
        seen = numpy.zeros((coins.shape[1], 8 * self._width), dtype=numpy.uint8)
        seen[:, bits] = coins.T
        self._tables = _tables(numpy.packbits(seen, axis=1, bitorder="little"))

    @property
    def num_bytes(self) -> int:
        """What keeping it takes."""
        return int(self._possible.nbytes + self._tables.nbytes)

    def draw(self, shots: int, random: Generator) -> Outcomes:
        """So many outcomes."""
        tables = self._tables
        if len(tables) == 0:
            return Outcomes(self._possible[None, :], numpy.array([shots], dtype=numpy.int64))
        groups, combinations, _ = tables.shape
        coins = random.integers(0, combinations, (groups, shots), dtype=numpy.uint8)
        if groups == 1:
            counts = numpy.bincount(coins[0], minlength=combinations)
            seen = numpy.flatnonzero(counts)
            return Outcomes.of_rows(tables[0][seen] ^ self._possible, counts[seen])
        rows = numpy.repeat(self._possible[None, :], shots, axis=0)
        for table, coin in zip(tables, coins, strict=True):
            rows ^= table[coin]
        return Outcomes.of_rows(rows)


def peak_bytes(num_coins: int, num_bits: int, shots: int) -> int:
    """What making and drawing takes at most beside the tableaux."""
    width = -(-num_bits // 8)
    a_coin = (64 if num_coins <= _MANY_COINS else 24) * width
    return num_coins * a_coin + shots * (num_coins // 4 + 4 * width + 48)


_GROUP: Final = 8
"""Coins are looked up in groups: a table holds what each combination of them flips."""
_SMALL_GROUP: Final = 4
_MANY_COINS: Final = 1024
"""Above so many, small groups take twice the time and an eighth of the memory."""


def _coins(simulator: Any, qubits: NDArray[numpy.intp]) -> NDArray[numpy.uint8]:
    """Which coins each measured qubit sees, without those that nobody sees."""
    inverse = simulator.current_inverse_tableau()
    _, _, x_in_z, *_ = inverse.to_numpy(bit_packed=True)
    rows = x_in_z[qubits]
    used = numpy.flatnonzero(
        numpy.unpackbits(numpy.bitwise_or.reduce(rows, axis=0), bitorder="little")
    )
    seen: NDArray[numpy.uint8] = rows[:, used >> 3] >> (used & 7).astype(numpy.uint8) & 1
    return seen


def _possible(
    simulator: Any, qubits: NDArray[numpy.intp], coins: NDArray[numpy.uint8]
) -> NDArray[numpy.uint8]:
    """One possible outcome of each qubit."""
    measured = simulator.copy(seed=0)
    if coins.shape[1] == 1:
        # Much quicker than to measure each: once the coin is tossed, all outcomes are signs.
        measured.postselect_z(int(qubits[coins[:, 0].argmax()]), desired_value=False)
    elif coins.shape[1] > 1:
        return numpy.array(measured.measure_many(*qubits.tolist()), dtype=numpy.uint8)
    signs = measured.current_inverse_tableau().to_numpy(bit_packed=True)[5]
    return numpy.unpackbits(signs, bitorder="little")[qubits]


def _tables(seen: NDArray[numpy.uint8]) -> NDArray[numpy.uint8]:
    """For each group of coins, and each combination in it: the bits that it flips.

    Shape: (groups, combinations, width).
    """
    num_coins, width = seen.shape
    group = _GROUP if num_coins <= _MANY_COINS else _SMALL_GROUP
    groups = -(-num_coins // group)
    padded = numpy.zeros((groups * group, width), dtype=numpy.uint8)
    padded[:num_coins] = seen
    grouped = padded.reshape(groups, group, width)
    tables = numpy.zeros((groups, 1 << group, width), dtype=numpy.uint8)
    for coin in range(group):
        half = 1 << coin
        tables[:, half : 2 * half] = tables[:, :half] ^ grouped[:, coin, None]
    return tables
