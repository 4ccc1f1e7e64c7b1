"""How long a pod takes from its creation to its worker's row, as recent starts were."""

from __future__ import annotations

from collections.abc import Sequence

KEPT = 50
"""Starts that count, the latest."""


def cold_start_seconds(starts: Sequence[float]) -> float | None:
    """The 90th percentile of the latest starts, by nearest rank; None where there is none.

    >>> cold_start_seconds([4.0, 20.0, 5.0])
    20.0
    """
    latest = sorted(starts[-KEPT:])
    if not latest:
        return None
    return latest[max(0, -(-9 * len(latest) // 10) - 1)]
