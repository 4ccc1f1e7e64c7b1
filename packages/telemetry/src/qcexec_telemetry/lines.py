"""How one log record becomes one line of JSON.

Every line begins with timestamp, level, logger, service and event; what is
bound and what the event itself says follow, and none of them can displace the
first five. Records of libraries, which are sentences, get the event `log` and
their sentence as `message`, so that a reader can filter on `event` alone.
"""

import logging
import math
from datetime import UTC, datetime

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonEncoder, JsonFormatter

from qcexec_telemetry.context import bound_fields
from qcexec_telemetry.events import FIELDS_ATTRIBUTE

_LEADING = frozenset({"timestamp", "level", "logger", "service", "event"})
_NOT_FIELDS = frozenset({*RESERVED_ATTRS, "taskName", "color_message"})


class JsonLines(JsonFormatter):
    """Formats a record as one JSON object without a line break, in ASCII."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service
        # Made once: `json.dumps` with arguments makes an encoder for each call.
        self._encode = JsonEncoder(check_circular=False).encode

    def add_fields(
        self,
        log_data: dict[str, object],
        record: logging.LogRecord,
        message_dict: dict[str, object],
    ) -> None:
        """Fill `log_data`: the leading fields, then the bound ones, then the record's own."""
        fields: dict[str, object] | None = getattr(record, FIELDS_ATTRIBUTE, None)
        log_data["timestamp"] = datetime.fromtimestamp(record.created, UTC).isoformat(
            timespec="milliseconds"
        )
        log_data["level"] = record.levelname.lower()
        log_data["logger"] = record.name
        log_data["service"] = self._service
        log_data["event"] = "log" if fields is None else record.message
        if fields is None:
            fields = {"message": record.message, **_extra_fields(record)}
        for source in (bound_fields(), fields, message_dict):
            for key, value in source.items():
                if key not in _LEADING:
                    log_data[key] = _encodable(value)

    def jsonify_log_record(self, log_data: dict[str, object]) -> str:
        """The line's text."""
        return self._encode(log_data)


def _extra_fields(record: logging.LogRecord) -> dict[str, object]:
    return {
        key: value
        for key, value in record.__dict__.items()
        if key not in _NOT_FIELDS and not key.startswith("_")
    }


def _encodable(value: object) -> object:
    # JSON has no NaN and no infinity; a line with one would be unreadable as a whole.
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
