"""A release with a newer schema comes and goes under load."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.images import next_release
from e2e.load import under_load
from e2e.release import Release
from e2e.settings import EndToEndSettings

VALUES = {
    "api": {"replicas": 2},
    "operator": {"enabled": True},
    "workerPoolDefaults": {"minReplicas": 2, "maxReplicas": 3},
}


@pytest.fixture(scope="module")
def next_tag(
    settings: EndToEndSettings,
    load_image: tuple[str, ...],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("next")
    with next_release(folder, settings.image_tag, load_image) as tag:
        yield tag


def test_an_upgrade_and_a_rollback_under_load_fail_no_request_and_lose_no_task(
    release: Release, next_tag: str
) -> None:
    old_tag = release.settings.image_tag
    assert _state(release) == ({old_tag}, "2")

    with under_load(release) as load:
        release.upgrade({**VALUES, "image": {"tag": next_tag}})
        release.wait_for_leavers()
    assert _state(release) == ({next_tag}, "3")
    assert not load.failed, load.failed
    release.database.wait_for_results(load.accepted)

    with under_load(release) as load:
        release.rollback(1)
        release.wait_for_leavers()
    # The schema stays: it serves the older release, too.
    assert _state(release) == ({old_tag}, "3")
    assert not load.failed, load.failed
    release.database.wait_for_results(load.accepted)

    attempts = "select distinct reason from qcexec.attempt where counted"
    assert release.database.query(attempts) == []


def _state(release: Release) -> tuple[set[str], str]:
    """The tags of the images of our own, and the schema's version."""
    images = {
        container["image"].rpartition(":")[2]
        for component in ("api", "worker", "operator")
        for pod in release.pods(component)
        for container in pod["spec"]["containers"]
    }
    (version,) = release.database.query("select version from qcexec.schema_version")
    return images, version
