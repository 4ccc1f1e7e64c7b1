"""Fixtures for all tests on a cluster. E2E_KUBECONFIG names it; settings.py says what else.

settings     what the environment says; without a cluster's name tests are skipped
cluster      the cluster
releases     makes releases in namespaces of their own
load_image   hands an image of the local docker to the nodes; skips where nothing does
node         a further node that can be cut off; skips where nothing makes one

After each test the queue's invariant holds in every release that is there, and what can be learned
of a failure is in E2E_ARTIFACTS.
"""

import os
from collections.abc import Generator, Iterator

import pytest

from e2e.cluster import Cluster
from e2e.definition import bring_up_to_date
from e2e.nodes import Node, further_node
from e2e.releases import Releases
from e2e.settings import EndToEndSettings, read_settings

_RELEASES = pytest.StashKey[Releases]()


@pytest.fixture(scope="session")
def settings() -> EndToEndSettings:
    found = read_settings(os.environ)
    if found is None:
        pytest.skip("E2E_KUBECONFIG names no cluster")
    return found


@pytest.fixture(scope="session")
def cluster(settings: EndToEndSettings) -> Cluster:
    cluster = Cluster(settings.kubeconfig)
    cluster.kubectl("get", "nodes")
    return cluster


@pytest.fixture(scope="session")
def address(settings: EndToEndSettings) -> str:
    """Where the Ingress is served."""
    if settings.ingress_address is None:
        pytest.skip("E2E_INGRESS_ADDRESS does not say where an Ingress is served")
    return settings.ingress_address


@pytest.fixture(scope="session")
def releases(
    cluster: Cluster, settings: EndToEndSettings, address: str, request: pytest.FixtureRequest
) -> Releases:
    bring_up_to_date(cluster, settings.helm)
    releases = Releases(cluster, settings, address)
    request.config.stash[_RELEASES] = releases
    return releases


@pytest.fixture(scope="session")
def load_image(settings: EndToEndSettings) -> tuple[str, ...]:
    if settings.load_image is None:
        pytest.skip("E2E_LOAD_IMAGE does not say how nodes get an image")
    return settings.load_image


@pytest.fixture(scope="session")
def node(cluster: Cluster, settings: EndToEndSettings) -> Iterator[Node]:
    if settings.node is None:
        pytest.skip("E2E_NODE does not say how a node is added and cut off")
    with further_node(cluster, settings.node) as node:
        yield node


@pytest.fixture(autouse=True)
def _invariant(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    releases = request.config.stash.get(_RELEASES, None)
    if releases is not None:
        releases.assert_nothing_lost()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    releases = item.config.stash.get(_RELEASES, None)
    if report.failed and releases is not None:
        folder = releases.save_evidence(item.name)
        if folder is not None:
            report.sections.append(("evidence", str(folder)))
    return report
