"""The release as clients see it, through the Ingress."""

import sys

import pytest

from e2e.release import Release
from e2e.service import Service
from e2e.settings import ROOT, direct_environment
from support.programs import run


def test_the_ingress_leads_to_the_api_by_its_address_and_by_a_name(
    service: Service, address: str
) -> None:
    # By the name that the fixture gives it.
    assert service.get("/health").json() == {"status": "ok"}
    nameless = Service(address)
    try:
        assert nameless.get("/health").json() == {"status": "ok"}
    finally:
        nameless.close()


def test_the_http_contract_holds_through_the_ingress(service: Service) -> None:
    said = run(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
        "tests/test_integration.py",
        environment={
            **direct_environment(),
            "INTEGRATION": "1",
            "API_BASE_URL": service.base_url,
        },
        folder=ROOT,
        deadline=300,
    )
    assert " passed" in said
    assert "skipped" not in said


def test_helm_test_runs_a_circuit(release: Release) -> None:
    assert "Phase:          Succeeded" in release.test()


def test_the_notes_say_how_the_service_is_reached_and_that_nobody_asks_who_is_there(
    release: Release,
) -> None:
    notes = release.notes()
    assert "http" in notes
    assert "authentication" in notes


@pytest.mark.parametrize("component", ["api", "worker", "operator", "postgresql"])
def test_a_pod_of_each_component_runs_where_restricted_is_enforced(
    release: Release, component: str
) -> None:
    labels = release.cluster.get("namespace", release.namespace)["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert release.is_ready(component)
