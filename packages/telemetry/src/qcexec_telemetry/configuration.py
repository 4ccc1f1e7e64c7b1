"""Where the lines go, and how everything that a process says becomes one.

Everything goes through the root logger: the service's own events, libraries,
`warnings`, and what nobody caught, whether in the main thread, in another
one, or where Python can raise nothing (a finalizer). Handlers write in the
thread that logs: a line is out before the call returns, so that the last
lines before a crash are there to read.
"""

import logging
import sys
import threading
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from qcexec_telemetry.errors import LogFileUnusable
from qcexec_telemetry.events import log_event
from qcexec_telemetry.lines import JsonLines

_FILE_BYTES = 10 * 1024 * 1024
_FILES_KEPT = 5

_logger = logging.getLogger(__name__)


def configure_logging(service: str, *, level: str, file: Path | None) -> None:
    """Send every log line of this process to stdout and, where given, to `file`.

    `level` is a name that `logging` knows, in any case. The file is rotated at
    10 MiB and five old ones are kept; its folder is made where it is missing.
    One process a file: two would rotate it under each other. Calling this
    again replaces what the last call set up.

    Raises `LogFileUnusable` where `file` cannot be opened for appending, and
    ValueError for an unknown level; nothing is changed then.
    """
    threshold = logging.getLevelNamesMapping().get(level.upper())
    if threshold is None:
        raise ValueError(f"unknown log level {level!r}")
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stdout)]
    if file is not None:
        handlers.append(_rotating_file(file))
    root = logging.getLogger()
    root.setLevel(threshold)
    for stale in root.handlers[:]:
        root.removeHandler(stale)
        stale.close()
    for handler in handlers:
        handler.setFormatter(JsonLines(service))
        root.addHandler(handler)
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread
    sys.unraisablehook = _log_unraisable


def _rotating_file(path: Path) -> RotatingFileHandler:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return RotatingFileHandler(
            path, maxBytes=_FILE_BYTES, backupCount=_FILES_KEPT, encoding="utf-8"
        )
    except OSError as error:
        message = f"cannot write the log file {path}: {error.strerror or error}"
        raise LogFileUnusable(message) from error


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        # The user's own Ctrl-C is no fault of the program.
        sys.__excepthook__(kind, error, trace)
        return
    log_event(_logger, "uncaught_exception", severity=logging.CRITICAL, error=error)


def _log_uncaught_in_thread(failure: threading.ExceptHookArgs) -> None:
    if failure.exc_value is None:
        return
    thread = failure.thread.name if failure.thread is not None else None
    log_event(
        _logger,
        "uncaught_exception",
        severity=logging.CRITICAL,
        error=failure.exc_value,
        thread=thread,
    )


def _log_unraisable(failure: "sys.UnraisableHookArgs") -> None:
    log_event(
        _logger,
        "unraisable_exception",
        severity=logging.ERROR,
        error=failure.exc_value,
        where=failure.err_msg,
        # A finalizer's object may be half destroyed: its repr is not to be trusted.
        object_type=type(failure.object).__name__,
    )
