"""From where on a claim looks for tasks.

Rows that were claimed leave dead entries at the front of the index of ready
until vacuum removes them, which a single open snapshot prevents. A claim that
starts at the front walks over all of them. So a worker remembers, for each
priority and lane, the highest sequence number that it claimed at least a tenth of
a second ago, and starts there: at thousands of claims a second, each further tenth
is hundreds of dead entries for every claim to walk over.

Sequence numbers become visible out of order: a row with a lower one may be
committed later than that. Such rows are found by full sweeps, from zero, which run
now and then (see SweepSchedule): they wait a little, and are never missed.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from qcexec_queue.states import Lane, Priority

TRAILING_SECONDS = 0.1
_GRAIN_SECONDS = 0.05

Place = tuple[int, int]
"""Priority and lane."""

LANES_WITH_SUSPECTS: tuple[Place, ...] = tuple(
    [(priority, Lane.SUSPECT) for priority in Priority]
    + [(priority, lane) for priority in Priority for lane in (Lane.RETURNED, Lane.FRESH)]
)
"""Where a claim looks, in order: suspects first, then by priority, returned before fresh."""

LANES_WITHOUT_SUSPECTS: tuple[Place, ...] = tuple(
    place for place in LANES_WITH_SUSPECTS if place[1] != Lane.SUSPECT
)


class Watermarks:
    """The watermark of each priority and lane, trailing what was claimed."""

    def __init__(self) -> None:
        self._settled: dict[Place, int] = {}
        # Per place: until when a grain of time lasts, and the highest number claimed in it.
        self._recent: dict[Place, deque[tuple[float, int]]] = {}

    def claimed(self, place: Place, seq: int, now: float) -> None:
        """``seq`` was claimed at ``now`` (monotonic seconds)."""
        recent = self._recent.setdefault(place, deque())
        if recent and now < recent[-1][0]:
            ends, highest = recent[-1]
            recent[-1] = (ends, max(highest, seq))
        else:
            recent.append((now + _GRAIN_SECONDS, seq))

    def value(self, place: Place, now: float) -> int:
        """Where a claim at ``now`` starts."""
        recent = self._recent.get(place)
        while recent and now - recent[0][0] >= TRAILING_SECONDS:
            seq = recent.popleft()[1]
            self._settled[place] = max(seq, self._settled.get(place, 0))
        return self._settled.get(place, 0)


@dataclass(slots=True)
class SweepSchedule:
    """When to claim from zero: at the start, and at least every two seconds, or
    thirty times as long as the last sweep took, so that sweeping stays below 4%
    of the time however much dead weight there is."""

    least_seconds: float = 2.0
    factor: float = 30.0
    _due: float = field(default=0.0, init=False)

    def due(self, now: float) -> bool:
        """Whether the claim at ``now`` is to be a sweep."""
        return now >= self._due

    def swept(self, begun: float, ended: float) -> None:
        """A sweep ran, between these moments (monotonic seconds)."""
        self._due = ended + max(self.least_seconds, self.factor * (ended - begun))

    def reset(self) -> None:
        """The next claim is a sweep: after a reconnect nothing remembered is sure."""
        self._due = 0.0

    def seconds_left(self, now: float) -> float:
        """Until the next sweep is due."""
        return max(0.0, self._due - now)
