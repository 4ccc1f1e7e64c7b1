"""How long a dead service waits."""

from hypothesis import given
from hypothesis import strategies as st

from qcexec_standalone.restarts import FIRST_DELAY, LONGEST_DELAY, STEADY_SECONDS, Restarts


def test_each_death_in_a_row_doubles_the_wait() -> None:
    restarts, delays = Restarts(), []
    for _ in range(4):
        restarts = restarts.after_death(ran_seconds=0)
        delays.append(restarts.delay)

    assert delays == [1, 2, 4, 8]


def test_a_death_after_a_steady_run_begins_a_new_series() -> None:
    assert Restarts(7).after_death(STEADY_SECONDS).delay == FIRST_DELAY


@given(st.integers(1, 10**6))
def test_the_wait_has_a_limit(deaths: int) -> None:
    assert FIRST_DELAY <= Restarts(deaths).delay <= LONGEST_DELAY
