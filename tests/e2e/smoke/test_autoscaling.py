"""The number of pods follows the queue, and no circuit pays for that."""

import time

from e2e.release import Release
from e2e.service import Service
from e2e.worker_pool import WorkerPool
from support.circuits import SECONDS

_CIRCUITS = 8
_LOOK_SECONDS = 0.1


def test_a_pool_at_zero_wakes_for_circuits_and_sleeps_again_with_none_run_twice(
    release: Release, service: Service, pool: WorkerPool
) -> None:
    with pool.bounded(0, 3):
        pool.wait_until_settled(0, 0)
        begun = time.monotonic()
        task_ids = [service.submit(SECONDS, shots=1)]
        pool.wait_until_asked_for(1, pause=_LOOK_SECONDS)
        print(f"asked for a pod {time.monotonic() - begun:.1f} s after the first task")
        task_ids += [service.submit(SECONDS, shots=1) for _ in range(_CIRCUITS - 1)]
        pool.wait_until_asked_for(2)
        release.database.wait_for_results(task_ids)
        print(f"{_CIRCUITS} circuits in {time.monotonic() - begun:.0f} s")
        pool.wait_until_settled(0, 0)
        print(f"asleep again after {time.monotonic() - begun:.0f} s")
        assert release.database.retried(task_ids) == []
        assert release.database.ended_by_attempt(task_ids) == {1: _CIRCUITS}
        assert any("0 to 1 pod" in message for message in pool.events("ScaledUp"))
        assert any("to 0 pods" in message for message in pool.events("ScaledDown"))


def test_a_look_at_the_pools_says_how_the_queue_is_and_what_is_made_of_it(
    release: Release, pool: WorkerPool
) -> None:
    pool.wait_until(lambda: pool.condition("ScalingActive")[0] == "True", "it is active")
    header, line = release.cluster.kubectl("get", "wp", namespace=release.namespace).splitlines()
    columns = "NAME QUEUE WAITING OLDEST BUSY READY DESIRED MAX DRAINING ACTIVE AGE"
    assert header.split() == columns.split()
    # The oldest has no age where none waits.
    name, queue, waiting, *_, most, draining, active, _ = line.split()
    assert (name, queue, waiting, most, draining) == (pool.name, "default", "0", "1", "0")
    assert active == "True"
    assert {each["type"]: each["status"] for each in pool.status["conditions"]} == {
        "Ready": "True",
        "ScalingActive": "True",
        # Nothing waits, and the pool may have no less than one pod.
        "ScalingLimited": "True",
        "DatabaseReachable": "True",
    }
