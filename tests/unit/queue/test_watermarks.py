"""Watermarks trail what was claimed; sweeps come often enough and cost little."""

from hypothesis import given
from hypothesis import strategies as st

from qcexec_queue.states import Lane, Priority
from qcexec_queue.watermarks import (
    LANES_WITH_SUSPECTS,
    LANES_WITHOUT_SUSPECTS,
    TRAILING_SECONDS,
    SweepSchedule,
    Watermarks,
)

PLACE = (Priority.NORMAL, Lane.FRESH)
OTHER = (Priority.NORMAL, Lane.RETURNED)
GRAIN = 0.05
STEPS = st.lists(st.tuples(st.floats(0.0, 0.3), st.integers(1, 1000)), max_size=60)


@given(STEPS, st.floats(0.0, 5.0))
def test_a_claim_never_starts_beyond_what_was_claimed_long_enough_ago(
    steps: list[tuple[float, int]], later: float
) -> None:
    watermarks, claims, now = Watermarks(), [], 0.0
    for pause, seq in steps:
        now += pause
        watermarks.claimed(PLACE, seq, now)
        claims.append((now, seq))
        settled = [seq for at, seq in claims if now - at >= TRAILING_SECONDS]
        assert watermarks.value(PLACE, now) <= max(settled, default=0)
    now += later
    settled = [seq for at, seq in claims if now - at >= TRAILING_SECONDS]
    assert watermarks.value(PLACE, now) <= max(settled, default=0)


@given(STEPS)
def test_a_claim_starts_at_what_was_claimed_somewhat_longer_ago(
    steps: list[tuple[float, int]],
) -> None:
    watermarks, claims, now = Watermarks(), [], 0.0
    for pause, seq in steps:
        now += pause
        watermarks.claimed(PLACE, seq, now)
        claims.append((now, seq))
    # A grain of time may hold a claim back by its own length.
    surely = [seq for at, seq in claims if now - at > TRAILING_SECONDS + 2 * GRAIN]
    assert watermarks.value(PLACE, now) >= max(surely, default=0)


@given(STEPS)
def test_a_watermark_never_falls(steps: list[tuple[float, int]]) -> None:
    watermarks, now, before = Watermarks(), 0.0, 0
    for pause, seq in steps:
        now += pause
        watermarks.claimed(PLACE, seq, now)
        value = watermarks.value(PLACE, now)
        assert value >= before
        before = value


def test_lanes_have_watermarks_of_their_own() -> None:
    watermarks = Watermarks()
    watermarks.claimed(PLACE, 500, 0.0)
    assert watermarks.value(PLACE, 10.0) == 500
    assert watermarks.value(OTHER, 10.0) == 0


def test_suspects_come_first_then_priorities_with_what_returned_before_what_is_new() -> None:
    assert [lane for _, lane in LANES_WITH_SUSPECTS[: len(Priority)]] == [Lane.SUSPECT] * 4
    assert LANES_WITH_SUSPECTS[len(Priority) :] == LANES_WITHOUT_SUSPECTS
    assert list(LANES_WITHOUT_SUSPECTS) == sorted(LANES_WITHOUT_SUSPECTS)
    assert len(set(LANES_WITH_SUSPECTS)) == len(Priority) * len(Lane)


def test_the_first_claim_and_the_one_after_a_reconnect_are_sweeps() -> None:
    schedule = SweepSchedule()
    assert schedule.due(0.0)
    schedule.swept(0.0, 0.001)
    assert not schedule.due(1.0)
    schedule.reset()
    assert schedule.due(1.0)


@given(st.floats(0.0, 10.0), st.floats(0.0, 10.0))
def test_sweeps_come_every_two_seconds_unless_they_take_long(begun: float, length: float) -> None:
    schedule = SweepSchedule()
    ended = begun + length
    schedule.swept(begun, ended)
    wait = schedule.seconds_left(ended)
    assert not schedule.due(ended + 1.9)
    assert schedule.due(ended + max(2.0, 30.0 * (ended - begun)) + 1e-6)
    assert wait >= 2.0 - 1e-9
    # Of all time, sweeping takes one part in thirty-one at the most.
    assert (ended - begun) <= (ended - begun + wait) / 30.9
