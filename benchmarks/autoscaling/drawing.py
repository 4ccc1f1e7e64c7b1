"""From timelines and outcomes to figures, and from a figure to an SVG.

An SVG has the same bytes whenever the figure is the same: no date, no version, and ids that are
hashed with a fixed salt. Text stays text, in the reader's sans-serif: small, and a diff of two can
be read. The background is white, for pages that may be dark.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from io import StringIO

import matplotlib as mpl
from benchmarks.autoscaling.measures import Outcome
from benchmarks.autoscaling.timelines import Timeline
from benchmarks.autoscaling.traces import Floats
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.typing import RcKeyType

OURS_COLOR = "#0060b0"
KEDA_COLOR = "#c84e00"
HPA_COLOR = "#6b4c9a"
NEEDED_COLOR = "#cdd1d6"
_TEXT_COLOR = "#24292f"
_APART = 0.07
"""Least distance of two points with a number, as a share of a panel."""
_STYLE: dict[RcKeyType, object] = {
    "svg.hashsalt": "qcexec",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.0,
    "text.color": _TEXT_COLOR,
    "axes.labelcolor": _TEXT_COLOR,
    "axes.edgecolor": "#8c959f",
    "axes.titlesize": 10.0,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e6e8eb",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "xtick.color": _TEXT_COLOR,
    "ytick.color": _TEXT_COLOR,
    "legend.frameon": False,
    "lines.linewidth": 1.5,
}


def as_svg(figure: Figure) -> str:
    """The figure as an SVG document."""
    text = StringIO()
    with mpl.rc_context(_STYLE):
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    # The writer ends some lines with a blank.
    return "".join(line.rstrip() + "\n" for line in text.getvalue().splitlines())


def over_time(
    title: str,
    *,
    needed: Timeline,
    ours: Timeline,
    keda: Timeline,
    keda_name: str,
    target_wait: float | None,
) -> Figure:
    """Pods above, the oldest wait below, in minutes from the start.

    ``needed`` is the pool of which all pods are always ready. ``target_wait`` is left out where
    no pool that small could keep it.
    """
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(8.0, 4.6), layout="constrained")
        pods, waits = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        minutes = needed.edges / 60.0
        label = "needed (all pods, always ready)"
        pods.stairs(needed.busy, minutes, fill=True, color=NEEDED_COLOR, label=label)
        waits.fill_between(*_oldest(needed), color=NEEDED_COLOR, linewidth=0.0)
        for line, color, name in ((keda, KEDA_COLOR, keda_name), (ours, OURS_COLOR, "qcexec")):
            at = line.scale_moments / 60.0
            pods.step(at, line.scales, where="post", color=color, label=name)
            waits.plot(*_oldest(line), color=color, linewidth=1.2)
        if target_wait is not None:
            waits.axhline(target_wait, color=_TEXT_COLOR, linestyle=":", linewidth=1.0)
            waits.annotate(
                f"target, {target_wait:g} s",
                (1.0, target_wait),
                (-4.0, 3.0),
                xycoords=waits.get_yaxis_transform(),
                textcoords="offset points",
                horizontalalignment="right",
                fontsize=8.0,
            )
        pods.set_title(title)
        pods.set_ylabel("pods")
        waits.set_ylabel("oldest wait, s")
        waits.set_xlabel("minutes")
        ends = max(line.scale_moments[-1] for line in (needed, ours, keda)) / 60.0
        waits.set_xlim(0.0, ends)
        for axes in (pods, waits):
            axes.set_ylim(bottom=0.0)
        handles, labels = pods.get_legend_handles_labels()
        figure.legend(handles[::-1], labels[::-1], loc="outside upper right", ncols=3)
    return figure


def waits_and_waste(
    outcomes: Sequence[Outcome],
    *,
    ours: str,
    hpa: str,
    targets: Mapping[str, float | None],
    labelled: Sequence[str],
) -> Figure:
    """For each load a panel with a point for each scaler: wait p95 across, waste upwards.

    ``targets`` has the loads to draw in their order, and the target wait of each, or None where no
    pool that small could keep it. KEDA's settings are joined by a line in the order in which they
    come; ``labelled`` ones bear their number, where there is room.
    """
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(8.0, 5.4), layout="constrained")
        panels = figure.subplots(2, 3).ravel()
        for axes, (load, target) in zip(panels, targets.items(), strict=False):
            of_load = [each for each in outcomes if each.trace == load]
            keda = [each for each in of_load if each.scaler not in (ours, hpa)]
            axes.plot(*_points(keda), color=KEDA_COLOR, marker="o", markersize=3.5, linewidth=0.8)
            for name, color, marker, size in ((hpa, HPA_COLOR, "s", 5), (ours, OURS_COLOR, "D", 7)):
                points = _points([each for each in of_load if each.scaler == name])
                axes.plot(*points, color=color, marker=marker, markersize=size, clip_on=False)
            if target is not None:
                axes.axvline(target, color=_TEXT_COLOR, linestyle=":", linewidth=1.0)
            axes.set_title(load)
            longest = max(each.wait_p95 for each in of_load)
            axes.set_xlim(-0.03 * longest, 1.1 * max(longest, target or 0.0))
            axes.set_ylim(0.0, 1.15 * max(each.wasted for each in of_load))
            _number(axes, [each for each in keda if each.scaler in labelled])
        _key(panels[-1], hpa)
        figure.supxlabel("wait p95, s", fontsize=9.0)
        figure.supylabel("pod-seconds wasted / worked", fontsize=9.0)
    return figure


def _oldest(line: Timeline) -> tuple[Floats, Floats]:
    """The middle of each interval in minutes, and the oldest wait in it."""
    return (line.edges[:-1] + line.edges[1:]) / 120.0, line.oldest


def _points(outcomes: Sequence[Outcome]) -> tuple[list[float], list[float]]:
    return [each.wait_p95 for each in outcomes], [each.wasted for each in outcomes]


def _number(axes: Axes, keda: Sequence[Outcome]) -> None:
    """Writes beside each of KEDA's points its tasks a slot, unless another's is too near."""
    width, height = axes.get_xlim()[1], axes.get_ylim()[1]
    numbered: list[Outcome] = []
    for each in keda:
        if all(
            math.hypot((each.wait_p95 - o.wait_p95) / width, (each.wasted - o.wasted) / height)
            > _APART
            for o in numbered
        ):
            numbered.append(each)
            axes.annotate(
                each.scaler.removeprefix("KEDA "),
                (each.wait_p95, each.wasted),
                (4.0, 3.0),
                textcoords="offset points",
                fontsize=8.0,
            )


def _key(axes: Axes, hpa: str) -> None:
    """The legend, in a panel of its own."""
    axes.set_axis_off()
    axes.plot([], [], color=OURS_COLOR, marker="D", markersize=7, linestyle="", label="qcexec")
    label = "KEDA, by tasks a slot"
    axes.plot([], [], color=KEDA_COLOR, marker="o", markersize=3.5, linewidth=0.8, label=label)
    axes.plot([], [], color=HPA_COLOR, marker="s", markersize=5, linestyle="", label=hpa)
    axes.plot([], [], color=_TEXT_COLOR, linestyle=":", linewidth=1.0, label="target wait")
    axes.legend(loc="center", title="lower left is better")
