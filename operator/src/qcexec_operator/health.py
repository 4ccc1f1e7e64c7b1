"""Whether the operator does its work: the age of the last look that came to its end.

A look that could not reach the database or the cluster and held every scale has come to its end,
too: restarting the operator would help neither.
"""

from __future__ import annotations

import time

OLDEST_SECONDS = 60.0
"""A look lasts some seconds where everything that it asks for fails by timeout."""


class Health:
    """Told by the reconciler, asked by probes."""

    def __init__(self) -> None:
        self._finished_at = time.monotonic()
        self._leads = False

    def finished(self, *, leads: bool) -> None:
        """A look has ended; whether this process is the one that acts."""
        self._finished_at = time.monotonic()
        self._leads = leads

    @property
    def age_seconds(self) -> float:
        """Since the last look has ended, or since the start."""
        return time.monotonic() - self._finished_at

    @property
    def alive(self) -> bool:
        """Whether it still goes round."""
        return self.age_seconds <= OLDEST_SECONDS

    @property
    def leads(self) -> bool:
        """Whether it may act."""
        return self._leads
