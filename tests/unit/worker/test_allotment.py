"""Which slot may use the CPUs of others."""

from __future__ import annotations

from hypothesis import given
from hypothesis.strategies import builds, floats, integers, lists, sampled_from

from qcexec_worker.allotment import SETTLED_SECONDS, Doing, Standing, allot, next_change

NOW = 1000.0
_since = floats(NOW - 1, NOW)
_slots = lists(builds(Standing, sampled_from(Doing), _since), min_size=1, max_size=12)
_cpus = integers(1, 16)


def circuit(seconds: float) -> Standing:
    return Standing(Doing.CIRCUIT, NOW - seconds)


def nothing(seconds: float) -> Standing:
    return Standing(Doing.NOTHING, NOW - seconds)


@given(slots=_slots, cpus=_cpus)
def test_more_threads_work_than_there_are_cpus(slots: list[Standing], cpus: int) -> None:
    at_work = sum(slot.doing is not Doing.NOTHING for slot in slots)
    assert at_work + sum(allot(slots, cpus, NOW)) <= max(cpus, at_work)


@given(slots=_slots, cpus=_cpus)
def test_a_cpu_is_idle_for_long_beside_a_long_circuit(slots: list[Standing], cpus: int) -> None:
    later = NOW + SETTLED_SECONDS
    at_work = sum(slot.doing is not Doing.NOTHING for slot in slots)
    if any(slot.doing is Doing.CIRCUIT for slot in slots):
        assert at_work + sum(allot(slots, cpus, later)) >= cpus


@given(slots=_slots, cpus=_cpus)
def test_a_slot_without_a_long_circuit_is_lent_a_cpu(slots: list[Standing], cpus: int) -> None:
    for slot, number in zip(slots, allot(slots, cpus, NOW), strict=True):
        if slot.doing is not Doing.CIRCUIT or slot.since > NOW - SETTLED_SECONDS:
            assert number == 0


@given(slots=_slots, cpus=_cpus)
def test_one_long_circuit_gets_much_more_than_another(slots: list[Standing], cpus: int) -> None:
    allotted = allot(slots, cpus, NOW)
    takers = [
        (slot.since, number)
        for slot, number in zip(slots, allotted, strict=True)
        if slot.doing is Doing.CIRCUIT and slot.since <= NOW - SETTLED_SECONDS
    ]
    for since, number in takers:
        for other_since, other in takers:
            assert abs(number - other) <= 1
            assert since >= other_since or number >= other


@given(slots=_slots, cpus=_cpus)
def test_something_changes_before_the_next_look(slots: list[Standing], cpus: int) -> None:
    due = next_change(slots, NOW)
    before = NOW + SETTLED_SECONDS if due is None else due - 1e-6
    if before > NOW:
        assert allot(slots, cpus, before) == allot(slots, cpus, NOW)


def test_a_look_finds_that_the_time_has_not_come() -> None:
    slots = [circuit(0.05), nothing(1)]
    due = next_change(slots, NOW)
    assert due is not None
    assert allot(slots, 2, due) == [1, 0]


def test_a_short_circuit_is_given_threads() -> None:
    assert allot([circuit(0.01), nothing(1)], 2, NOW) == [0, 0]


def test_a_slot_that_was_at_work_a_moment_ago_lends_its_cpu() -> None:
    assert allot([circuit(1), nothing(0.01)], 2, NOW) == [0, 0]
    assert allot([circuit(1), nothing(1)], 2, NOW) == [1, 0]


def test_slots_that_share_a_cpu_lend_it() -> None:
    assert allot([circuit(1), nothing(1), nothing(1)], 1, NOW) == [0, 0, 0]


def test_cpus_that_have_no_slot_stay_idle() -> None:
    assert allot([circuit(1)], 4, NOW) == [3]
