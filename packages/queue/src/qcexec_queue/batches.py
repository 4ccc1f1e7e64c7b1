"""Cutting many items into statements of bounded size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")

MOST_ITEMS = 2000
MOST_BYTES = 8 * 1024 * 1024


def batches(
    items: Sequence[Item],
    size: Callable[[Item], int],
    *,
    most_items: int = MOST_ITEMS,
    most_bytes: int = MOST_BYTES,
) -> Iterator[Sequence[Item]]:
    """Runs of ``items``, in order, each within both caps; a larger item goes alone.

    >>> [list(batch) for batch in batches([3, 3, 9, 1], lambda n: n, most_bytes=6)]
    [[3, 3], [9], [1]]
    """
    start = 0
    total = 0
    for position, item in enumerate(items):
        length = size(item)
        if position > start and (position - start >= most_items or total + length > most_bytes):
            yield items[start:position]
            start, total = position, 0
        total += length
    if start < len(items):
        yield items[start:]
