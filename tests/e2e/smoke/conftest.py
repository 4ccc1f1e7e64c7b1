"""One release for all of the first tier, with its operator; each test leaves it working.

Its pool has one pod, as many as most of these tests need; those of the operator give it bounds.
"""

from collections.abc import Iterator

import pytest

from e2e.release import Release
from e2e.releases import Releases
from e2e.service import Service
from e2e.worker_pool import WorkerPool

VALUES = {
    # Asked by any name, so that its address alone will do.
    "ingress": {"hosts": []},
    "operator": {"enabled": True},
    "workerPoolDefaults": {"minReplicas": 1, "maxReplicas": 1},
}


@pytest.fixture(scope="session")
def release(releases: Releases) -> Iterator[Release]:
    with releases.alone("smoke", VALUES) as release:
        yield release


@pytest.fixture
def service(release: Release, releases: Releases) -> Iterator[Service]:
    with releases.service(release) as service:
        yield service


@pytest.fixture
def pool(release: Release) -> WorkerPool:
    return WorkerPool(release)
