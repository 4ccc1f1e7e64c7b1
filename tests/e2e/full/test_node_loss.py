"""A node is cut off while its worker simulates, and comes back."""

from collections.abc import Iterator

import pytest

from e2e.cluster import LOOK_SECONDS
from e2e.nodes import TAINT, Node
from e2e.release import Release
from e2e.releases import Releases
from support.circuits import state_vector_circuit
from support.waiting import wait_until_blocking

CIRCUIT = state_vector_circuit(qubits=22, layers=20)
"""Still runs when the node is cut off."""


@pytest.fixture(scope="module")
def release(releases: Releases, node: Node) -> Iterator[Release]:
    far = {
        "nodeSelector": {"kubernetes.io/hostname": node.name},
        "tolerations": [{"key": TAINT, "operator": "Exists"}],
    }
    with releases.alone("node-loss", {"workerPools": {"far": far}}) as release:
        yield release


def test_a_task_runs_again_elsewhere_and_the_late_result_is_refused(
    release: Release, releases: Releases, node: Node
) -> None:
    with releases.service(release) as service:
        release.scale("deployment", "worker-default", 0)
        # A pod that was told to go may claim until it hears of it.
        release.wait_for_leavers()
        task_id = service.submit(CIRCUIT, shots=100)
        far = release.pod("worker", "far")
        assert release.database.wait_for_lease(task_id) == far
        node.cut()
        try:
            release.scale("deployment", "worker-default", 1)
            document = service.result(task_id)
            assert document["status"] == "completed"
            assert release.database.attempts(task_id) == ["worker_expired|f"]
        finally:
            node.heal()
        (refused,) = wait_until_blocking(
            lambda: release.log_events(far, "late_result_refused", "worker"),
            120,
            what="the worker that was cut off hands in its result",
            pause=LOOK_SECONDS,
        )
        assert refused["task_id"] == str(task_id)
        assert release.database.results(task_id) == 1
        assert service.look_up(task_id) == document
        # It works on, as the only one.
        release.scale("deployment", "worker-default", 0)
        release.wait_for_leavers()
        assert service.result(service.submit())["status"] == "completed"
        assert release.pod("worker", "far") == far
