"""`python -m benchmarks.autoscaling.plots`: the plots of docs/autoscaling.md, simulated anew.

At the scale that `python -m benchmarks.autoscaling` has by default, and with its seed. KEDA is
tried with more settings than there: beside ours over time is the one that wastes least of those
with which it is as fast, or, where none is, of the fastest.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.autoscaling.clairvoyant import AllReady
from benchmarks.autoscaling.drawing import as_svg, over_time, waits_and_waste
from benchmarks.autoscaling.measures import Outcome, outcome, simulated
from benchmarks.autoscaling.ours import Operator
from benchmarks.autoscaling.report import cheapest
from benchmarks.autoscaling.rules import Hpa, Keda
from benchmarks.autoscaling.scalers import scalers
from benchmarks.autoscaling.timelines import Timeline, timeline
from benchmarks.autoscaling.traces import Trace, traces

PODS, TASKS, SEED = 40, 400_000, 1
COLD_START_SECONDS, STEP_SECONDS = 15.0, 1.0
KEDA_TARGETS = (1.0, 1.1, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0)
LABELLED = tuple(Keda(target).name for target in (1.0, 2.0, 4.0, 6.0, 8.0, 10.0))
INTERVALS = 300
"""In which time is divided, at most: as many as one can tell apart."""
OVER_TIME = {
    "bursty": "bursts out of nothing, each five minutes of work for all slots",
    "diurnal": "a sine between 5% and 75% of all slots",
    "steady": "a constant rate, 40% of all slots",
}
"""The loads that are drawn over time, in words."""


@dataclass(frozen=True, slots=True)
class _Run:
    outcome: Outcome
    timeline: Timeline


def main(arguments: Sequence[str]) -> int:
    """Simulates, draws and writes; 0."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.autoscaling.plots", description=__doc__
    )
    parser.add_argument("--folder", type=Path, default=Path("docs/plots"), help="for the SVGs")
    folder: Path = parser.parse_args(arguments).folder
    folder.mkdir(parents=True, exist_ok=True)
    outcomes: list[Outcome] = []
    loads = traces(PODS, TASKS, SEED)
    for trace in loads:
        runs = _runs(trace)
        outcomes += [run.outcome for run in runs.values()]
        if trace.name in OVER_TIME:
            _write(folder / f"autoscaling-{trace.name}.svg", _over_time(trace, runs))
    figure = waits_and_waste(
        outcomes,
        ours=Operator.name,
        hpa=Hpa().name,
        targets={trace.name: _attainable_wait(trace) for trace in loads},
        labelled=LABELLED,
    )
    _write(folder / "autoscaling-waits-and-waste.svg", as_svg(figure))
    return 0


def _runs(trace: Trace) -> dict[str, _Run]:
    """By scaler."""
    runs = {}
    for scaler in scalers(trace, KEDA_TARGETS):
        pool = simulated(trace, scaler, cold_start=COLD_START_SECONDS, step=STEP_SECONDS, seed=SEED)
        figures = outcome(pool, scaler.name, seconds=0.0)
        runs[scaler.name] = _Run(figures, timeline(pool, INTERVALS))
        _say(
            f"{trace.name}: {scaler.name}, p95 {figures.wait_p95:.1f} s, "
            f"wasted {figures.wasted:.2f}, busy pods killed {figures.busy_pods_killed}"
        )
    return runs


def _over_time(trace: Trace, runs: dict[str, _Run]) -> str:
    outcomes = [run.outcome for run in runs.values()]
    rival = _rival(outcomes, trace)
    ready = simulated(trace, AllReady(), cold_start=0.0, step=STEP_SECONDS, seed=SEED)
    tasks = rival.scaler.removeprefix("KEDA ")
    return as_svg(
        over_time(
            f"{trace.name}: {OVER_TIME[trace.name]}",
            needed=timeline(ready, INTERVALS),
            ours=runs[Operator.name].timeline,
            keda=runs[rival.scaler].timeline,
            keda_name=f"KEDA, {tasks} {'task' if tasks == '1' else 'tasks'} a slot",
            target_wait=_attainable_wait(trace),
        )
    )


def _rival(outcomes: Sequence[Outcome], trace: Trace) -> Outcome:
    """KEDA's setting to draw beside ours."""
    fastest = min(each.wait_p95 for each in outcomes if each.scaler.startswith("KEDA"))
    ours = next(each.wait_p95 for each in outcomes if each.scaler == Operator.name)
    rival = cheapest(outcomes, trace.name, max(ours, fastest))
    assert rival is not None
    return rival


def _attainable_wait(trace: Trace) -> float | None:
    """The target, but for bursts: at the most pods, they take minutes."""
    return None if trace.bursts else trace.target_wait


def _write(file: Path, document: str) -> None:
    file.write_text(document, encoding="utf-8")
    _say(f"{file}, {len(document) / 1000:.0f} kB")


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
