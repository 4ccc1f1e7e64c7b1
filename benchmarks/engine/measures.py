"""Taking the measures: each circuit through each system, in turn, again and again.

Repetitions are interleaved: each goes through all systems before the next one begins, each time
from another one on, so that what else happens on the machine hits all alike.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.engine.drivers import Driver
from benchmarks.engine.plan import Circuit, Plan

OURS, ALONE, WARM = "ours", "ours, alone", "ours, again"
ENGINE, NAIVE, AER = "engine", "naive", "aer"
SYSTEMS: Mapping[str, tuple[str, bool, bool]] = {
    OURS: ("slots", True, False),
    ALONE: ("slots", True, True),
    WARM: ("slots", False, False),
    ENGINE: ("engine", True, True),
    NAIVE: ("naive", True, True),
    AER: ("aer", True, True),
}
"""What is measured: by which driver, whether of texts that were never seen before, and whether
one at a time where several can be handed over at once: a batch is what a busy worker sees, and a
single one what a user waits for at an idle one."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One run of a circuit in one system: its seconds, or why there are none."""

    suite: str
    circuit: str
    shots: int
    system: str
    seconds: float | None
    failure: str | None
    report: Mapping[str, Any] | None


async def figures(
    circuits: Sequence[Circuit], plan: Plan, systems: Sequence[str], say: Callable[[str], None]
) -> AsyncIterator[Figure]:
    """Run everything; give each figure as soon as it is there."""
    drivers = {name: Driver(name) for name in {SYSTEMS[system][0] for system in systems}}
    try:
        for number, circuit in enumerate(circuits):
            say(f"{number + 1}/{len(circuits)} {circuit.suite} {circuit.name} x{circuit.shots}")
            repeated = list(systems)
            for repetition in range(plan.repetitions):
                for system in _rotated(repeated, repetition):
                    driver, fresh, alone = SYSTEMS[system]
                    request = {
                        "text": circuit.text,
                        "shots": circuit.shots,
                        "seed": 1 + repetition,
                        "fresh": fresh,
                        "alone": alone,
                    }
                    answer = await drivers[driver].ask(request, plan.patience)
                    figure = _figure(circuit, system, answer)
                    if figure.seconds is None or figure.seconds > plan.once_over:
                        repeated.remove(system)
                    yield figure
    finally:
        for each in drivers.values():
            await each.stop()


def _figure(circuit: Circuit, system: str, answer: Mapping[str, Any]) -> Figure:
    return Figure(
        circuit.suite,
        circuit.name,
        circuit.shots,
        system,
        answer.get("seconds"),
        answer.get("failed"),
        answer.get("report"),
    )


def _rotated(systems: Sequence[str], by: int) -> Sequence[str]:
    by %= max(1, len(systems))
    return [*systems[by:], *systems[:by]]
