import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcexec_worker.errors import DoesNotFitMachine
from qcexec_worker.sizing import (
    LEAST_BUDGET_BYTES,
    MEBIBYTE,
    RESERVE_PERCENT,
    Costs,
    lendable_cpus,
    plan_slots,
)

COSTS = Costs(parent=80 * MEBIBYTE, forkserver=160 * MEBIBYTE, child=32 * MEBIBYTE)
GIBIBYTE = 1024 * MEBIBYTE


@given(
    cpus=st.integers(1, 256),
    memory=st.integers(64 * MEBIBYTE, 4096 * GIBIBYTE),
    least=st.integers(LEAST_BUDGET_BYTES, 64 * GIBIBYTE),
    override=st.none() | st.integers(1, 64),
)
def test_everything_together_stays_within_the_memory(
    cpus: int, memory: int, least: int, override: int | None
) -> None:
    try:
        plan = plan_slots(
            cpus=cpus, memory_bytes=memory, costs=COSTS, least_slot_bytes=least, override=override
        )
    except DoesNotFitMachine:
        fixed = COSTS.parent + COSTS.forkserver
        slots = override or 1
        needed = fixed + slots * (LEAST_BUDGET_BYTES + COSTS.child + MEBIBYTE)
        assert memory * (100 - RESERVE_PERCENT) < (needed + MEBIBYTE) * 100
        return
    used = COSTS.parent + COSTS.forkserver + plan.slots * (COSTS.child + plan.slot_bytes)
    assert used * 100 <= memory * (100 - RESERVE_PERCENT)
    assert plan.slot_bytes >= LEAST_BUDGET_BYTES
    if override is not None:
        assert plan.slots == override
    else:
        assert 1 <= plan.slots <= cpus
        assert plan.slots == 1 or plan.slot_bytes >= least - MEBIBYTE


def plan(cpus: int, memory: int, override: int | None = None) -> tuple[int, str]:
    made = plan_slots(
        cpus=cpus,
        memory_bytes=memory,
        costs=COSTS,
        least_slot_bytes=512 * MEBIBYTE,
        override=override,
    )
    return made.slots, " ".join(made.reasons)


def test_cpus_decide_where_memory_is_plenty() -> None:
    assert plan(4, 64 * GIBIBYTE)[0] == 4
    assert "4 usable CPUs" in plan(4, 64 * GIBIBYTE)[1]


def test_memory_decides_where_cpus_are_plenty() -> None:
    slots, reasons = plan(16, 2 * GIBIBYTE)
    assert slots == 2
    assert "memory holds 2 slots" in reasons


def test_one_slot_is_made_of_too_little_memory_and_the_reasons_say_so() -> None:
    slots, reasons = plan(4, 512 * MEBIBYTE)
    assert slots == 1
    assert "below the wanted 512 MiB" in reasons


def test_the_override_wins_over_cpus_and_memory() -> None:
    assert plan(2, 4 * GIBIBYTE, override=5)[0] == 5


def test_memory_that_holds_no_slot_is_refused_with_the_arithmetic() -> None:
    with pytest.raises(DoesNotFitMachine, match="80 MiB for the worker"):
        plan(2, 256 * MEBIBYTE)


def test_a_worker_of_one_slot_takes_all_cpus_of_a_node_without_limits() -> None:
    assert lendable_cpus(64, override=1) == 1


def test_a_worker_with_little_memory_leaves_cpus_unused() -> None:
    assert lendable_cpus(4, override=None) == 4


def test_slots_that_share_cpus_get_more_than_there_are() -> None:
    assert lendable_cpus(2, override=8) == 2
