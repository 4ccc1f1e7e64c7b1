"""From outcomes to a table of ratios, and to what was expected. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.autoscaling.measures import Outcome
from benchmarks.autoscaling.ours import Operator
from benchmarks.autoscaling.traces import Trace

OURS = Operator.name


def as_table(outcomes: Sequence[Outcome]) -> str:
    """A line for each run."""
    rows = [
        (
            "trace",
            "scaler",
            "wait p50 s",
            "p95",
            "p99",
            "makespan/bound",
            "wasted/worked",
            "wasted/ours",
            "reversals/h",
            "busy killed",
            "of lowered",
            "repeated",
            "took s",
        )
    ]
    for each in outcomes:
        ours = _of(outcomes, each.trace, OURS)
        rows.append(
            (
                each.trace,
                each.scaler,
                f"{each.wait_p50:.2f}",
                f"{each.wait_p95:.1f}",
                f"{each.wait_p99:.1f}",
                "-" if each.makespan is None else f"{each.makespan:.2f}",
                f"{each.wasted:.2f}",
                "-" if ours is None else f"{each.wasted_pod_seconds / ours.wasted_pod_seconds:.2f}",
                f"{each.reversals_per_hour:.1f}",
                str(each.busy_pods_killed),
                str(each.lowered),
                str(each.tasks_repeated),
                f"{each.seconds:.0f}",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def as_verdicts(outcomes: Sequence[Outcome], traces: Sequence[Trace]) -> str:
    """A line for each expectation: what was expected, and what was found."""
    lines = []
    for trace in traces:
        ours = _of(outcomes, trace.name, OURS)
        if ours is None:
            continue
        lines.append(_line(trace.name, "busy pods killed", ours.busy_pods_killed, 0.0))
        if ours.makespan is not None:
            lines.append(_line(trace.name, "makespan / clairvoyant", ours.makespan, 1.15))
        else:
            target = trace.target_wait
            lines.append(_line(trace.name, "wait p95 / target", ours.wait_p95 / target, 1.0))
        if trace.name == "steady":
            lines.append(_line(trace.name, "reversals an hour", ours.reversals_per_hour, 2.0))
        if not any(each.scaler.startswith("KEDA") for each in outcomes):
            continue
        for within, allowed in (("as fast", ours.wait_p95), ("in time", trace.target_wait)):
            rival = cheapest(outcomes, trace.name, max(allowed, ours.wait_p95))
            if rival is None:
                lines.append(f"  {trace.name:13} no setting of KEDA's is {within}")
            else:
                ratio = ours.wasted_pod_seconds / rival.wasted_pod_seconds
                what = f"wasted / {rival.scaler}'s, {within}"
                lines.append(_line(trace.name, what, ratio, 1.0))
    return "\n".join(lines)


def cheapest(outcomes: Sequence[Outcome], trace: str, wait_p95: float) -> Outcome | None:
    """The setting of KEDA's that wastes least of those whose p95 is at most that."""
    as_fast = [
        each
        for each in outcomes
        if each.trace == trace and each.scaler.startswith("KEDA") and each.wait_p95 <= wait_p95
    ]
    return min(as_fast, key=lambda each: each.wasted_pod_seconds, default=None)


def _of(outcomes: Sequence[Outcome], trace: str, scaler: str) -> Outcome | None:
    return next((e for e in outcomes if e.trace == trace and e.scaler == scaler), None)


def _line(trace: str, what: str, found: float, bound: float) -> str:
    missed = "" if found <= bound else "   MISSED"
    return f"  {trace:13} {what:32} expected <= {bound:<5g} found {found:6.2f}{missed}"
