"""The operator is turned on and off by upgrades, and the live scale stays."""

from e2e.helm import Values, merged
from e2e.release import Release
from e2e.service import Service
from e2e.worker_pool import WorkerPool

VALUES: Values = {
    "operator": {"enabled": True},
    "workerPoolDefaults": {"replicas": 2, "minReplicas": 1, "maxReplicas": 3},
}
_OFF: Values = {"operator": {"enabled": False}}
_PAUSED: Values = {"workerPoolDefaults": {"paused": True}}


def test_the_live_scale_stays_when_the_operator_is_turned_off_and_on_and_with_any_upgrade(
    release: Release, service: Service
) -> None:
    pool = WorkerPool(release)
    pool.wait_until_settled(1, 1)
    release.upgrade(merged(VALUES, {"workerPoolDefaults": {"minReplicas": 3}}))
    pool.wait_until_settled(3, 3)
    # An upgrade that says nothing of the scale, and one that pauses it there.
    release.upgrade(merged(VALUES, _PAUSED))
    assert pool.replicas == 3
    release.upgrade(merged(merged(VALUES, _PAUSED), {"api": {"podAnnotations": {"a": "b"}}}))
    assert pool.replicas == 3

    release.upgrade(merged(VALUES, _OFF))
    pool.wait_until_settled(2, 2)
    assert release.cluster.find("workerpools", release.namespace) == []
    assert release.pods("operator") == []
    assert service.result(service.submit())["status"] == "completed"

    # By hand, as nobody else scales it.
    release.scale("deployment", "worker-default", 3)
    release.upgrade(merged(VALUES, _PAUSED))
    pool.wait_until(lambda: pool.condition("ScalingActive") == ("False", "Paused"), "it is paused")
    assert pool.replicas == 3
    release.upgrade(VALUES)
    pool.wait_until_settled(1, 1)
    assert service.result(service.submit())["status"] == "completed"
