"""Which pools take what does not fit elsewhere."""

from qcexec_operator.routes import Move, PoolState, Stranded, moves, rows

GIB = 2**30
SMALL = PoolState("default", 1 * GIB, 0, live_workers=2, wakeable=False)
ASLEEP = PoolState("large", 8 * GIB, 1, live_workers=0, wakeable=True)
DEAD = PoolState("huge", 64 * GIB, 2, live_workers=0, wakeable=False)


def test_a_pool_asleep_takes_tasks_and_one_that_nobody_can_wake_does_not() -> None:
    assert rows([DEAD, ASLEEP, SMALL]) == (SMALL, ASLEEP)


def test_a_pool_without_an_operator_takes_tasks_while_it_has_a_worker() -> None:
    alive = PoolState("huge", 64 * GIB, 2, live_workers=1, wakeable=False)
    assert rows([alive, SMALL]) == (SMALL, alive)


def test_tasks_that_nobody_serves_go_to_the_largest_pool_after_a_grace() -> None:
    stranded = [Stranded("huge", since=100.0)]
    assert moves(stranded, [SMALL, ASLEEP, DEAD], 159.0, grace=60.0) == ()
    assert moves(stranded, [SMALL, ASLEEP, DEAD], 160.0, grace=60.0) == (Move("huge", "large"),)


def test_tasks_of_a_queue_that_is_served_stay() -> None:
    assert moves([Stranded("large", 0.0)], [SMALL, ASLEEP], 1000.0, grace=60.0) == ()


def test_without_any_pool_they_end() -> None:
    assert moves([Stranded("huge", 0.0)], [DEAD], 1000.0, grace=60.0) == (Move("huge", None),)
