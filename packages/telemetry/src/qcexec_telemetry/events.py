"""Log lines that name an event instead of telling a sentence.

The fields travel in one attribute of the record, not as attributes of their
own: a field may then be called `name` or `args` without colliding with those
of `logging.LogRecord`.
"""

import dataclasses
import logging
import re
from functools import cache
from typing import Any, ClassVar, Protocol

FIELDS_ATTRIBUTE = "qcexec_fields"
"""The record's attribute that holds the fields; a record without it is someone else's prose."""


def log_event(
    logger: logging.Logger,
    event: str,
    /,
    *,
    severity: int = logging.INFO,
    error: BaseException | None = None,
    **fields: object,
) -> None:
    """Log `event` (snake case) with `fields`; `error` adds its traceback as `exc_info`.

    Field values are encoded as JSON: strings, numbers, booleans, None, UUIDs,
    enumerations, datetimes, and lists and mappings of them.
    """
    if logger.isEnabledFor(severity):
        _log(logger, severity, event, fields, error)


class TypedEvent(Protocol):
    """A flat dataclass whose class says how grave its events are, in logging's levels."""

    severity: ClassVar[int]
    __dataclass_fields__: ClassVar[dict[str, Any]]


def log_typed_event(logger: logging.Logger, event: TypedEvent, /) -> None:
    """Log a typed event: its class's name in snake case is the event, its fields the fields."""
    if logger.isEnabledFor(event.severity):
        fields = {field.name: getattr(event, field.name) for field in dataclasses.fields(event)}
        _log(logger, event.severity, _snake_case(type(event).__name__), fields, None)


def _log(
    logger: logging.Logger,
    severity: int,
    event: str,
    fields: dict[str, object],
    error: BaseException | None,
) -> None:
    # Past `Logger.log`: it walks the stack for a file and a line that no line shows, which
    # takes as long as all the rest.
    exc_info = None if error is None else (type(error), error, error.__traceback__)
    record = logger.makeRecord(logger.name, severity, "", 0, event, (), exc_info)
    setattr(record, FIELDS_ATTRIBUTE, fields)
    logger.handle(record)


@cache
def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
