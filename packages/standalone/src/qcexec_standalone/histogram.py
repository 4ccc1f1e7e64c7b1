"""Counts as lines of text: one bar for each outcome, the most frequent first."""

from collections.abc import Mapping

_LONGEST_KEY = 24
_BLOCKS = " ▏▎▍▌▋▊▉█"


def histogram(counts: Mapping[str, int], *, bar_width: int = 40, most: int = 16) -> list[str]:
    """A line per outcome: key, bar, count and share; at most `most`, then one for all others.

    Bars are relative to the most frequent outcome, in eighths of a character.
    """
    total = sum(counts.values())
    ranked = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    shown, others = ranked[:most], ranked[most:]
    if not shown:
        return ["no outcomes"]
    rows = [(shorten(key), count) for key, count in shown]
    key_width = max(len(key) for key, _ in rows)
    count_width = len(str(shown[0][1]))
    lines = [
        f"{key:>{key_width}} {bar(count / shown[0][1], bar_width):<{bar_width}} "
        f"{count:>{count_width}} {100 * count / total:5.1f} %"
        for key, count in rows
    ]
    if others:
        rest = sum(count for _, count in others)
        lines.append(
            f"and {len(others)} other outcomes, {rest} counts ({100 * rest / total:.1f} %)"
        )
    return lines


def bar(share: float, width: int) -> str:
    """A bar of `share` (0 to 1) of `width` characters.

    >>> bar(0.5, 5)
    '██▌'
    """
    whole, eighths = divmod(round(share * width * 8), 8)
    return _BLOCKS[8] * whole + (_BLOCKS[eighths] if eighths else "")


def shorten(key: str) -> str:
    """A key of many bits by its ends and its length.

    >>> shorten("0" * 100)
    '00000000…00000000 (100)'
    """
    if len(key) <= _LONGEST_KEY:
        return key
    return f"{key[:8]}…{key[-8:]} ({len(key)})"
