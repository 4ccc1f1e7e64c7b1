"""Panels of a dashboard as a figure, from what Prometheus answered: a picture for a page.

An SVG has the same bytes whenever the figure is the same: no date, no version, and ids that are
hashed with a fixed salt. Text stays text. The background is white, for pages that may be dark.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.typing import RcKeyType

from dashboards.panels import Panel, Unit

_COLUMNS = 2
_MOST_IN_LEGEND = 8
_ROOM = 1.3
_STYLE: dict[RcKeyType, object] = {
    "svg.hashsalt": "qcexec",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.0,
    "axes.titlesize": 9.0,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e6e8eb",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 7.0,
    "lines.linewidth": 1.2,
}
_AXES: Mapping[Unit, str] = {
    Unit.SECONDS: "seconds",
    Unit.BYTES: "MB",
    Unit.RATIO: "%",
    Unit.TASKS_PER_SECOND: "tasks a second",
    Unit.REQUESTS_PER_SECOND: "requests a second",
    Unit.EVENTS_PER_SECOND: "a second",
    Unit.FACTOR: "expected / real",
    Unit.CORES: "cores",
    Unit.COUNT: "",
    Unit.YES_OR_NO: "",
}
_SCALE: Mapping[Unit, float] = {Unit.BYTES: 1e-6, Unit.RATIO: 100.0}


@dataclass(frozen=True, slots=True)
class Line:
    """One series of a panel."""

    legend: str
    minutes: tuple[float, ...]
    """Since the begin of the picture."""
    values: tuple[float, ...]


def drawn(panels: Sequence[tuple[Panel, Sequence[Line]]]) -> str:
    """Panels side by side, as an SVG document."""
    with mpl.rc_context(_STYLE):
        rows = math.ceil(len(panels) / _COLUMNS)
        figure = Figure(figsize=(9.0, 2.4 * rows), layout="constrained")
        places = figure.subplots(rows, _COLUMNS, squeeze=False, sharex=True).flatten()
        for place, (panel, lines) in zip(places, panels, strict=False):
            _draw(place, panel, lines)
        for place in places[len(panels) :]:
            place.set_axis_off()
        for place in places[-_COLUMNS:]:
            place.set_xlabel("minutes")
        text = StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    # The writer ends some lines with a blank.
    return "".join(line.rstrip() + "\n" for line in text.getvalue().splitlines())


def _draw(place: Axes, panel: Panel, lines: Sequence[Line]) -> None:
    scale = _SCALE.get(panel.unit, 1.0)
    shown = [line for line in lines if any(line.values)] or list(lines[:1])
    if panel.stacked and shown:
        minutes = max((line.minutes for line in shown), key=len)
        heights = [_at(line, minutes, scale) for line in shown]
        place.stackplot(minutes, heights, labels=[line.legend for line in shown], alpha=0.7)
    else:
        for line in shown:
            place.plot(line.minutes, [scale * each for each in line.values], label=line.legend)
    place.set_title(panel.title)
    place.set_ylabel(_AXES[panel.unit])
    # With room for the legend above the lines.
    place.set_ylim(bottom=0.0, top=_ROOM * place.get_ylim()[1])
    if 0 < len(shown) <= _MOST_IN_LEGEND:
        place.legend(loc="upper left", ncols=3)


def _at(line: Line, minutes: Sequence[float], scale: float) -> list[float]:
    """The values at these moments; 0 where there is none."""
    known = dict(zip(line.minutes, line.values, strict=True))
    return [scale * known.get(minute, 0.0) for minute in minutes]
