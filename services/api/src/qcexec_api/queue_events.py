"""What happens in the queue, as log lines."""

import logging

from qcexec_queue import events
from qcexec_telemetry import log_typed_event

_logger = logging.getLogger(__name__)


def log_queue_event(event: events.Event, /) -> None:
    """An observer for the queue: trouble at warning level, each commit at debug level."""
    match event:
        case events.BatchEnqueued():
            severity = logging.DEBUG
        case events.BatchSplit() | events.ConnectionReplaced() | events.MaintenanceFailed():
            severity = logging.WARNING
        case _:
            severity = logging.INFO
    log_typed_event(_logger, event, severity=severity)
