"""How much is run: sizes for a full run and for a quick one.

A rate is taken over about two seconds of a system's own work, since the slowest is a hundred times
slower than the fastest: one number of tasks for all would either be noise for some or take minutes
for others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PAYLOAD_BYTES = 400
PRODUCERS = 16
BATCH = 1_000

_TASKS: Mapping[str, Mapping[str, int]] = {
    "enqueue": {"qcexec": 20_000, "river": 10_000, "pgqueuer": 6_000, "": 3_200},
    "batches": {"qcexec": 100_000, "river": 100_000, "procrastinate": 20_000, "": 60_000},
    "drain.best": {"pgqueuer": 30_000, "river": 50_000, "procrastinate": 1_000, "": 80_000},
    "drain.tens": {"qcexec": 20_000, "graphile": 20_000, "": 10_000},
    "drain.one": {"qcexec": 5_000, "graphile": 5_000, "": 1_000},
}
"""By measure and system; the empty name stands for all others."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The sizes of one run of the benchmark."""

    repetitions: int
    scale: float
    """Share of the full numbers of tasks."""
    pickups: int
    snapshot_tasks: int
    snapshot_seconds: float
    """Longest that a system may take; its last 5,000 are then the last that it managed."""
    depths: Sequence[int]
    claims: int
    slow_for_peers: bool
    """Whether peers take part in the measures that take minutes."""

    def tasks(self, measure: str, system: str) -> int:
        """Tasks for a rate, a multiple of a batch."""
        sizes = _TASKS[measure]
        count = int(sizes.get(system, sizes[""]) * self.scale)
        return max(BATCH, count // BATCH * BATCH)


def full(*, repetitions: int = 3, ten_million: bool = False) -> Plan:
    """A run of under 25 minutes on two cores; the claims at ten million take ten more."""
    return Plan(
        repetitions=repetitions,
        scale=1.0,
        pickups=200,
        snapshot_tasks=60_000,
        snapshot_seconds=30.0,
        depths=(1_000, 100_000, 1_000_000, *([10_000_000] if ten_million else [])),
        claims=200,
        slow_for_peers=True,
    )


def quick() -> Plan:
    """A smoke run of about two minutes: everything runs, no figure means anything."""
    return Plan(
        repetitions=1,
        scale=0.2,
        pickups=50,
        snapshot_tasks=12_000,
        snapshot_seconds=10.0,
        depths=(1_000, 20_000),
        claims=50,
        slow_for_peers=False,
    )
