"""The terminal that ``top`` draws on: entered, drawn, and left as it was found.

Keys come one by one and are not echoed. Ctrl-C stays a signal; Ctrl-Z does nothing,
for it would leave a drawn-over terminal behind.
"""

from __future__ import annotations

import os
import termios
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from qcexec_admin.table import Line, Tone, plain

_ENTER = "\x1b[?1049h\x1b[?25l"
"""Another screen, without a cursor."""
_LEAVE = "\x1b[?25h\x1b[?1049l"
_HOME = "\x1b[H"
_CLEAR_LINE = "\x1b[K"
_CLEAR_BELOW = "\x1b[J"
_RESET = "\x1b[0m"
_TONES = {
    Tone.PLAIN: "",
    Tone.FAINT: "\x1b[2m",
    Tone.STRONG: "\x1b[1m",
    Tone.TITLE: "\x1b[1;36m",
    Tone.UNUSUAL: "\x1b[33m",
    Tone.WRONG: "\x1b[1;31m",
}


@dataclass(frozen=True, slots=True)
class Terminal:
    """Two descriptors of one terminal."""

    keys: int | None
    """None: no keys are read, for the input is something else."""
    screen: int

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Draws on a screen of its own, and gives back what was there."""
        before = None if self.keys is None else termios.tcgetattr(self.keys)
        try:
            if self.keys is not None:
                _take_keys(self.keys)
            self._write(_ENTER)
            yield
        finally:
            if self.keys is not None and before is not None:
                termios.tcsetattr(self.keys, termios.TCSAFLUSH, before)
            self._write(_LEAVE)

    def draw(self, lines: Sequence[Line], *, colours: bool) -> None:
        """Puts these lines on the screen, over what was there."""
        drawn = (_paint(line) if colours else plain(line) for line in lines)
        # Below the last line there is none to go to: it would scroll.
        text = f"{_CLEAR_LINE}\r\n".join(drawn)
        self._write(f"{_HOME}{text}{_CLEAR_LINE}{_CLEAR_BELOW}")

    def pressed(self) -> str:
        """The keys pressed since; "" where there are none any more, as after Ctrl-C and at the end.

        Never waits: Ctrl-C takes away what was pressed before it, perhaps after it was seen.
        """
        if self.keys is None:
            return ""
        return os.read(self.keys, 1024).decode("utf-8", "replace")

    def size(self) -> os.terminal_size:
        """How many columns and lines it has. Some terminals do not know: then 80 and 24."""
        found = os.get_terminal_size(self.screen)
        return found if found.columns and found.lines else os.terminal_size((80, 24))

    def _write(self, text: str) -> None:
        left = memoryview(text.encode("utf-8", "replace"))
        while left:
            left = left[os.write(self.screen, left) :]


def _take_keys(keys: int) -> None:
    tty.setcbreak(keys)
    attributes = termios.tcgetattr(keys)
    attributes[6][termios.VSUSP] = b"\x00"
    attributes[6][termios.VMIN] = 0
    termios.tcsetattr(keys, termios.TCSAFLUSH, attributes)


def _paint(line: Line) -> str:
    return "".join(
        f"{_TONES[piece.tone]}{piece.text}{_RESET}" if _TONES[piece.tone] else piece.text
        for piece in line
    )
