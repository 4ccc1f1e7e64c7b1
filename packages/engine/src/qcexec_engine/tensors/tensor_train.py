"""Draws from a state that is given as a chain of small tensors, one for each qubit.

The tensors are brought into a form in which everything to the right of a place has norm one. Then
the qubits are decided one after the other from the left, and what has been decided is a vector:
the squared norms of its products with the next tensor's two matrices are the probabilities of zero
and one. All shots go together, and part only where their outcomes do: so many draws cost no more
than there are different outcomes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy
from numpy.random import Generator
from numpy.typing import NDArray

BLOCK_BYTES: Final = 16 << 20
"""What drawing takes beside the bits."""


class DrawnBits(NamedTuple):
    """Outcomes and how often each was drawn.

    Attributes:
        bits: shape (qubits, outcomes), 0 or 1.
        counts: shape (outcomes,), each at least 1.
    """

    bits: NDArray[numpy.uint8]
    counts: NDArray[numpy.int64]


class TensorTrain:
    """A state of qubits in a line, ready to be drawn from."""

    def __init__(self, tensors: Sequence[NDArray[numpy.complex128]]) -> None:
        """Takes tensors of shape (left bond, 2, right bond); outer bonds are of size one.

        The amplitude of bits b is the product of the matrices `tensors[k][:, b[k], :]`, up to the
        norm of the state, which is divided out.
        """
        self._tensors = _with_right_norm_one(tensors)
        self._widest = max((tensor.shape[2] for tensor in self._tensors), default=1)

    @property
    def kept_bytes(self) -> int:
        """What it holds."""
        return sum(tensor.nbytes for tensor in self._tensors)

    def draw(self, shots: int, last_qubit: int, generator: Generator) -> list[DrawnBits]:
        """So many outcomes of the qubits up to the last one that is asked for.

        They come in blocks, and an outcome may be in several: a block takes 16 MiB and the bits.
        """
        block = max(64, BLOCK_BYTES // (96 * self._widest))
        return [
            self._draw(min(block, shots - start), last_qubit, generator)
            for start in range(0, shots, block)
        ]

    def _draw(self, shots: int, last_qubit: int, generator: Generator) -> DrawnBits:
        decided = numpy.ones((1, 1), dtype=complex)
        counts = numpy.array([shots], dtype=numpy.int64)
        # For each qubit, the bit of each part and which part of the last qubit it comes from.
        steps: list[tuple[NDArray[numpy.uint8], NDArray[numpy.intp]]] = []
        for tensor in self._tensors[: last_qubit + 1]:
            left, _, right = tensor.shape
            both = (decided @ tensor.reshape(left, 2 * right)).reshape(-1, 2, right)
            weights = numpy.einsum("pbr,pbr->pb", both.conj(), both).real
            ones = generator.binomial(counts, weights[:, 1] / weights.sum(axis=1))
            split = numpy.stack((counts - ones, ones), axis=1)
            parts, bits = numpy.nonzero(split)
            counts = split[parts, bits]
            decided = both[parts, bits] / numpy.sqrt(weights[parts, bits])[:, numpy.newaxis]
            steps.append((bits.astype(numpy.uint8), parts))
        return DrawnBits(_traced(steps, len(counts)), counts)


def _traced(
    steps: Sequence[tuple[NDArray[numpy.uint8], NDArray[numpy.intp]]], num_outcomes: int
) -> NDArray[numpy.uint8]:
    """The bits of all qubits for each part that is left at the end, from the last one back."""
    traced = numpy.empty((len(steps), num_outcomes), dtype=numpy.uint8)
    part = numpy.arange(num_outcomes)
    for qubit in range(len(steps) - 1, -1, -1):
        bits, parts = steps[qubit]
        traced[qubit] = bits[part]
        part = parts[part]
    return traced


def _with_right_norm_one(
    tensors: Sequence[NDArray[numpy.complex128]],
) -> list[NDArray[numpy.complex128]]:
    """The same state, where the rows of each tensor but the first are orthonormal."""
    made: list[NDArray[numpy.complex128]] = []
    carried = numpy.ones((1, 1), dtype=complex)
    for tensor in reversed(tensors):
        left = tensor.shape[0]
        whole = (tensor @ carried).reshape(left, -1)
        if left == 1:
            # Nothing to the left is entangled with the rest: only its norm matters.
            made.append((whole / numpy.linalg.norm(whole)).reshape(1, 2, -1))
            carried = numpy.ones((1, 1), dtype=complex)
            continue
        # Its rows are combinations of orthonormal ones: the columns of its transpose's Q.
        orthonormal, triangular = numpy.linalg.qr(whole.T)
        made.append(numpy.ascontiguousarray(orthonormal.T).reshape(-1, 2, carried.shape[1]))
        carried = triangular.T
    made.reverse()
    return made
