"""The values that columns of the queue take.

A task's state follows from the table that its row is in:

    ready, scheduled   queued
    lease              running
    result             completed, failed or cancelled, after the row's outcome
"""

from __future__ import annotations

from enum import IntEnum


class Outcome(IntEnum):
    """How a task ended (``result.outcome``)."""

    COMPLETED = 1
    FAILED = 2
    CANCELLED = 3


class Priority(IntEnum):
    """Which tasks of a queue go first (``ready.priority``)."""

    URGENT = 0
    HIGH = 1
    NORMAL = 2
    LOW = 3


class Lane(IntEnum):
    """The order within a priority (``ready.lane``)."""

    SUSPECT = 0
    """Was running, perhaps, when a worker died with it: claimed alone."""

    RETURNED = 1
    """Came back through no fault of its own: claimed before what is new."""

    FRESH = 2


class Destination(IntEnum):
    """Where a lease that ends without a worker's result goes (``put_back.sql``)."""

    READY = 1
    SCHEDULED = 2
    FAILED = 3
