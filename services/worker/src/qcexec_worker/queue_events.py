"""What happens in the queue, as log lines of the worker."""

from __future__ import annotations

import logging

from qcexec_queue import events
from qcexec_telemetry import log_typed_event

_logger = logging.getLogger(__name__)


def log_queue_event(event: events.Event, /) -> None:
    """An observer for the queue: trouble at warning level, each exchange at debug level."""
    match event:
        case events.Exchanged():
            severity = logging.DEBUG
        case (
            events.LateResultRefused()
            | events.ConnectionReplaced()
            | events.MaintenanceFailed()
            | events.BatchSplit()
            | events.WorkerExpired()
        ):
            severity = logging.WARNING
        case _:
            severity = logging.INFO
    log_typed_event(_logger, event, severity=severity)
