"""What a dashboard is made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Unit(Enum):
    """What an axis counts: the value is Grafana's name of the unit."""

    SECONDS = "s"
    BYTES = "bytes"
    RATIO = "percentunit"
    """0 to 1, shown as percent."""
    COUNT = "short"
    FACTOR = "suffix:x"
    CORES = "suffix: cores"
    TASKS_PER_SECOND = "suffix: tasks/s"
    REQUESTS_PER_SECOND = "reqps"
    EVENTS_PER_SECOND = "suffix:/s"
    YES_OR_NO = "bool_yes_no"


class Kind(Enum):
    """How a panel is drawn: the value is Grafana's type of the panel."""

    LINES = "timeseries"
    FIGURE = "stat"
    """The last value of each series."""
    HEATMAP = "heatmap"
    """One query: the buckets of a histogram."""
    STATES = "state-timeline"


@dataclass(frozen=True, slots=True)
class Query:
    """An expression of PromQL."""

    expression: str
    legend: str = ""
    """With labels as `{{name}}`."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture."""

    title: str
    description: str
    unit: Unit
    queries: tuple[Query, ...]
    kind: Kind = Kind.LINES
    width: int = 8
    """Of 24 columns."""
    height: int = 8
    stacked: bool = False
    warn_from: float | None = None
    """Yellow from here on."""
    alarm_from: float | None = None
    """Red from here on; where it lies below `warn_from`, from here downwards."""
    quiet: bool = False
    """It rightly shows nothing while all is well."""


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under one heading, from left to right and then down."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A page of Grafana. Its uid is part of links, and stays."""

    uid: str
    title: str
    description: str
    rows: tuple[Row, ...]

    @property
    def panels(self) -> tuple[Panel, ...]:
        """All of them, in their order."""
        return tuple(panel for row in self.rows for panel in row.panels)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a panel is drawn, in Grafana's grid."""

    x: int
    y: int
    width: int
    height: int
