"""The command line: ``qcexec-admin check`` and ``qcexec-admin top``.

Both read the database that QCEXEC_DATABASE_URL names and change nothing. Exit code: 0 all
is well, 1 something is wrong, 2 a wrong option or variable, 3 PostgreSQL does not answer,
130 interrupted before there was an answer.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import shutil
import sys
from collections.abc import Sequence

from qcexec_admin.characters import visible
from qcexec_admin.check import check
from qcexec_admin.findings import Expectations
from qcexec_admin.report import ALL_WELL, SOMETHING_WRONG
from qcexec_admin.terminal import Terminal
from qcexec_admin.top import top, top_once
from qcexec_configuration import InvalidConfiguration, ServiceSettings, read_settings
from qcexec_queue.errors import DatabaseUnavailable, SchemaMismatch

_USAGE = 2
_DATABASE_AWAY = 3
_INTERRUPTED = 130
_NOBODY_READS = 141
"""As a shell tells of a command that SIGPIPE ended."""
_COLUMNS = 120
"""Where there is no terminal to fit."""


def run() -> None:
    """The console script."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Runs one command; gives the exit code."""
    options = _parser().parse_args(arguments)
    # A name may hold what the locale can't show.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        settings = read_settings(ServiceSettings)
        command = _check if options.command == "check" else _top
        return asyncio.run(command(options, settings))
    except InvalidConfiguration as error:
        return _fail(str(error), _USAGE)
    except DatabaseUnavailable as error:
        return _fail(f"PostgreSQL does not answer: {error}", _DATABASE_AWAY)
    except SchemaMismatch as error:
        return _fail(str(error), SOMETHING_WRONG)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read has enough; what is still in the buffer goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _NOBODY_READS


async def _check(options: argparse.Namespace, settings: ServiceSettings) -> int:
    report = await check(
        settings.database_url.get_secret_value(),
        Expectations(settings.lease_seconds, options.longest_wait),
        invariant_seconds=options.invariant_timeout,
    )
    _say(report.document() if options.json else report.words())
    return report.exit_code


async def _top(options: argparse.Namespace, settings: ServiceSettings) -> int:
    dsn = settings.database_url.get_secret_value()
    if options.once or not sys.stdout.isatty():
        columns = shutil.get_terminal_size((_COLUMNS, 0)).columns
        _say(await top_once(dsn, columns=columns, lease_seconds=settings.lease_seconds))
        return ALL_WELL
    terminal = Terminal(
        keys=sys.stdin.fileno() if sys.stdin.isatty() else None, screen=sys.stdout.fileno()
    )
    colours = not os.environ.get("NO_COLOR")
    await top(dsn, terminal, lease_seconds=settings.lease_seconds, colours=colours)
    return ALL_WELL


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="qcexec-admin",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    looks = commands.add_parser("check", help="say in words what is wrong with the queue")
    looks.add_argument("--json", action="store_true", help="one JSON object instead of words")
    looks.add_argument(
        "--longest-wait",
        type=_seconds,
        metavar="SECONDS",
        help="a task that waits longer is wrong (default: however long it waits)",
    )
    looks.add_argument(
        "--invariant-timeout",
        type=_seconds,
        default=300.0,
        metavar="SECONDS",
        help="for the query that reads whole tables (default 300)",
    )
    live = commands.add_parser("top", help="queues, workers and tasks as they change; q ends it")
    live.add_argument(
        "--once", action="store_true", help="one frame, as text; so it is without a terminal, too"
    )
    return parser


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= 86400 * 365:
        raise argparse.ArgumentTypeError("should be a positive number of seconds")
    return seconds


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _fail(words: str, code: int) -> int:
    sys.stderr.write(f"qcexec-admin: {visible(words)}\n")
    return code


if __name__ == "__main__":
    run()
