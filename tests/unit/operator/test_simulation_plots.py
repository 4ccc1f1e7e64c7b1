"""What the simulation's plots show is what was simulated."""

from collections.abc import Callable

import numpy as np
import pytest
from benchmarks.autoscaling.clairvoyant import AllReady
from benchmarks.autoscaling.drawing import as_svg, over_time, waits_and_waste
from benchmarks.autoscaling.measures import outcome, simulated
from benchmarks.autoscaling.pool import SimulatedPool
from benchmarks.autoscaling.rules import Hpa, Keda, Scaler
from benchmarks.autoscaling.timelines import busy_slots, oldest_waits, timeline
from benchmarks.autoscaling.traces import SLOTS_PER_POD, traces
from hypothesis import given
from hypothesis import strategies as st

LOADS = {each.name: each for each in traces(8, 3_000, seed=3)}
SPANS = st.lists(st.tuples(st.floats(0.0, 50.0), st.floats(0.0, 50.0)), min_size=1, max_size=30)


def pool_of(load: str, scaler: Scaler, cold_start: float = 15.0) -> SimulatedPool:
    return simulated(LOADS[load], scaler, cold_start=cold_start, step=1.0, seed=3)


@given(SPANS, st.integers(1, 20))
def test_busy_slots_sum_to_the_seconds_that_were_run(
    spans: list[tuple[float, float]], number: int
) -> None:
    begins = np.array([begin for begin, _ in spans])
    ends = np.array([begin + seconds for begin, seconds in spans])
    edges = np.linspace(0.0, 100.0, number + 1)
    busy = busy_slots(begins, ends, edges)
    assert (busy >= -1e-9).all()
    assert (busy <= len(spans) + 1e-9).all()
    assert busy.sum() * (100.0 / number) == pytest.approx((ends - begins).sum(), abs=1e-6)


@given(SPANS, st.floats(0.0, 120.0))
def test_the_oldest_wait_is_that_of_the_first_task_that_has_come_and_not_begun(
    spans: list[tuple[float, float]], moment: float
) -> None:
    ordered = sorted(spans)
    arrivals = np.array([arrival for arrival, _ in ordered])
    begins = np.array([arrival + wait for arrival, wait in ordered])
    waiting = [moment - a for a, b in zip(arrivals, begins, strict=True) if a <= moment < b]
    found = oldest_waits(arrivals, begins, np.array([moment]))
    assert found[0] == max(waiting, default=0.0)


@pytest.mark.parametrize("load", LOADS)
@pytest.mark.parametrize("scaler", [lambda: Keda(4.0), Hpa, AllReady])
def test_a_timeline_has_the_work_of_the_trace_and_no_more_than_the_pods_could_do(
    load: str, scaler: Callable[[], Scaler]
) -> None:
    pool = pool_of(load, scaler())
    line = timeline(pool, 50)
    work = float(LOADS[load].seconds.sum()) / SLOTS_PER_POD
    assert (line.busy * np.diff(line.edges)).sum() == pytest.approx(work)
    assert line.edges[-1] >= pool.now
    assert len(line.busy) == len(line.oldest) == len(line.edges) - 1 <= 50
    assert line.oldest.max() <= pool.waits().max()
    asked_for = float((line.scales[:-1] * np.diff(line.scale_moments)).sum())
    # A lower scale is acted on a second or two later.
    lowered = -np.diff(line.scales).clip(max=0.0).sum()
    assert asked_for <= pool.pod_seconds <= asked_for + 2.0 * lowered


def test_no_scaler_ends_a_burst_before_the_pool_that_is_always_ready() -> None:
    ready = pool_of("bursty", AllReady(), cold_start=0.0)
    for scaler in (Keda(1.0), Hpa()):
        pool = pool_of("bursty", scaler)
        for _, last in LOADS["bursty"].bursts:
            assert ready.finishes()[:last].max() <= pool.finishes()[:last].max()


def test_plots_have_the_same_bytes_each_time_and_say_neither_when_nor_by_what_they_were_made() -> (
    None
):
    pools = {scaler.name: pool_of("steady", scaler) for scaler in (AllReady(), Keda(1.0), Hpa())}
    ready, keda, hpa = (timeline(pool, 50) for pool in pools.values())
    outcomes = [outcome(pool, name, seconds=0.0) for name, pool in pools.items()]

    def documents() -> list[str]:
        line = over_time(
            "steady", needed=ready, ours=hpa, keda=keda, keda_name="KEDA", target_wait=30.0
        )
        points = waits_and_waste(
            outcomes,
            ours="all pods, always ready",
            hpa="HPA 70%",
            targets={"steady": 30.0},
            labelled=["KEDA 1"],
        )
        return [as_svg(line), as_svg(points)]

    made = documents()
    assert made == documents()
    for document in made:
        assert document.endswith("</svg>\n")
        assert "dc:date" not in document
        assert "matplotlib.org" not in document
        assert len(document) < 80_000
