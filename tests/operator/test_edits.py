"""A WorkerPool that is edited, paused, deleted; a Deployment that somebody else scales."""

import signal

from support.lab import Lab
from support.model_cluster import DEPLOYMENTS, POOLS, worker_pool
from support.waiting import wait_until


async def test_deleting_a_pool_mid_drain_calls_workers_back_and_waits_for_nobody(lab: Lab) -> None:
    await lab.pool(3, minReplicas=1)
    operator = await lab.operator()
    await wait_until(lambda: len(lab.fleet.marked()) == 2, what="two are about to go")
    assert '{pool="pool"}' in await operator.series("qcexec_pool_replicas")
    await lab.cluster.remove(POOLS, "pool")
    assert lab.cluster.find(POOLS, "pool") is None
    await wait_until(lambda: lab.fleet.marked() == [], what="nobody is marked any more")
    await wait_until(lambda: lab.fleet.asked() == [], what="both are called back")
    assert lab.fleet.replicas() == 3
    assert lab.cluster.writes(DEPLOYMENTS, "scale") == []
    _, metrics = await operator.get("/metrics")
    assert 'pool="pool"' not in metrics


async def test_pausing_a_pool_mid_drain_calls_workers_back_until_it_goes_on(lab: Lab) -> None:
    await lab.pool(3, minReplicas=1)
    await lab.operator()
    await wait_until(lambda: len(lab.fleet.marked()) == 2, what="two are about to go")
    await lab.edit(paused=True)
    await lab.says("ScalingActive", "False Paused")
    await wait_until(lambda: lab.fleet.marked() == [], what="nobody is marked any more")
    await wait_until(lambda: lab.fleet.asked() == [], what="both are called back")
    assert lab.fleet.replicas() == 3
    await lab.edit(paused=False)
    await wait_until(lambda: len(lab.fleet.asked()) == 2, what="they are asked again")


async def test_bounds_edited_while_busy_workers_drain(lab: Lab) -> None:
    pods = await lab.pool(3, maxReplicas=3)
    await lab.busy(*pods, *pods)
    await lab.operator()
    await wait_until(lambda: lab.status().get("busySlots") == 6, what="all are busy")
    await lab.edit(maxReplicas=1)
    await wait_until(lambda: len(lab.fleet.asked()) == 2, what="two are asked")
    await lab.edit(maxReplicas=3)
    await wait_until(lambda: lab.fleet.asked() == [], what="they are called back")
    await lab.edit(maxReplicas=1)
    await wait_until(lambda: len(lab.fleet.asked()) == 2, what="two are asked again")
    assert (lab.fleet.replicas(), lab.fleet.marked()) == (3, [])
    for each in lab.fleet.asked():
        assert await lab.fleet.complete(lab.fleet.workers[each]) == 0
    await lab.scaled_to(1)


async def test_a_deployment_scaled_by_hand_comes_back_within_its_bounds(lab: Lab) -> None:
    await lab.pool(1, minReplicas=1, maxReplicas=2)
    await lab.operator()
    await lab.says("ScalingActive", "True FiguresKnown")
    await lab.cluster.change(DEPLOYMENTS, "pool", {"spec": {"replicas": 0}})
    lab.fleet.killed_at_work.clear()
    await lab.scaled_to(1)
    await wait_until(lambda: len(lab.fleet.ready()) == 1, what="it has a pod again")
    lab.fleet.killed_at_work.clear()
    await lab.cluster.change(DEPLOYMENTS, "pool", {"spec": {"replicas": 4}})
    await wait_until(lambda: len(lab.fleet.ready()) == 4, what="four pods are there")
    await lab.scaled_to(1)
    await wait_until(lambda: len(lab.fleet.workers) == 1, what="three are gone")


async def test_only_a_pool_that_a_hook_made_goes_with_its_deployment(lab: Lab) -> None:
    await lab.fleet.deploy("plain", queue="plain")
    await lab.cluster.create(POOLS, worker_pool("plain", "plain"))
    await lab.fleet.deploy("hooked")
    body = worker_pool("hooked")
    body["metadata"]["annotations"] = {"helm.sh/hook": "post-install"}
    await lab.cluster.create(POOLS, body)
    await lab.operator()
    owned = await wait_until(
        lambda: lab.cluster.one(POOLS, "hooked")["metadata"].get("ownerReferences"),
        what="the pool has an owner",
    )
    deployment = lab.cluster.one(DEPLOYMENTS, "hooked")["metadata"]
    assert [(each["kind"], each["uid"]) for each in owned] == [("Deployment", deployment["uid"])]
    await wait_until(lambda: lab.status("plain"), what="the other pool is handled, too")
    assert "ownerReferences" not in lab.cluster.one(POOLS, "plain")["metadata"]


async def test_workers_of_a_pool_that_was_deleted_while_no_operator_ran_are_called_back(
    lab: Lab,
) -> None:
    await lab.pool(3, minReplicas=1)
    operator = await lab.operator()
    await wait_until(lambda: len(lab.fleet.marked()) == 2, what="two are about to go")
    operator.process.send(signal.SIGKILL)
    await operator.process.wait_async()
    await lab.cluster.remove(POOLS, "pool")
    assert len(lab.fleet.asked()) == 2
    await lab.operator()
    await wait_until(lambda: lab.fleet.asked() == [], what="both are called back")
    assert lab.fleet.replicas() == 3
