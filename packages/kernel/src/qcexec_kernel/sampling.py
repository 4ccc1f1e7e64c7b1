"""Sampling: amplitudes are summed in blocks, and few of them read twice.

For each of ascending points the block that it falls into is found by the blocks' sums, and the
amplitude in it by adding up squares.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import numpy
from numpy.typing import NDArray

BLOCK_QUBITS: Final = 9
_SMALL_BYTES: Final = 4 << 10


def gathered(indices: NDArray[numpy.int64], positions: Sequence[int]) -> NDArray[numpy.uint64]:
    """Bit j of each number is the bit at the j-th position of an index."""
    # Bits that move as far as each other move together: all of them, where none was renamed.
    moved: defaultdict[int, int] = defaultdict(int)
    for bit, position in enumerate(positions):
        moved[bit - position] |= 1 << position
    numbers = numpy.zeros(len(indices), dtype=numpy.int64)
    for distance, mask in moved.items():
        bits = indices & mask
        numbers |= bits << distance if distance >= 0 else bits >> -distance
    return numbers.view(numpy.uint64)


def sampling_bytes(num_qubits: int, num_outcomes: int) -> int:
    """What `State.sample` takes beside the state at most, the numbers that it is given aside."""
    # The blocks' sums and their running sums; points, indices, outcomes, and what comes between.
    blocks = 1 << max(num_qubits - BLOCK_QUBITS, 0)
    return 16 * blocks + 40 * num_outcomes + _SMALL_BYTES
