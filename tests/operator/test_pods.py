"""Pods that are gone: what they had returns, and no attempt counts."""

import pytest

from support.lab import Lab
from support.model_cluster import PODS
from support.waiting import wait_until


async def returned(lab: Lab, number: int) -> None:
    """Waits until so many tasks wait again, none of whose attempts count."""
    await wait_until(
        lambda: _returned(lab, number), what=f"{number} tasks wait again, and are leased to nobody"
    )
    assert await lab.count("attempt", "counted") == 0
    await wait_until(lambda: "TasksReturned" in lab.reasons(), what="an Event tells of it")


async def _returned(lab: Lab, number: int) -> bool:
    return (await lab.count("ready"), await lab.count("lease")) == (number, 0)


@pytest.mark.parametrize("end", ["deleted", "evicted"])
async def test_tasks_of_a_pod_that_is_gone_return_on_the_watch_event(lab: Lab, end: str) -> None:
    (pod,) = await lab.pool(1, minReplicas=1, maxReplicas=1)
    await lab.busy(pod)
    # Neither the next list nor the end of the lease would return them in time.
    await lab.operator(resync_seconds=3600, lease_seconds=3600)
    await wait_until(lambda: lab.status().get("busySlots") == 1, what="the task is seen to run")
    worker = lab.fleet.workers[pod]
    await (lab.fleet.lose(pod) if end == "deleted" else lab.fleet.evict(pod))
    await returned(lab, 1)
    # The process may run on, on a node that is cut off: its epoch is refused.
    assert await lab.fleet.complete(worker) == 1
    assert await lab.count("result") == 0


async def test_a_list_finds_the_deletion_that_the_watch_has_missed(lab: Lab) -> None:
    (pod,) = await lab.pool(1, minReplicas=1, maxReplicas=1)
    await lab.busy(pod)
    await lab.operator(lease_seconds=3600)
    await wait_until(lambda: lab.status().get("busySlots") == 1, what="the task is seen to run")
    lab.fleet.workers.pop(pod)
    lab.cluster.vanish(PODS, pod)
    await returned(lab, 1)


async def test_a_pod_on_a_node_that_does_not_answer_is_lost_after_a_grace(lab: Lab) -> None:
    (pod,) = await lab.pool(1, minReplicas=1, maxReplicas=1)
    await lab.busy(pod)
    await lab.operator(lease_seconds=3600)
    await wait_until(lambda: lab.status().get("busySlots") == 1, what="the task is seen to run")
    await lab.fleet.cut_off(pod)
    await returned(lab, 1)
    assert lab.cluster.find(PODS, pod) is not None
