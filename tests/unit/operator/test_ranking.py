"""In which order Kubernetes deletes pods, and how far that may be relied on."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from qcexec_operator.observed import PodPhase
from qcexec_operator.ranking import deletion_order, surely_deleted
from support.worker_pools import pod


def test_phases_come_before_deletion_costs() -> None:
    pods = [
        pod(1, PodPhase.READY, cost=-1000),
        pod(2, PodPhase.READY),
        pod(3, PodPhase.UNREADY, cost=500),
        pod(4, PodPhase.CREATING),
        pod(5, PodPhase.UNSCHEDULED),
        pod(6, PodPhase.GOING),
    ]
    order = [each.uid for each in deletion_order(pods)]
    assert order == ["pod-5", "pod-4", "pod-3", "pod-1", "pod-2"]


def test_equals_are_not_relied_on() -> None:
    pods = [pod(1), pod(2)]
    assert surely_deleted(pods, {"pod-1"}, 0) == 0
    assert surely_deleted(pods, {"pod-1", "pod-2"}, 0) == 2


def test_what_the_controller_has_still_to_delete_comes_off() -> None:
    pods = [pod(1, cost=-1000), pod(2, cost=-1000), pod(3)]
    assert surely_deleted(pods, {"pod-1", "pod-2"}, 0) == 2
    assert surely_deleted(pods, {"pod-1", "pod-2"}, 1) == 1
    assert surely_deleted(pods, {"pod-1", "pod-2"}, 3) == 0


@given(
    st.lists(st.tuples(st.sampled_from(PodPhase), st.sampled_from([-1000, 0, 5])), max_size=10),
    st.sets(st.integers(0, 9)),
    st.integers(0, 3),
    st.randoms(use_true_random=False),
)
def test_however_equals_are_ordered_only_pods_that_may_go_are_deleted(
    made: list[tuple[PodPhase, int]], allowed: set[int], surplus: int, random: Random
) -> None:
    pods = [pod(number, phase, cost=cost) for number, (phase, cost) in enumerate(made)]
    may_go = {f"pod-{number}" for number in allowed}
    lower = surely_deleted(pods, may_go, surplus)
    alive = [each for each in pods if each.phase is not PodPhase.GOING]
    random.shuffle(alive)
    order = list(PodPhase)
    alive.sort(key=lambda each: (order.index(each.phase), each.deletion_cost))
    if lower:
        assert {each.uid for each in alive[: surplus + lower]} <= may_go
