"""Each module of the second tier has a release of its own, for it breaks it.

A module says `VALUES` where it wants others than those of all tests.
"""

from collections.abc import Iterator

import pytest

from e2e.release import Release
from e2e.releases import Releases
from e2e.service import Service


@pytest.fixture(scope="module")
def release(releases: Releases, request: pytest.FixtureRequest) -> Iterator[Release]:
    purpose = request.module.__name__.rpartition(".")[2].removeprefix("test_").replace("_", "-")
    with releases.alone(purpose, getattr(request.module, "VALUES", None)) as release:
        yield release


@pytest.fixture
def service(release: Release, releases: Releases) -> Iterator[Service]:
    with releases.service(release) as service:
        yield service
