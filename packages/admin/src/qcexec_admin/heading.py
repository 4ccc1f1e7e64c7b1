"""The first lines of a frame: all queues and workers in a few figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from uuid import UUID

from qcexec_admin.characters import visible
from qcexec_admin.findings import STALE_SECONDS
from qcexec_admin.look import ARRIVAL_CAP, ARRIVAL_SECONDS, Look
from qcexec_admin.table import Line, Piece, Tone
from qcexec_admin.wording import duration, number, several
from qcexec_queue.statistics import QueueStatistics


def heading(look: Look, rates: Mapping[UUID, float]) -> list[Line]:
    """When it was, how much waits and runs, how fast tasks come and go, who does maintenance."""
    when = Piece(f"{look.fleet.at.astimezone(UTC):%H:%M:%S} UTC", Tone.STRONG)
    return [
        (when, _figures(list(look.statistics.values()))),
        (_rates(look, rates), _workers(look)),
        _maintenance(look),
    ]


def _figures(figures: Sequence[QueueStatistics]) -> Piece:
    if not figures:
        return Piece("  no figures of any queue", Tone.UNUSUAL)
    about = "" if all(each.depth_exact for each in figures) else "about "
    return Piece(
        f"  {about}{sum(each.depth for each in figures):,} ready"
        f", {sum(each.scheduled for each in figures):,} scheduled"
        f", {sum(each.running for each in figures):,} running",
        Tone.UNUSUAL if _age(figures) > STALE_SECONDS else Tone.PLAIN,
    )


def _rates(look: Look, rates: Mapping[UUID, float]) -> Piece:
    cap = "at least " if look.arrivals >= ARRIVAL_CAP else ""
    finished = number(sum(rates.values())) if rates or not look.fleet.workers else "-"
    return Piece(f"in {cap}{number(look.arrivals / ARRIVAL_SECONDS)}/s, out {finished}/s")


def _workers(look: Look) -> Piece:
    workers = look.fleet.workers
    draining = sum(each.draining_at is not None for each in workers)
    slots, busy = sum(each.slots for each in workers), sum(len(each.held) for each in workers)
    text = f"  {several(len(workers), 'worker')}, {busy:,} of {several(slots, 'slot')} busy"
    return Piece(text + (f", {draining:,} asked to drain" if draining else ""))


def _maintenance(look: Look) -> Line:
    age = _age(look.statistics.values())
    stale = (Piece(f", figures of {duration(age)} ago", Tone.WRONG),) if age > STALE_SECONDS else ()
    if look.holder is None:
        return (Piece("nobody holds the maintenance lock", Tone.WRONG), *stale)
    return (Piece(f"maintenance by {visible(str(look.holder))}", Tone.FAINT), *stale)


def _age(figures: Iterable[QueueStatistics]) -> float:
    return max((each.age_seconds for each in figures), default=0.0)
