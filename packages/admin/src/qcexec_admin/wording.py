"""Numbers and spans of time as people read them."""

from __future__ import annotations

_UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


def duration(seconds: float) -> str:
    """A span of time in its two largest units.

    >>> [duration(each) for each in (0.04, 7.96, 42, 61, 7200, 93784)]
    ['0.0 s', '8.0 s', '42 s', '1 min 1 s', '2 h', '1 d 2 h']
    >>> duration(-3)
    '-3.0 s'
    """
    if seconds < 0:
        return f"-{duration(-seconds)}"
    if round(seconds, 1) < 10:
        return f"{seconds:.1f} s"
    left = round(seconds)
    parts: list[tuple[int, str]] = []
    for unit, size in _UNITS:
        number, left = divmod(left, size)
        if number or parts:
            parts.append((number, unit))
    return " ".join(f"{number} {unit}" for number, unit in parts[:2] if number)


def brief(seconds: float | None) -> str:
    """As `duration`, for a narrow column; a dash for none.

    >>> brief(61), brief(None)
    ('1m1s', '-')
    """
    return "-" if seconds is None else duration(seconds).replace("min", "m").replace(" ", "")


def number(value: float) -> str:
    """A count or a rate: three figures where it is small, groups where it is large.

    >>> [number(each) for each in (0, 0.126, 3.14159, 42.4, 120.7, 1234567)]
    ['0', '0.13', '3.1', '42', '121', '1,234,567']
    """
    if value == 0 or abs(value) >= 10:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 1 else f"{value:.1f}"


def size(count: float) -> str:
    """Bytes, in a unit that fits.

    >>> size(0), size(1023), size(1024**2 * 3 / 2), size(1024**5)
    ('0 B', '1023 B', '1.5 MiB', '1,024 TiB')
    """
    if count < 1024:
        return f"{count:.0f} B"
    for unit in ("KiB", "MiB", "GiB", "TiB"):
        count /= 1024
        if count < 1024 or unit == "TiB":
            break
    return f"{number(count)} {unit}"


def several(count: int, noun: str, plural: str | None = None) -> str:
    """A count with its noun.

    >>> several(1, "task"), several(2000, "task"), several(0, "queue")
    ('1 task', '2,000 tasks', '0 queues')
    """
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"
