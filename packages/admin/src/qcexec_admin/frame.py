"""One frame of ``top``: lines of text from what was seen, for a terminal of any size.

Pure: reading and drawing are elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from qcexec_admin.characters import visible
from qcexec_admin.heading import heading
from qcexec_admin.rates import History, finished_per_second
from qcexec_admin.table import Line, Piece, Tone, clip_line
from qcexec_admin.tables import queue_table, task_table, worker_table

_TITLES = 3
"""Lines that a section has beside its rows: a blank one, its name, and its columns' titles."""


@dataclass(frozen=True, slots=True)
class Size:
    """Of a terminal, in cells."""

    columns: int
    lines: int | None = None
    """None: as many as it takes."""


def frame(
    history: History, size: Size, *, lease_seconds: float, trouble: str | None = None
) -> list[Line]:
    """What was seen, the last look with rates from those before it.

    ``trouble`` is why there is no newer look. No line is wider, and no more lines are
    given, than the terminal has.
    """
    width = max(size.columns, 1)
    if not history.looks:
        return _cut([_trouble(trouble)] if trouble else [(Piece("looking ..."),)], size)
    look = history.looks[-1]
    rates = finished_per_second(history)
    lines = heading(look, rates)
    if trouble:
        lines.insert(1, _trouble(trouble))
    tables = [
        ("queues", queue_table(look, width)),
        ("workers", worker_table(look, rates, width, lease_seconds)),
        ("oldest tasks", task_table(look, width)),
    ]
    room = None if size.lines is None else size.lines - len(lines) - _TITLES * len(tables)
    shares = _shares([len(table) - 1 for _, table in tables], room)
    for (name, table), share in zip(tables, shares, strict=True):
        lines += [(), (Piece(name, Tone.TITLE),), *_shortened(table, share)]
    return _cut(lines, size)


def _trouble(words: str) -> Line:
    return (Piece(visible(words), Tone.WRONG),)


def _shares(wanted: list[int], room: int | None) -> list[int]:
    """How many rows each table gets: in turn one more, until nobody wants or there is no room."""
    if room is None:
        return wanted
    shares = [0] * len(wanted)
    while room > 0 and shares != wanted:
        for place, want in enumerate(wanted):
            if shares[place] < want and room > 0:
                shares[place] += 1
                room -= 1
    return shares


def _shortened(table: list[Line], rows: int) -> list[Line]:
    hidden = len(table) - 1 - rows
    if hidden <= 0:
        return table
    if rows == 0:
        return [(Piece(f"... {hidden} more", Tone.FAINT),)]
    # The line that says so takes the place of a row.
    return [*table[:rows], (Piece(f"... {hidden + 1} more", Tone.FAINT),)]


def _cut(lines: list[Line], size: Size) -> list[Line]:
    return [clip_line(line, max(size.columns, 1)) for line in lines[: size.lines]]
