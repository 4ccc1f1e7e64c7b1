"""What time it is in the database, without asking.

Ids of tasks carry database time, and a machine's clock may be off by more than a task takes. Each
heartbeat brings the database's time; from one to the next the monotonic clock goes on. A statement
begins later than it was sent, never sooner: of the last ones, the one that was underway for the
shortest time says best how far the clocks are apart.
"""

from __future__ import annotations

import time
from collections import deque
from datetime import datetime
from uuid import UUID

_REMEMBERED = 12
"""Heartbeats: a minute, by default, in which clocks drift by less than anything counts."""


class DatabaseClock:
    """Right to within the way of a statement to the database."""

    def __init__(self) -> None:
        self._ahead = deque[float](maxlen=_REMEMBERED)

    def heard(self, at: datetime, sent: float) -> None:
        """A statement that was sent at `sent` (monotonic seconds) began at `at`."""
        self._ahead.append(at.timestamp() - sent)

    def seconds_since(self, task_id: UUID) -> float | None:
        """Since the submission of a task, at least 0; None before anything was heard."""
        if not self._ahead:
            return None
        return max(0.0, time.monotonic() + min(self._ahead) - submitted_at(task_id))


def submitted_at(task_id: UUID) -> float:
    """The Unix time in a task's id, in whole milliseconds (UUIDv7: RFC 9562, section 5.7)."""
    return (task_id.int >> 80) / 1000.0
