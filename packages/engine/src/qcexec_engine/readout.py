"""From the qubits that are measured at the end to the bits that show them.

A method that has a final state numbers its outcomes by the measured qubits alone: bit j of a
number is the j-th of `Readout.qubits`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy
from numpy.typing import NDArray

_BLOCK_BITS: Final = 1 << 22


class Readout:
    """How the register bits follow from the outcome of the last measurements.

    Attributes:
        qubits: the measured ones, each once, in the order of the first bit that shows it.
    """

    def __init__(self, terminal: Sequence[tuple[int, int]], num_bits: int, memory: int) -> None:
        """Bits that `terminal` does not name show what the memory holds."""
        places: dict[int, int] = {}
        for qubit, _ in terminal:
            places.setdefault(qubit, len(places))
        self.qubits = tuple(places)
        self._num_bits = num_bits
        # Where bit i shows qubit i, rows are numbers.
        self._is_plain = len(places) == len(terminal) == num_bits
        if not self._is_plain:
            self._sources = [places[qubit] for qubit, _ in terminal]
            self._bits = [bit for _, bit in terminal]
            self._memory = memory & ((1 << num_bits) - 1)

    def rows(self, numbers: NDArray[numpy.int64]) -> NDArray[numpy.uint8]:
        """The packed rows, as in `Outcomes`, of outcomes of the measured qubits."""
        as_bytes = numbers.astype("<i8", copy=False).view(numpy.uint8).reshape(-1, 8)
        width = -(-self._num_bits // 8)
        if self._is_plain:
            return as_bytes[:, :width]
        rows = numpy.empty((len(numbers), width), dtype=numpy.uint8)
        memory = numpy.frombuffer(self._memory.to_bytes(width, "little"), dtype=numpy.uint8)
        memory_bits = numpy.unpackbits(memory, count=self._num_bits, bitorder="little")
        block = max(1, _BLOCK_BITS // max(1, self._num_bits))
        for start in range(0, len(numbers), block):
            part = slice(start, start + block)
            measured = numpy.unpackbits(as_bytes[part], axis=1, bitorder="little")
            bits = numpy.tile(memory_bits, (len(measured), 1))
            bits[:, self._bits] = measured[:, self._sources]
            rows[part] = numpy.packbits(bits, axis=1, bitorder="little")
        return rows
