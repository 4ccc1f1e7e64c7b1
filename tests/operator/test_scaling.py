"""Up at once; down only by draining."""

from support.lab import Lab
from support.model_cluster import DEPLOYMENTS, PODS
from support.queue import submit, tasks
from support.waiting import wait_until


async def test_a_task_wakes_a_pool_that_sleeps_before_the_next_look(lab: Lab) -> None:
    await lab.pool(0)
    # Between two looks there is more time than the test waits: only the NOTIFY can be heard.
    await lab.operator(interval_seconds=60)
    await submit(lab.dsn, *tasks(1))
    await lab.scaled_to(1)


async def test_work_raises_the_scale_to_the_maximum_in_one_step(lab: Lab) -> None:
    await lab.pool(0, maxReplicas=3)
    await lab.operator()
    await submit(lab.dsn, *tasks(40, cost=100.0))
    await lab.scaled_to(3)
    await lab.says("ScalingLimited", "True TooManyReplicas")
    await lab.says("Ready", "True PodsReady")
    scales = [each["spec"]["replicas"] for each in lab.cluster.writes(DEPLOYMENTS, "scale")]
    # The first task of the forty may have been seen alone.
    assert scales in ([3], [1, 3])
    last = lab.status()["lastScale"]
    assert last["to"] == 3
    assert "tasks wait" in last["reason"]
    await wait_until(
        lambda: lab.reasons() == ["ScaledUp"] * len(scales), what="an Event tells of each"
    )


async def test_a_pool_shrinks_by_idle_pods_alone_and_only_once_they_have_drained(
    lab: Lab,
) -> None:
    pods = await lab.pool(3)
    await lab.busy(pods[1])
    lab.fleet.acknowledges = False
    await lab.operator()
    victims = sorted({*pods} - {pods[1]})
    await wait_until(lambda: sorted(lab.fleet.asked()) == victims, what="the idle ones are asked")
    await wait_until(lambda: lab.status().get("draining") == 2, what="the status says so")
    assert (lab.fleet.replicas(), lab.fleet.marked()) == (3, [])

    lab.fleet.acknowledges = True
    await wait_until(lambda: sorted(lab.fleet.marked()) == victims, what="both are marked")
    assert lab.fleet.replicas() == 3
    await lab.scaled_to(1)
    await wait_until(lambda: [*lab.fleet.workers] == [pods[1]], what="the busy pod alone is left")
    assert lab.fleet.asked() == []
    assert await lab.count("lease") == 1
    scales = lab.cluster.writes(DEPLOYMENTS, "scale")
    assert all("resourceVersion" in each["metadata"] for each in scales)
    marks = lab.cluster.writes(PODS)
    assert len(marks) == 2
    await wait_until(lambda: "ScaledDown" in lab.reasons(), what="an Event tells of it")


async def test_work_that_returns_calls_workers_back(lab: Lab) -> None:
    await lab.pool(2, minReplicas=0, maxReplicas=2)
    await lab.operator()
    await wait_until(lambda: len(lab.fleet.marked()) == 2, what="both are about to go")
    await submit(lab.dsn, *tasks(40, cost=100.0))
    await wait_until(lambda: lab.fleet.marked() == [], what="nobody is marked any more")
    await wait_until(lambda: lab.fleet.asked() == [], what="both are called back")
    assert lab.fleet.replicas() == 2
    assert lab.cluster.writes(DEPLOYMENTS, "scale") == []
