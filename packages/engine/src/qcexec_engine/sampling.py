"""Draws outcomes from a distribution, the same ones for the same seed.

With few possible outcomes their counts are drawn at once, as one multinomial, which takes as long
for any number of shots. With many, sorted uniform numbers are looked up in the running sums.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final, NamedTuple

import numpy
from numpy.random import PCG64, Generator
from numpy.random.bit_generator import ISeedSequence
from numpy.typing import NDArray

# Up to so many possible outcomes are kept as a list.
_FEW: Final = 4096
# A multinomial takes about as long for one outcome as a look-up for four shots.
_SHOTS_PER_OUTCOME: Final = 4
_ALWAYS_AT_ONCE: Final = 16
_AT_ONCE_SECONDS: Final = 0.15e-6
_LOOK_UP_SECONDS: Final = 0.055e-6


def random_numbers(seed: int) -> Generator:
    """Random numbers that follow from the seed alone, any integer from 0."""
    # numpy's stubs know of its own seeds alone.
    return Generator(PCG64(_Digest(seed)))  # type: ignore[arg-type]


def draws_at_once(num_possible: int, shots: int) -> bool:
    """Whether so many possible outcomes are few enough to draw their counts at once."""
    return num_possible <= min(_FEW, max(_ALWAYS_AT_ONCE, shots // _SHOTS_PER_OUTCOME))


def sampling_seconds(num_measured: int, shots: int) -> float:
    """What it takes to draw so many shots of the measured qubits, at the reference speed."""
    outcomes = 1 << min(num_measured, 62)
    if draws_at_once(outcomes, shots):
        return outcomes * _AT_ONCE_SECONDS
    return shots * _LOOK_UP_SECONDS


def draw_bit(
    bit: int, probability_of_one: float, shots: int, generator: Generator
) -> list[tuple[int, int]]:
    """The values that a memory with this bit alone shows, and how often, at least once each."""
    ones = int(generator.binomial(shots, min(1.0, max(0.0, probability_of_one))))
    return [(value, count) for value, count in ((0, shots - ones), (1 << bit, ones)) if count]


class Drawn(NamedTuple):
    """Outcomes in ascending order, and how often each was drawn, at least once."""

    numbers: NDArray[numpy.int64]
    counts: NDArray[numpy.int64]


class Distribution:
    """The probabilities of outcomes that are numbered from 0, ready to be drawn from."""

    def __init__(self, probabilities: NDArray[numpy.float64] | list[float]) -> None:
        """Takes an array over and may write into it; a list may have up to 4096 numbers.

        The sum need not be one, only positive.
        """
        self.possible: NDArray[numpy.int64] | None = None
        """The outcomes that are not impossible, in ascending order; None where they are many."""
        if isinstance(probabilities, list):
            possible = [place for place, weight in enumerate(probabilities) if weight]
            total = sum(probabilities)
            self.possible = numpy.array(possible)
            self._weights = numpy.array([probabilities[place] / total for place in possible])
        elif numpy.count_nonzero(probabilities) <= _FEW:
            (self.possible,) = probabilities.nonzero()
            weights = probabilities[self.possible]
            self._weights = weights / weights.sum()
        else:
            self._weights = probabilities.cumsum(out=probabilities)

    @property
    def kept_bytes(self) -> int:
        """What it holds."""
        kept_bytes: int = self._weights.nbytes
        return kept_bytes if self.possible is None else kept_bytes + self.possible.nbytes

    def draw(self, shots: int, generator: Generator) -> Drawn:
        """So many outcomes, counted. Takes up to 40 bytes a shot while it runs."""
        places, counts = self.draw_places(shots, generator)
        return Drawn(places if self.possible is None else self.possible[places], counts)

    def draw_places(self, shots: int, generator: Generator) -> Drawn:
        """Like `draw`, with places in `possible` instead of outcomes where that is given."""
        if self.possible is None:
            return _look_up(self._weights, shots, generator)
        num_possible = len(self._weights)
        if not draws_at_once(num_possible, shots):
            return _look_up(self._weights.cumsum(), shots, generator)
        counts = generator.multinomial(shots, self._weights)
        (hit,) = counts.nonzero()
        return Drawn(hit, counts if len(hit) == num_possible else counts[hit])


def _look_up(sums: NDArray[numpy.float64], shots: int, generator: Generator) -> Drawn:
    uniforms = generator.random(shots)
    uniforms.sort()
    uniforms *= sums[-1]
    numbers = sums.searchsorted(uniforms, side="right")
    # Rounding can lift a number to the sum itself, behind the last outcome that is possible.
    numpy.minimum(numbers, sums.searchsorted(sums[-1]), out=numbers)
    starts = numpy.concatenate(([0], numpy.flatnonzero(numbers[1:] != numbers[:-1]) + 1))
    return Drawn(numbers[starts], numpy.diff(starts, append=shots))


class _Digest(ISeedSequence):
    """A seed as a generator wants it. numpy's own way takes three times as long."""

    def __init__(self, seed: int) -> None:
        self._bytes = seed.to_bytes(max(8, -(-seed.bit_length() // 8)), "little")

    def generate_state(self, n_words: int, dtype: Any = numpy.uint32) -> NDArray[Any]:
        digest_size = n_words * (8 if dtype is numpy.uint64 else numpy.dtype(dtype).itemsize)
        digest = hashlib.blake2b(self._bytes, digest_size=digest_size).digest()
        return numpy.frombuffer(digest, dtype=dtype)
