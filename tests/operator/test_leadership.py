"""One operator of a release acts, and another goes on where it ended."""

import signal

from support.lab import Lab
from support.waiting import wait_until


async def test_of_two_operators_one_acts_until_it_ends(lab: Lab) -> None:
    await lab.pool(1, minReplicas=1)
    first = await lab.operator()
    second = lab.operators.start()
    await wait_until(lambda: second.events("leadership_changed"), what="the second has asked")
    assert second.events("leadership_changed")[0]["leads"] is False
    assert (await second.get("/readyz"))[0] == 503
    assert (await second.get("/healthz"))[0] == 200
    assert await second.series("qcexec_operator_leads") == {"": 0.0}
    assert await first.acts()
    first.process.kill()
    await wait_until(second.acts, what="the second acts")
    await lab.edit(minReplicas=2)
    await lab.scaled_to(2)


async def test_an_operator_that_is_killed_mid_drain_is_followed_by_one_that_ends_the_drain(
    lab: Lab,
) -> None:
    await lab.pool(3, minReplicas=1)
    lab.fleet.acknowledges = False
    first = await lab.operator()
    await wait_until(lambda: len(lab.fleet.asked()) == 2, what="two are asked")
    first.process.kill()
    lab.fleet.acknowledges = True
    second = lab.operators.start()
    await wait_until(second.acts, what="another one acts")
    await lab.scaled_to(1)


async def test_an_operator_that_is_told_to_stop_calls_back_whom_it_had_asked(lab: Lab) -> None:
    await lab.pool(3, minReplicas=1)
    operator = await lab.operator()
    await wait_until(lambda: len(lab.fleet.marked()) == 2, what="two are about to go")
    assert await operator.end() == 0
    await wait_until(lambda: lab.fleet.asked() == [], what="both are called back")
    assert lab.fleet.marked() == []
    assert lab.fleet.replicas() == 3


async def test_an_operator_that_waits_for_its_kind_can_be_stopped(lab: Lab) -> None:
    with lab.cluster.refusing(lambda request: request.resource is not None, 404):
        operator = lab.operators.start()
        await wait_until(lambda: lab.cluster.asked, what="it has asked for WorkerPools")
        assert (await operator.get("/healthz"))[0] == 200
        assert (await operator.get("/readyz"))[0] == 503
        operator.process.send(signal.SIGTERM)
        assert await operator.process.wait_async() == 0
