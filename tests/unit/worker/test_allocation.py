"""Dividing what was claimed among slots."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from qcexec_queue.states import Lane, Priority
from qcexec_queue.tasks import Lease
from qcexec_worker.allocation import allocate

costs = st.lists(st.floats(0, 1e6), max_size=60)


def leases(costs: list[float]) -> list[Lease]:
    return [
        Lease(UUID(int=number), number, 0, 0, Priority.NORMAL, Lane.FRESH, cost, b"", None)
        for number, cost in enumerate(costs)
    ]


@given(costs=costs, slots=st.integers(1, 16))
def test_every_lease_is_in_one_batch_in_its_order(costs: list[float], slots: int) -> None:
    given_leases = leases(costs)
    batches = allocate(given_leases, slots)
    assert all(batches)
    assert len(batches) == min(slots, len(given_leases))
    assert sorted(lease.epoch for batch in batches for lease in batch) == list(range(len(costs)))
    for batch in batches:
        epochs = [lease.epoch for lease in batch]
        assert epochs == sorted(epochs)


@given(costs=costs, slots=st.integers(1, 16))
def test_no_slot_waits_for_more_than_one_task_longer_than_another(
    costs: list[float], slots: int
) -> None:
    loads = [
        sum(max(lease.cost, 1e-6) for lease in batch) for batch in allocate(leases(costs), slots)
    ]
    if len(loads) == slots and costs:
        assert max(loads) - min(loads) <= max(*costs, 1e-6) * (1 + 1e-9) + 1e-6


def test_nothing_claimed_is_no_batch() -> None:
    assert allocate([], 3) == []
