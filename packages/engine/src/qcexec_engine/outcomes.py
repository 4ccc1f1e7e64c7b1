"""What a run saw: the classical memory at the end of each shot, and how often.

All methods give the same form, whatever the number of bits: one row of packed bytes for each
distinct value of the memory's register bits. `qcexec_engine.counts` makes keys of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy
from numpy.typing import NDArray


class Outcomes(NamedTuple):
    """Distinct values of the classical bits, and the number of shots that ended with each.

    Attributes:
        rows: shape (outcomes, ceil(bits / 8)), bytes; bit i of a value is bit i % 8 of byte i // 8.
        counts: shape (outcomes,), int64, each at least 1.
    """

    rows: NDArray[numpy.uint8]
    counts: NDArray[numpy.int64]

    @classmethod
    def of_values(cls, values: Mapping[int, int], num_bits: int) -> Outcomes:
        """The outcomes of counts by the memory's value; bits from `num_bits` on do not show."""
        mask = (1 << num_bits) - 1
        shown: dict[int, int] = {}
        for value, count in values.items():
            shown[value & mask] = shown.get(value & mask, 0) + count
        width = -(-num_bits // 8)
        packed = b"".join([value.to_bytes(width, "little") for value in shown])
        rows = numpy.frombuffer(packed, dtype=numpy.uint8).reshape(len(shown), width)
        return cls(rows, numpy.fromiter(shown.values(), dtype=numpy.int64, count=len(shown)))

    @classmethod
    def of_rows(
        cls, rows: NDArray[numpy.uint8], counts: NDArray[numpy.int64] | None = None
    ) -> Outcomes:
        """The outcomes of packed rows that may repeat; each counts once where nothing else is said.

        The order is that of the rows as bytes.
        """
        num_rows, width = rows.shape
        if counts is None:
            counts = numpy.ones(num_rows, dtype=numpy.int64)
        if num_rows == 0:
            return cls(rows, counts)
        if width == 0:
            return cls(rows[:1], counts.sum(keepdims=True))
        order, first = _sorted(numpy.ascontiguousarray(rows))
        return cls(rows[order[first]], numpy.add.reduceat(counts[order], first))


def _sorted(rows: NDArray[numpy.uint8]) -> tuple[NDArray[numpy.intp], NDArray[numpy.intp]]:
    """An order that brings equal rows together, and where in it each distinct one begins."""
    width = rows.shape[1]
    numbers: NDArray[Any]
    if width <= 8:
        words = numpy.zeros((len(rows), 8), dtype=numpy.uint8)
        words[:, 8 - width :] = rows
        numbers = words.view(">u8").ravel().astype(numpy.uint64)
    else:
        numbers = rows.view(numpy.dtype((numpy.void, width))).ravel()
    order = numpy.argsort(numbers, kind="stable")
    numbers = numbers[order]
    changes = numpy.flatnonzero(numbers[1:] != numbers[:-1]) + 1
    return order, numpy.concatenate(([0], changes))
