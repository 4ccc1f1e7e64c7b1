"""One release for all of the first tier; each test leaves it working."""

from collections.abc import Iterator

import pytest

from e2e.release import Release
from e2e.releases import Releases
from e2e.service import Service


@pytest.fixture(scope="session")
def release(releases: Releases) -> Iterator[Release]:
    # Asked by any name, so that its address alone will do.
    with releases.alone("smoke", {"ingress": {"hosts": []}}) as release:
        yield release


@pytest.fixture
def service(release: Release, releases: Releases) -> Iterator[Service]:
    with releases.service(release) as service:
        yield service
