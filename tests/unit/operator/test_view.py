"""What is known of pools and pods, whatever the order in which watches and lists tell of it."""

import time
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from qcexec_operator.sighting import PodSighting, read_pod
from qcexec_operator.view import LOST_NODE_GRACE_SECONDS, ClusterView
from qcexec_operator.worker_pool import WorkerPool, read_worker_pool
from support.cluster_objects import CREATED, CREATED_AT, pod_body, pool_body

LONG_AGO = 0.0


def pod(number: int = 1, version: int = 1, **fields: Any) -> PodSighting:
    return read_pod(pod_body(number, version=version, **fields))


def pool(uid: str = "uid", version: int = 1, generation: int = 1) -> WorkerPool:
    return read_worker_pool(pool_body(uid=uid, version=version, generation=generation))


def names(view: ClusterView) -> list[str]:
    return sorted(each.name for each in view.pods)


def quiet() -> ClusterView:
    view = ClusterView()
    view.urgent.clear()
    return view


def test_a_list_that_is_older_than_a_deletion_does_not_bring_a_pod_back() -> None:
    view = ClusterView()
    view.pod_seen(pod())
    view.pod_gone("pod-1")
    view.pods_listed([pod(version=9)], time.monotonic())
    assert view.pods == []


def test_a_pod_whose_deletion_comes_before_anything_else_of_it_never_appears() -> None:
    view = ClusterView()
    view.pod_gone("pod-1")
    view.pods_listed([pod()], LONG_AGO)
    assert view.pods == []


def test_a_pod_that_was_first_seen_after_a_list_had_begun_is_kept() -> None:
    view = ClusterView()
    begun = time.monotonic()
    view.pod_seen(pod())
    view.pods_listed([], begun)
    assert names(view) == ["pool-1"]


def test_a_pod_that_a_later_list_does_not_have_is_gone() -> None:
    view = ClusterView()
    view.pod_seen(pod())
    view.pods_listed([pod(2)], time.monotonic() + 1)
    assert names(view) == ["pool-2"]
    assert view.lost_pods(0.0) == {"pod-1": "pool-1"}


@given(st.permutations([1, 2, 3, 9, 10, 11]), st.lists(st.booleans(), min_size=6, max_size=6))
def test_the_latest_version_wins_in_whatever_order_and_way_they_come(
    versions: Sequence[int], listed: Sequence[bool]
) -> None:
    view = ClusterView()
    for version, by_list in zip(versions, listed, strict=True):
        if by_list:
            view.pods_listed([pod(version=version)], LONG_AGO)
        else:
            view.pod_seen(pod(version=version))
    assert [each.version for each in view.pods] == [11]


def test_pods_that_are_gone_are_told_until_the_database_knows() -> None:
    view = quiet()
    view.pod_seen(pod())
    view.pod_gone("pod-1")
    assert view.urgent.is_set()
    assert view.lost_pods(0.0) == view.lost_pods(0.0) == {"pod-1": "pool-1"}
    view.released(["pod-1"])
    assert view.lost_pods(0.0) == {}


def test_an_ended_pod_is_lost_at_once_and_one_that_is_being_deleted_after_a_grace() -> None:
    view = quiet()
    view.pod_seen(pod(1, phase="Failed"))
    view.pod_seen(pod(2, deleted=CREATED_AT))
    assert view.urgent.is_set()
    soon, later = CREATED + LOST_NODE_GRACE_SECONDS, CREATED + LOST_NODE_GRACE_SECONDS + 1
    assert view.lost_pods(soon).keys() == {"pod-1"}
    assert view.lost_pods(later).keys() == {"pod-1", "pod-2"}
    # It exists for as long as the cluster has it.
    view.released(["pod-1"])
    assert view.lost_pods(soon).keys() == {"pod-1"}


def test_a_pod_that_is_only_seen_anew_calls_for_nothing() -> None:
    view = quiet()
    view.pod_seen(pod())
    view.pod_seen(pod(version=2))
    assert not view.urgent.is_set()


def test_a_deleted_pool_is_left_behind_once_and_until_it_is_settled() -> None:
    view = quiet()
    view.pool_seen(pool())
    view.pool_gone("uid")
    view.pool_gone("uid")
    view.pools_listed([], time.monotonic() + 1)
    assert view.urgent.is_set()
    assert (view.pools, view.orphaned_pools) == ([], [pool()])
    assert view.orphaned_pools == [pool()]
    view.settled(pool())
    assert view.orphaned_pools == []


def test_a_late_list_neither_brings_a_pool_back_nor_undoes_an_edit() -> None:
    view = ClusterView()
    view.pool_seen(pool("gone"))
    view.pool_gone("gone")
    view.pool_seen(pool("edited", version=7, generation=2))
    view.pools_listed([pool("gone"), pool("edited", version=5)], LONG_AGO)
    assert [(each.uid, each.generation) for each in view.pools] == [("edited", 2)]


def test_a_pool_made_anew_under_its_name_leaves_the_old_one_behind() -> None:
    view = ClusterView()
    view.pool_seen(pool("old"))
    view.pools_listed([pool("new", version=2)], time.monotonic() + 1)
    assert [each.uid for each in view.pools] == ["new"]
    assert [each.uid for each in view.orphaned_pools] == ["old"]


def test_an_edited_pool_is_urgent_and_one_whose_status_was_written_is_not() -> None:
    view = ClusterView()
    view.pool_seen(pool())
    view.urgent.clear()
    view.pool_seen(pool(version=2))
    assert not view.urgent.is_set()
    view.pool_seen(pool(version=3, generation=2))
    assert view.urgent.is_set()


def test_pools_are_told_by_age_and_then_by_name() -> None:
    view = ClusterView()
    for name, created in (("b", "2026-01-02"), ("a", "2026-01-02"), ("z", "2026-01-01")):
        body = pool_body(name, uid=name)
        body["metadata"]["creationTimestamp"] = f"{created}T00:00:00Z"
        view.pool_seen(read_worker_pool(body))
    assert [each.name for each in view.pools] == ["z", "a", "b"]
