"""From figures to tables: times, ratios, geometric means, and what was expected. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import geometric_mean, median, quantiles
from typing import Any

from benchmarks.engine.measures import AER, ENGINE, NAIVE, OURS, WARM, Figure
from benchmarks.engine.plan import BUILT_IN, SUITES

Key = tuple[str, str, int]
"""Suite, circuit, shots."""


@dataclass(frozen=True, slots=True)
class Row:
    """A circuit's medians by system, in seconds, and what went wrong by system."""

    seconds: Mapping[str, float]
    failures: Mapping[str, str]
    reports: Sequence[Mapping[str, Any]]

    def ratio(self, peer: str, own: str = OURS) -> float | None:
        """How many times as long a peer takes as we do."""
        if own not in self.seconds or peer not in self.seconds:
            return None
        return self.seconds[peer] / self.seconds[own]


@dataclass(frozen=True, slots=True)
class Expectation:
    """A peer's time should be at least `bound` times ours, for one circuit."""

    circuit: str
    shots: int
    peer: str
    own: str
    bound: float


EXPECTED: Sequence[Expectation] = (
    Expectation("bell", 1024, NAIVE, OURS, 500),
    Expectation("ghz-5", 1024, NAIVE, OURS, 500),
    Expectation("ghz-1000", 1024, AER, OURS, 1000),
    Expectation("teleportation", 1024, AER, OURS, 50),
    Expectation("teleportation", 20_000, AER, OURS, 500),
    Expectation("repetition-9x5", 1024, AER, OURS, 50),
    Expectation("repetition-9x5", 20_000, AER, OURS, 500),
    Expectation("bell", 1024, NAIVE, WARM, 1000),
    Expectation("qft-16", 1024, NAIVE, WARM, 300),
)
_LEAST_MEAN = 60.0
_LEAST_BESIDE_AER = 0.8


def rows(figures: Iterable[Figure]) -> Mapping[Key, Row]:
    """The medians of each circuit."""
    kept: defaultdict[Key, list[Figure]] = defaultdict(list)
    for figure in figures:
        kept[figure.suite, figure.circuit, figure.shots].append(figure)
    return {key: _row(each) for key, each in kept.items()}


def as_table(found: Mapping[Key, Row], systems: Sequence[str]) -> str:
    """Each circuit's times in milliseconds; beside a peer's, in brackets, as a multiple of ours."""
    table = [["", "shots", *systems, "method"]]
    for (suite, circuit, shots), row in found.items():
        cells = [_cell(row, system) for system in systems]
        method = str(row.reports[-1]["method"]) if row.reports else "-"
        table.append([f"{suite} {circuit}", str(shots), *cells, method])
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if 0 < column < len(widths) - 1 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in table
    )


def as_summary(found: Mapping[Key, Row]) -> str:
    """Geometric means by suite, the front end's share, the estimates, the slowest beside Aer."""
    lines = [line for suite in SUITES for line in _means(found, suite)]
    public = [row for (suite, _, _), row in found.items() if suite != BUILT_IN]
    taken = sum(OURS in row.seconds for row in public)
    if public:
        lines.append(f"  public circuits taken by the front end: {taken} of {len(public)}")
    lines += _front_end(found.values())
    lines += _calibration(found.values())
    return "\n".join(lines + _slowest(found) + _failures(found))


def as_verdicts(found: Mapping[Key, Row]) -> str:
    """A line for each expectation: what was expected, and what was found."""
    lines = []
    for each in EXPECTED:
        row = found.get((BUILT_IN, each.circuit, each.shots))
        ratio = row.ratio(each.peer, each.own) if row is not None else None
        subject = f"{each.circuit} x{each.shots}, {each.own} beside {each.peer}"
        lines.append(_verdict(subject, ratio, each.bound))
    for suite in SUITES[1:]:
        ratios = _ratios(found, suite, NAIVE)
        mean = geometric_mean(ratios) if ratios else None
        lines.append(_verdict(f"{suite}, geometric mean beside {NAIVE}", mean, _LEAST_MEAN))
    beside = [ratio for suite in SUITES[1:] for ratio in _ratios(found, suite, AER)]
    least = min(beside, default=None)
    lines.append(_verdict(f"the slowest public circuit beside {AER}", least, _LEAST_BESIDE_AER))
    return "\n".join(lines)


def as_document(figures: Sequence[Figure], about: Mapping[str, Any]) -> Mapping[str, Any]:
    """Everything, for a JSON file."""
    return {**about, "figures": [asdict(figure) for figure in figures]}


def _row(figures: Sequence[Figure]) -> Row:
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    for figure in figures:
        if figure.seconds is not None:
            seconds[figure.system].append(figure.seconds)
    return Row(
        {system: median(each) for system, each in seconds.items()},
        {figure.system: figure.failure for figure in figures if figure.failure is not None},
        [each.report for each in figures if each.system == ENGINE and each.report is not None],
    )


def _cell(row: Row, system: str) -> str:
    if system not in row.seconds:
        return "failed" if system in row.failures else "-"
    text = f"{row.seconds[system] * 1e3:,.3f}"
    ratio = row.ratio(system)
    return text if system in (OURS, ENGINE) or ratio is None else f"{text} ({_times(ratio)})"


def _times(ratio: float) -> str:
    return f"{ratio:,.0f}x" if ratio >= 10 else f"{ratio:.2f}x"


def _ratios(found: Mapping[Key, Row], suite: str, peer: str) -> list[float]:
    ratios = [row.ratio(peer) for key, row in found.items() if key[0] == suite]
    return [ratio for ratio in ratios if ratio is not None]


def _means(found: Mapping[Key, Row], suite: str) -> list[str]:
    lines = []
    for peer in (NAIVE, AER):
        ratios = _ratios(found, suite, peer)
        if ratios:
            mean = f"{_times(geometric_mean(ratios)):>8} in geometric mean of {len(ratios)}"
            lines.append(f"  {suite:10} beside {peer:6} {mean}, least {_times(min(ratios))}")
    return lines


def _front_end(found: Iterable[Row]) -> list[str]:
    shares = [
        report["parse_ms"] / (report["build_ms"] + report["exec_ms"])
        for row in found
        for report in row.reports[-1:]
    ]
    if not shares:
        return []
    figures = f"median {median(shares):.0%}, most {max(shares):.0%}"
    return [f"  the front end's share of a run: {figures}"]


def _calibration(found: Iterable[Row]) -> list[str]:
    ratios = [
        median(report["predicted_ms"] / report["exec_ms"] for report in row.reports)
        for row in found
        if row.reports
    ]
    if len(ratios) < 2:
        return []
    marks = quantiles(ratios, n=20, method="inclusive")
    within = sum(0.5 <= ratio <= 2.0 for ratio in ratios) / len(ratios)
    figures = f"p5 {marks[0]:.2f}, median {median(ratios):.2f}, p95 {marks[-1]:.2f}"
    return [f"  predicted / actual time: {figures}; within [0.5, 2]: {within:.0%}"]


def _slowest(found: Mapping[Key, Row], shown: int = 5) -> list[str]:
    beside = [(row.ratio(AER), key) for key, row in found.items()]
    ordered = sorted((ratio, key) for ratio, key in beside if ratio is not None)
    return [
        f"  slowest beside {AER}: {suite} {circuit} x{shots} {_times(ratio)}"
        for ratio, (suite, circuit, shots) in ordered[:shown]
    ]


def _failures(found: Mapping[Key, Row]) -> list[str]:
    return [
        f"  failed: {suite} {circuit} x{shots} in {system}: {reason}"
        for (suite, circuit, shots), row in found.items()
        for system, reason in row.failures.items()
    ]


def _verdict(subject: str, ratio: float | None, bound: float) -> str:
    wanted = f"  {subject:46} expected >= {bound:g}x"
    if ratio is None:
        return f"{wanted:72} not measured"
    return f"{wanted:72} found {_times(ratio)}{'' if ratio >= bound else '   MISSED'}"
