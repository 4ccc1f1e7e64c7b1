"""Where tasks go that no pool serves, and after how long."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from qcexec_queue.routes import Stranded, refuge
from qcexec_queue.workers import PoolRow

GIB = 2**30
pools = st.lists(
    st.builds(PoolRow, st.integers(1, 20), st.integers(1, 4), st.integers(0, 3)),
    unique_by=lambda each: each.queue_id,
)


@given(pools)
def test_it_is_the_largest_slots_then_the_lowest_rank(known: list[PoolRow]) -> None:
    chosen = refuge(known)
    if not known:
        assert chosen is None
        return
    assert chosen is not None
    assert chosen.slot_memory == max(each.slot_memory for each in known)
    alike = [each for each in known if each.slot_memory == chosen.slot_memory]
    assert chosen.rank == min(each.rank for each in alike)


@given(pools, st.randoms(use_true_random=False))
def test_it_does_not_depend_on_the_order_in_which_pools_are_told(
    known: list[PoolRow], random: Random
) -> None:
    shuffled = list(known)
    random.shuffle(shuffled)
    assert refuge(shuffled) == refuge(known)


def test_a_queue_is_due_once_it_was_seen_for_the_whole_grace() -> None:
    stranded = Stranded().seen([7], 100.0).seen([7], 150.0)
    assert stranded.longer_than(60.0, 159.0) == []
    assert stranded.longer_than(60.0, 160.0) == [7]


def test_a_queue_that_was_served_in_between_waits_for_a_whole_grace_again() -> None:
    stranded = Stranded().seen([7, 8], 100.0).seen([8], 150.0).seen([7, 8], 155.0)
    assert stranded.longer_than(60.0, 170.0) == [8]


looks = st.lists(
    st.tuples(st.sets(st.integers(1, 4)), st.integers(1, 100)), min_size=1, max_size=20
)


@given(looks, st.integers(0, 300))
def test_nothing_moves_unless_every_look_within_the_grace_found_it_stranded(
    told: list[tuple[set[int], int]], grace: int
) -> None:
    stranded, now, seen = Stranded(), 0, []
    for queue_ids, elapsed in told:
        now += elapsed
        seen.append((now, queue_ids))
        stranded = stranded.seen(queue_ids, now)
    for queue_id in stranded.longer_than(grace, now):
        recent = [queue_ids for at, queue_ids in seen if at >= now - grace]
        assert all(queue_id in queue_ids for queue_ids in recent)
