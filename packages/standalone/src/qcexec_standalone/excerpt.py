"""The line of a circuit that an error message points at, with a mark below the column."""

import re

_POSITION = re.compile(r"\bline (\d+), column (\d+)")


def excerpt(text: str, message: str) -> list[str]:
    """Two lines, the source's and the mark's; none when the message names no place in `text`.

    >>> excerpt("qubit q;\\nhx q;", "line 2, column 1: unknown gate")
    ['2 | hx q;', '    ^']
    """
    position = _POSITION.search(message)
    if position is None:
        return []
    number, column = int(position.group(1)), int(position.group(2))
    lines = text.splitlines()
    if not 1 <= number <= len(lines):
        return []
    # Tabs would put the mark elsewhere than the reader's terminal puts the character.
    source = lines[number - 1].replace("\t", " ")
    margin = f"{number} | "
    return [margin + source, " " * (len(margin) + column - 1) + "^"]
