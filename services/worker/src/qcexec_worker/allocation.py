"""Dividing what was claimed among free slots: pure."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heapreplace

from qcexec_queue.tasks import Lease


def allocate(leases: Sequence[Lease], slots: int) -> list[list[Lease]]:
    """`leases`, in their order, as one batch for each of at most `slots` slots.

    Each goes to the slot with the least expected work so far. Gives no empty batch.
    """
    batches: list[list[Lease]] = [[] for _ in range(slots)]
    loads = [(0.0, position) for position in range(slots)]
    heapify(loads)
    for lease in leases:
        load, position = loads[0]
        batches[position].append(lease)
        heapreplace(loads, (load + max(lease.cost, 1e-6), position))
    return [batch for batch in batches if batch]
