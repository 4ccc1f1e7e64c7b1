"""In doubt the scale stays, says so, and goes on when the doubt is over."""

from pathlib import Path

import pytest

from qcexec_standalone.postgres import PostgresServer
from support.databases import Database, Databases
from support.lab import Lab
from support.model_cluster import (
    DEPLOYMENTS,
    POOLS,
    ModelCluster,
    anything,
    worker_pool,
    writes_scale,
)
from support.model_fleet import ModelFleet
from support.operators import Operator, Operators
from support.queue import submit, tasks
from support.services import Services
from support.waiting import wait_until


@pytest.fixture
def own_database(own_postgres: PostgresServer) -> Database:
    return Databases(own_postgres).create()


def held(operator: Operator) -> list[str]:
    return [each["code"] for each in operator.events("scaling_held")]


async def test_a_scale_that_somebody_else_wrote_meanwhile_is_held_and_decided_anew(
    lab: Lab,
) -> None:
    await lab.pool(0, maxReplicas=2)
    operator = await lab.operator()
    await lab.says("ScalingActive", "True FiguresKnown")

    async def write_too() -> None:
        await lab.cluster.change(DEPLOYMENTS, "pool", {"metadata": {"labels": {"mine": "too"}}})

    lab.cluster.before_next(writes_scale, write_too)
    await submit(lab.dsn, *tasks(40, cost=100.0))
    await lab.scaled_to(2)
    # It follows the status, which follows the scale.
    await wait_until(lambda: "ScaledUp" in lab.reasons(), what="an Event tells of it")
    assert lab.condition("ScalingActive") == "True FiguresKnown"
    # A hold of a moment is told by nothing but the condition.
    assert held(operator) == []
    # The write that was refused was never told as done.
    assert lab.status()["lastScale"]["to"] == 2
    assert lab.reasons().count("ScaledUp") == 1
    failures = await operator.series("qcexec_operator_failures_total")
    assert failures['{code="write_conflict"}'] == 1


async def test_an_api_server_that_refuses_everything_holds_the_scale(lab: Lab) -> None:
    await lab.pool(1, minReplicas=1, maxReplicas=3)
    operator = await lab.operator()
    await lab.says("ScalingActive", "True FiguresKnown")
    with lab.cluster.refusing(anything, 500):
        await submit(lab.dsn, *tasks(40, cost=100.0))
        await wait_until(lambda: held(operator), what="the scale is held")
        assert held(operator) == ["ApiUnavailable"]
        assert (await operator.get("/healthz"))[0] == 200
        assert lab.fleet.replicas() == 1
    await lab.scaled_to(3)


async def test_a_scale_that_is_refused_is_not_told_as_done(lab: Lab) -> None:
    await lab.pool(0, maxReplicas=2)
    await lab.operator()
    await lab.says("ScalingActive", "True FiguresKnown")
    with lab.cluster.refusing(writes_scale, 503):
        await submit(lab.dsn, *tasks(40, cost=100.0))
        await wait_until(
            lambda: lab.cluster.writes(DEPLOYMENTS, "scale"), what="the scale was to be raised"
        )
        await wait_until(lambda: lab.status().get("queueDepth") == 40, what="the status is new")
        assert lab.status()["replicas"] == 0
        assert "lastScale" not in lab.status()
        assert "ScaledUp" not in lab.reasons()
    await lab.scaled_to(2)
    await wait_until(lambda: lab.reasons().count("ScaledUp") == 1, what="an Event tells of it")


async def test_an_api_server_that_never_answers_holds_the_scale(lab: Lab) -> None:
    await lab.pool(1, minReplicas=1, maxReplicas=3)
    operator = await lab.operator()
    await lab.says("ScalingActive", "True FiguresKnown")
    with lab.cluster.silent(lambda request: request.resource == DEPLOYMENTS):
        await submit(lab.dsn, *tasks(40, cost=100.0))
        await wait_until(lambda: held(operator), 60, what="the scale is held")
        assert lab.fleet.replicas() == 1
    await lab.scaled_to(3)


async def test_without_postgresql_nothing_changes_and_who_drains_is_called_back_after(
    cluster: ModelCluster,
    services: Services,
    own_postgres: PostgresServer,
    own_database: Database,
    tmp_path: Path,
) -> None:
    database = own_database
    fleet = ModelFleet(cluster, database.app_dsn)
    kubeconfig = tmp_path / "kubeconfig"
    cluster.write_kubeconfig(kubeconfig)
    operators = Operators(services, database.app_dsn, str(kubeconfig))
    lab = Lab(cluster, fleet, operators, database.app_dsn)
    async with fleet.running():
        await lab.pool(2, minReplicas=1)
        operator = await lab.operator()
        await wait_until(lambda: len(lab.fleet.asked()) == 1, what="one is asked")

        own_postgres.stop(immediate=True)
        await lab.says("DatabaseReachable", "False DatabaseUnavailable")
        await lab.says("ScalingActive", "False DatabaseUnavailable")
        assert "queueDepth" not in lab.status()
        assert fleet.replicas() == 2
        # Nobody can be called back at this moment.
        await cluster.remove(POOLS, "pool")
        await wait_until(lambda: operator.events("leadership_changed"))

        own_postgres.start()
        await wait_until(lambda: fleet.asked() == [], 60, what="it is called back")
        await wait_until(lambda: fleet.marked() == [], what="it is not marked")
        assert fleet.replicas() == 2
        await cluster.create(POOLS, worker_pool("pool", minReplicas=1))
        await lab.says("DatabaseReachable", "True Answered")
        await lab.scaled_to(1)
        lab.check_manners()


async def test_a_pool_without_a_deployment_waits_for_it(lab: Lab) -> None:
    await lab.cluster.create(POOLS, worker_pool("pool"))
    await lab.operator()
    await lab.says("Ready", "False DeploymentMissing")
    await lab.says("ScalingActive", "False DeploymentMissing")
    await lab.fleet.deploy("pool")
    await submit(lab.dsn, *tasks(1))
    await lab.scaled_to(1)
    await lab.says("ScalingActive", "True FiguresKnown")


async def test_of_two_pools_with_one_queue_the_younger_is_held(lab: Lab) -> None:
    await lab.fleet.deploy("older")
    await lab.fleet.deploy("younger")
    for name, minute in (("younger", 2), ("older", 1)):
        body = worker_pool(name)
        body["metadata"]["creationTimestamp"] = f"2026-01-01T00:0{minute}:00Z"
        await lab.cluster.create(POOLS, body)
    await lab.operator()
    await lab.says("ScalingActive", "False QueueShared", "younger")
    await lab.says("ScalingActive", "True FiguresKnown", "older")
    await submit(lab.dsn, *tasks(1))
    await wait_until(lambda: lab.fleet.replicas("older") == 1, what="the older one is raised")
    assert lab.fleet.replicas("younger") == 0


async def test_what_cannot_be_read_or_is_of_another_release_keeps_nobody_from_work(
    lab: Lab,
) -> None:
    broken = worker_pool("broken", "other")
    del broken["spec"]["maxReplicas"]
    await lab.cluster.create(POOLS, broken)
    foreign = worker_pool("foreign", "foreign", minReplicas=1)
    foreign["metadata"]["labels"] = {"app.kubernetes.io/instance": "neighbour"}
    await lab.fleet.deploy("foreign", queue="foreign", instance="neighbour")
    await lab.cluster.create(POOLS, foreign)
    await lab.pool(0)
    operator = await lab.operator()
    await submit(lab.dsn, *tasks(1))
    await lab.scaled_to(1)
    assert operator.events("resource_skipped")
    assert lab.status("foreign") == {}
    assert lab.fleet.replicas("foreign") == 0
