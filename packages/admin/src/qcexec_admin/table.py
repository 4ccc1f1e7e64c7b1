"""Tables that fit: columns of a terminal, narrowed, and where need be left out.

Pure. A column that may be narrowed gives up cells first, down to its least width;
when that is not enough, the least important columns go, whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from qcexec_admin.characters import cells, clip, pad, visible

_GAP = 2


class Tone(Enum):
    """What a piece of text wants to say by its colour."""

    PLAIN = "plain"
    FAINT = "faint"
    STRONG = "strong"
    TITLE = "title"
    UNUSUAL = "unusual"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Piece:
    """Text in one tone."""

    text: str
    tone: Tone = Tone.PLAIN


Line = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    title: str
    importance: int
    """Columns of a low one go first."""
    right: bool = True
    """Numbers stand at the right."""
    least: int | None = None
    """May be narrowed to so many cells; None: never."""


def lay_out(columns: Sequence[Column], rows: Sequence[Sequence[Piece]], width: int) -> list[Line]:
    """A line of titles, and one for each row, none wider than ``width`` cells.

    Whatever a cell holds is made visible first.
    """
    shown = [[Piece(visible(cell.text), cell.tone) for cell in row] for row in rows]
    wanted = [
        max([cells(column.title), *(cells(row[place].text) for row in shown)])
        for place, column in enumerate(columns)
    ]
    widths = _fit(columns, wanted, width)
    titles = [Piece(column.title, Tone.FAINT) for column in columns]
    return [_line(columns, row, widths, width) for row in (titles, *shown)]


def clip_line(line: Line, width: int) -> Line:
    """The line, cut to so many cells."""
    pieces = []
    for piece in line:
        text = clip(piece.text, width)
        width -= cells(text)
        pieces.append(Piece(text, piece.tone))
        if text != piece.text:
            break
    return tuple(pieces)


def plain(line: Line) -> str:
    """The text of a line, without blanks at its end."""
    return "".join(piece.text for piece in line).rstrip()


def _fit(columns: Sequence[Column], wanted: Sequence[int], width: int) -> dict[int, int]:
    """The widths of those columns that are shown, by place."""
    places = list(range(len(columns)))
    while True:
        widths = {place: wanted[place] for place in places}
        excess = sum(widths.values()) + _GAP * (len(places) - 1) - width
        while excess > 0:
            # The widest gives first, so that none is narrowed more than it must be.
            spare = {
                place: widths[place]
                for place in places
                if (least := columns[place].least) is not None and widths[place] > least
            }
            if not spare:
                break
            widths[max(spare, key=lambda place: spare[place])] -= 1
            excess -= 1
        if excess <= 0 or len(places) == 1:
            return widths
        places.remove(min(places, key=lambda place: columns[place].importance))


def _line(
    columns: Sequence[Column], row: Sequence[Piece], widths: dict[int, int], width: int
) -> Line:
    pieces: list[Piece] = []
    for place, cell_width in widths.items():
        if pieces:
            pieces.append(Piece(" " * _GAP))
        text = pad(row[place].text, cell_width, right=columns[place].right)
        pieces.append(Piece(text, row[place].tone))
    return clip_line(tuple(pieces), width)
