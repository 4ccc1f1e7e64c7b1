"""From figures to a table of medians, of ratios, and of what was expected. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.queue.measures import Figure
from benchmarks.queue.systems import OURS


@dataclass(frozen=True, slots=True)
class Measure:
    """A row of the table."""

    key: str
    title: str
    digits: int = 0


@dataclass(frozen=True, slots=True)
class Expectation:
    """What our median should be: at least or at most `bound` times the one of `against`.

    Without `against` the value itself is compared.
    """

    measure: str
    against: str | None
    at_least: bool
    bound: float


MEASURES: Sequence[Measure] = (
    Measure("enqueue", "enqueue, 16 producers, tasks/s"),
    Measure("batches", "enqueue by 1,000, tasks/s"),
    Measure("drain.best", "drain, best setting, tasks/s"),
    Measure("drain.tens", "drain, in tens, tasks/s"),
    Measure("drain.one", "drain, one at a time, tasks/s"),
    Measure("pickup.p50", "idle pickup p50, ms", 2),
    Measure("pickup.p99", "idle pickup p99, ms", 2),
    Measure("snapshot.up.first", "held snapshot, keeping up, first 5,000, tasks/s"),
    Measure("snapshot.up.last", "held snapshot, keeping up, last 5,000, tasks/s"),
    Measure("snapshot.up", "held snapshot, keeping up, last / first", 2),
    Measure("snapshot.backlog.first", "held snapshot, backlog, first 5,000, tasks/s"),
    Measure("snapshot.backlog.last", "held snapshot, backlog, last 5,000, tasks/s"),
    Measure("snapshot.backlog", "held snapshot, backlog, last / first", 2),
    Measure("claims.1000", "claim of ten at 1k pending, p50 ms", 2),
    Measure("claims.20000", "claim of ten at 20k pending, p50 ms", 2),
    Measure("claims.100000", "claim of ten at 100k pending, p50 ms", 2),
    Measure("claims.1000000", "claim of ten at 1M pending, p50 ms", 2),
    Measure("claims.10000000", "claim of ten at 10M pending, p50 ms", 2),
    Measure("claims.flat", "claim of ten, deepest / 1k", 2),
    Measure("wal", "WAL bytes per task"),
)

EXPECTED: Sequence[Expectation] = (
    Expectation("enqueue", "river", at_least=True, bound=2.0),
    Expectation("enqueue", "pgqueuer", at_least=True, bound=5.0),
    Expectation("batches", "river", at_least=True, bound=2.0),
    Expectation("drain.best", "graphile", at_least=True, bound=0.8),
    Expectation("drain.tens", "graphile", at_least=True, bound=1.5),
    Expectation("pickup.p50", "river", at_least=False, bound=0.75),
    Expectation("pickup.p99", "river", at_least=False, bound=0.8),
    Expectation("snapshot.up", None, at_least=True, bound=0.9),
    Expectation("snapshot.backlog", None, at_least=True, bound=0.9),
    Expectation("claims.flat", None, at_least=False, bound=1.5),
    Expectation("wal", "graphile", at_least=False, bound=0.7),
)

Medians = Mapping[str, Mapping[str, float]]


def medians(figures: Iterable[Figure]) -> Medians:
    """By measure and system, the median of the repetitions."""
    values: defaultdict[str, defaultdict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for figure in figures:
        values[figure.measure][figure.system].append(figure.value)
    return {
        measure: {system: median(each) for system, each in systems.items()}
        for measure, systems in values.items()
    }


def as_table(found: Medians, systems: Sequence[str]) -> str:
    """Each measure's medians; beside each peer's, in brackets, ours as a multiple of it."""
    rows = [["", *systems]]
    rows += [
        [
            measure.title,
            *(_cell(found[measure.key], system, measure.digits) for system in systems),
        ]
        for measure in MEASURES
        if measure.key in found
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(systems) + 1)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def as_verdicts(found: Medians) -> str:
    """A line for each expectation: what was expected, and what was found."""
    lines = []
    for expected in EXPECTED:
        ratio = _found(found, expected)
        subject = (
            expected.measure
            if expected.against is None
            else f"{expected.measure} / {expected.against}'s"
        )
        wanted = f"{'>=' if expected.at_least else '<='} {expected.bound:g}"
        if ratio is None:
            lines.append(f"  {subject:28} expected {wanted:8} not measured")
        else:
            met = ratio >= expected.bound if expected.at_least else ratio <= expected.bound
            lines.append(
                f"  {subject:28} expected {wanted:8} found {ratio:6.2f}{'' if met else '   MISSED'}"
            )
    return "\n".join(lines)


def as_document(figures: Sequence[Figure], about: Mapping[str, Any]) -> Mapping[str, Any]:
    """Everything, for a JSON file: the circumstances, the single values and their medians."""
    return {
        **about,
        "medians": medians(figures),
        "figures": [
            {"measure": each.measure, "system": each.system, "value": each.value}
            for each in figures
        ],
    }


def _cell(values: Mapping[str, float], system: str, digits: int) -> str:
    if system not in values:
        return "-"
    text = f"{values[system]:,.{digits}f}"
    if system == OURS or OURS not in values or not values[system]:
        return text
    return f"{text} ({values[OURS] / values[system]:.2f}x)"


def _found(found: Medians, expected: Expectation) -> float | None:
    values = found.get(expected.measure, {})
    if OURS not in values:
        return None
    if expected.against is None:
        return values[OURS]
    return values[OURS] / values[expected.against] if values.get(expected.against) else None
