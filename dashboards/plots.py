"""`python -m dashboards.plots URL`: panels as pictures, from the data of a Prometheus.

For pages, where there is no Grafana: the queries are those of the dashboards, over the last
minutes.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dashboards.drawing import Line, drawn
from dashboards.overview import OVERVIEW
from dashboards.panels import Dashboard, Panel
from dashboards.queue import QUEUE
from dashboards.workers import WORKERS

PICTURES: Mapping[str, tuple[Dashboard, tuple[str, ...]]] = {
    "observability-overview": (
        OVERVIEW,
        ("Wait", "Run", "Tasks", "Waiting and running", "Requests", "Duration of requests"),
    ),
    "observability-workers": (
        WORKERS,
        (
            *("Slots", "Circuits by method", "Run time by size", "Estimate beside truth"),
            *("Duration of a claim", "From NOTIFY to claim"),
        ),
    ),
    "observability-queue": (
        QUEUE,
        ("Tasks by state", "Longest wait", "Duration of an enqueue", "Size of the database"),
    ),
}
"""Which panels are drawn, by the name of the file."""

_POINTS = 150


@dataclass(frozen=True, slots=True)
class Source:
    """Where the data is, and of which release; times are Unix seconds."""

    url: str
    namespace: str
    release: str
    start: float
    end: float
    window: str
    """What stands for Grafana's `$__rate_interval`."""

    @property
    def step(self) -> float:
        """Seconds from one point to the next."""
        return max(1.0, (self.end - self.start) / _POINTS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Asks, draws and writes. Gives the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m dashboards.plots", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("url", help="of Prometheus, such as http://127.0.0.1:9090")
    parser.add_argument("--namespace", default="qcexec")
    parser.add_argument("--release", default="qcexec")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--window", default="2m", help="over which rates are taken")
    parser.add_argument("--folder", type=Path, default=Path("docs/plots"), help="for the SVGs")
    parser.add_argument("--only", choices=PICTURES, help="draw this one alone")
    options = parser.parse_args(arguments)
    end = time.time()
    source = Source(
        options.url,
        options.namespace,
        options.release,
        end - 60.0 * options.minutes,
        end,
        options.window,
    )
    folder: Path = options.folder
    for name, (dashboard, titles) in PICTURES.items():
        if options.only in (None, name):
            panels = [panel for title in titles for panel in _titled(dashboard, title)]
            document = drawn([(panel, list(_lines(source, panel))) for panel in panels])
            (folder / f"{name}.svg").write_text(document, encoding="utf-8")
            sys.stderr.write(f"{folder / name}.svg\n")
    return 0


def _titled(dashboard: Dashboard, title: str) -> Iterator[Panel]:
    return (panel for panel in dashboard.panels if panel.title == title)


def _lines(source: Source, panel: Panel) -> Iterator[Line]:
    for query in panel.queries:
        for labels, points in _asked(source, query.expression):
            known = [(at, value) for at, value in points if math.isfinite(value)]
            yield Line(
                _legend(query.legend, labels),
                tuple((at - source.start) / 60.0 for at, _ in known),
                tuple(value for _, value in known),
            )


def _legend(form: str, labels: Mapping[str, str]) -> str:
    return re.sub(r"\{\{(\w+)\}\}", lambda found: labels.get(found[1], ""), form)


def _asked(
    source: Source, expression: str
) -> Iterator[tuple[Mapping[str, str], list[tuple[float, float]]]]:
    """Labels and points of each series. Raises OSError where Prometheus does not answer."""
    for name, value in (
        ("$namespace", source.namespace),
        ("$release", source.release),
        ("$__rate_interval", source.window),
    ):
        expression = expression.replace(name, value)
    parameters = urllib.parse.urlencode(
        {"query": expression, "start": source.start, "end": source.end, "step": source.step}
    )
    address = f"{source.url}/api/v1/query_range?{parameters}"
    with urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310  # given by hand
        document = json.load(answer)
    for series in document["data"]["result"]:
        yield series["metric"], [(float(at), float(value)) for at, value in series["values"]]


if __name__ == "__main__":
    sys.exit(main())
