import itertools

from hypothesis import given
from hypothesis import strategies as st

from qcexec_queue.batches import batches

SIZES = st.lists(st.integers(0, 50), max_size=60)
CAPS = st.integers(1, 60)


@given(SIZES, CAPS, CAPS)
def test_nothing_is_lost_doubled_or_reordered(
    sizes: list[int], most_items: int, most_bytes: int
) -> None:
    items = list(enumerate(sizes))
    cut = batches(items, lambda item: item[1], most_items=most_items, most_bytes=most_bytes)
    assert [item for batch in cut for item in batch] == items


@given(SIZES, CAPS, CAPS)
def test_a_batch_is_over_its_caps_only_when_a_single_item_is(
    sizes: list[int], most_items: int, most_bytes: int
) -> None:
    for batch in batches(sizes, lambda n: n, most_items=most_items, most_bytes=most_bytes):
        assert 1 <= len(batch) <= most_items
        assert len(batch) == 1 or sum(batch) <= most_bytes


@given(SIZES, CAPS, CAPS)
def test_no_batch_could_have_taken_the_item_after_it(
    sizes: list[int], most_items: int, most_bytes: int
) -> None:
    cut = list(batches(sizes, lambda n: n, most_items=most_items, most_bytes=most_bytes))
    for batch, following in itertools.pairwise(cut):
        assert len(batch) == most_items or sum(batch) + following[0] > most_bytes
