"""Expressions of PromQL that panels share, narrowed to the release that is chosen.

Counters are read over `$__rate_interval`, which Grafana makes long enough for the scrape interval.
Figures of a queue come from one process at a time; while they go over to another, two are seen, so
they are never summed over processes.
"""

from __future__ import annotations

_CHOSEN = 'namespace="$namespace",release="$release"'


def series(metric: str, *matchers: str) -> str:
    """A selector: the metric in the chosen release, with further matchers."""
    return f"{metric}{{{','.join((_CHOSEN, *matchers))}}}"


def rate(counter: str, *by: str, where: tuple[str, ...] = ()) -> str:
    """Events in a second, summed by labels."""
    return _aggregated("sum", f"rate({series(counter, *where)}[$__rate_interval])", by)


def in_an_hour(counter: str) -> str:
    """Events of the last hour, of all processes."""
    return f"sum(increase({series(counter)}[1h]))"


def total(gauge: str, *by: str, where: tuple[str, ...] = ()) -> str:
    """A gauge, summed over processes."""
    return _aggregated("sum", series(gauge, *where), by)


def one(gauge: str, *by: str, where: tuple[str, ...] = ()) -> str:
    """A gauge that one process at a time tells, or of which the largest counts."""
    return _aggregated("max", series(gauge, *where), by)


def quantile(share: float, histogram: str, *by: str) -> str:
    """A quantile of what a histogram observed, interpolated within its bucket."""
    return f"histogram_quantile({share:g}, {buckets(histogram, *by)})"


def buckets(histogram: str, *by: str) -> str:
    """A histogram's observations in a second, by bucket."""
    return rate(f"{histogram}_bucket", "le", *by)


def mean(histogram: str) -> str:
    """The mean of what a histogram observed."""
    return f"{rate(f'{histogram}_sum')} / {rate(f'{histogram}_count')}"


def _aggregated(operator: str, expression: str, by: tuple[str, ...]) -> str:
    grouping = f" by ({', '.join(by)}) " if by else ""
    return f"{operator}{grouping}({expression})"
