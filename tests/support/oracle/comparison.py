"""Whether counts may have been drawn from an exact distribution.

Two statements are checked, each against a bound that holds for any number of shots, not just for
many: how far the counts of the likeliest outcomes are from what is expected, and how far each bit
and the parity of each two neighbouring bits is. For the relative entropy D of an empirical
distribution over k cells after n shots,

    P(D >= d) <= exp(-n d) (e n d / (k - 1)) ** (k - 1)    for n d > k - 1

(R. Agrawal, "Finite-sample concentration of the multinomial in relative entropy", IEEE
Transactions on Information Theory 66, 2020). 2 n D is the statistic of the G-test.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy
from numpy.typing import NDArray

from support.oracle.distribution import Distribution

FALSE_ALARM: Final = 1e-6
"""How often, at most, counts that are right are called wrong, for one comparison."""

_MOST_CELLS: Final = 64
_LEAST_EXPECTED: Final = 4.0


def disagreement(counts: Mapping[str, int], exact: Distribution) -> str | None:
    """What shows that counts do not come from a distribution; None where nothing does.

    An outcome that the distribution does not hold is enough. Else the chance that this speaks of
    counts that do come from it is at most `FALSE_ALARM`: half of it for the outcomes, the other
    half for all parities together.
    """
    shots = sum(counts.values())
    for key in counts:
        if key not in exact:
            return f"{key!r} was seen {counts[key]} times of {shots}, and is impossible"
    probabilities = numpy.array(list(exact.values()))
    seen = numpy.array([counts.get(key, 0) for key in exact])
    parities = list(_parities(list(exact)))
    partitions = [
        ("outcomes", _outcomes(probabilities, shots), FALSE_ALARM / 2),
        *((what, cells, FALSE_ALARM / 2 / len(parities)) for what, cells in parities),
    ]
    for what, cells, share in partitions:
        expected = shots * numpy.bincount(cells, weights=probabilities)
        found = numpy.bincount(cells, weights=seen, minlength=len(expected))
        chance = _chance(found, expected)
        if chance < share:
            furthest = int(numpy.argmax(numpy.abs(found - expected)))
            return (
                f"{what}: {found[furthest]:.0f} where {expected[furthest]:.1f} of {shots} shots are"
                f" expected, in one cell of {len(expected)}; by chance once in {1 / chance:.0e}"
            )
    return None


def _chance(found: NDArray[Any], expected: NDArray[Any]) -> float:
    """A bound on the chance of counts that are as far from what is expected."""
    kept = found > 0
    entropy = float(numpy.sum(found[kept] * numpy.log(found[kept] / expected[kept])))
    freedom = int(numpy.count_nonzero(expected)) - 1
    if freedom == 0 or entropy <= freedom:
        return 1.0
    return math.exp(max(freedom * (1 + math.log(entropy / freedom)) - entropy, -700.0))


def _outcomes(probabilities: NDArray[Any], shots: int) -> NDArray[Any]:
    """The cell of each outcome: the likeliest alone, others together until there are enough."""
    cells = numpy.zeros(len(probabilities), dtype=int)
    cell, pooled = 0, 0.0
    for outcome in numpy.argsort(-probabilities, kind="stable"):
        cells[outcome] = cell
        pooled += probabilities[outcome]
        if pooled * shots >= _LEAST_EXPECTED and cell < _MOST_CELLS - 1:
            cell, pooled = cell + 1, 0.0
    return cells


def _parities(keys: list[str]) -> Iterator[tuple[str, NDArray[Any]]]:
    """For each bit, and for each two neighbours, the parity in every outcome."""
    joined = "".join(keys).replace(" ", "").encode()
    digits = numpy.frombuffer(joined, dtype=numpy.uint8).reshape(len(keys), -1) & 1
    places = digits[:, ::-1].astype(int)
    for place in range(places.shape[1]):
        yield f"bit {place}", places[:, place]
        if place + 1 < places.shape[1]:
            yield f"parity of bits {place} and {place + 1}", places[:, place] ^ places[:, place + 1]
