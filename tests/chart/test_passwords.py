"""Each container is given the one password that it needs, and nothing else shows any."""

import json

import pytest

from chart.helm import MAJORS
from chart.rendering import Container, Rendering, refusal, render

SUPERUSER, OWNER, APP = "superuser-password", "owner-password", "app-password"

# Which passwords a container is given, by component and container. Whoever is not here: none.
GIVEN = {
    ("api", "migrate"): {OWNER},
    ("api", "api"): {APP},
    ("worker", "worker"): {APP},
    ("operator", "operator"): {APP},
    ("postgresql", "postgresql"): {SUPERUSER, OWNER, APP},
    ("backup", "dump"): {OWNER},
    ("backup", "restore"): {OWNER},
}

# Argo CD runs `helm template` with all that the cluster serves, and still cannot look into it.
ARGO_CD = ("--api-versions", "v1", "--api-versions", "v1/ConfigMap", "--api-versions", "v1/Secret")


@pytest.mark.parametrize("name", ["default", "everything_on", "everything_on_external"])
def test_each_container_is_given_the_passwords_that_it_needs_alone(name: str) -> None:
    found = {
        (pod.component, container.name): keys
        for pod in render(name).pods()
        for container in pod.containers
        if (keys := set(references(container).values()))
    }
    installed = {pod.component for pod in render(name).pods()}
    assert found == {
        (component, container): keys
        for (component, container), keys in GIVEN.items()
        if component in installed
    }


def test_passwords_come_as_variables_from_one_secret_alone(rendering: Rendering) -> None:
    """Whole Secrets, as variables or files, would hand out the others' passwords."""
    for pod in rendering.pods():
        for container in pod.containers:
            assert "envFrom" not in container.spec
            assert len({secret for secret, _ in references(container)}) <= 1
        for volume in pod.spec.get("volumes", []):
            assert "secret" not in volume or volume["name"] == "database-ca"


def test_a_variable_that_is_called_a_password_is_never_written_out(rendering: Rendering) -> None:
    for pod in rendering.pods():
        for container in pod.containers:
            for name, value in container.variables.items():
                assert "PASSWORD" not in name.upper()
                assert "password" not in value.lower()


def test_urls_hold_no_password(rendering: Rendering) -> None:
    for pod in rendering.pods():
        for container in pod.containers:
            for name, value in container.variables.items():
                if name.endswith("DATABASE_URL"):
                    user_and_password, _, _ = value.removeprefix("postgresql://").partition("@")
                    assert ":" not in user_and_password


def test_the_passwords_that_the_chart_makes_are_in_its_secret_alone() -> None:
    rendering = render("default", {"backup": {"enabled": True}})
    passwords = rendering.passwords()
    assert passwords.keys() == {SUPERUSER, OWNER, APP}
    elsewhere = json.dumps([each for each in rendering.objects if each["kind"] != "Secret"])
    for password in passwords.values():
        assert password not in elsewhere


def test_they_are_long_and_differ() -> None:
    passwords = list(render("default").passwords().values())
    assert len(set(passwords)) == 3
    assert all(len(password) >= 24 for password in passwords)


def test_their_secret_outlives_the_release() -> None:
    (secret,) = render("default").of_kind("Secret")
    assert secret["metadata"]["name"] == "qcexec-postgresql-auth"
    assert secret["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


def test_the_passwords_of_a_role_differ_between_two_releases() -> None:
    one, other = render("default").passwords(), render("default", release="other").passwords()
    assert not set(one.values()) & set(other.values())


@pytest.mark.parametrize("name", ["existing_secret", "external_database"])
def test_where_a_secret_is_given_none_is_made(name: str) -> None:
    assert render(name).of_kind("Secret") == []


def test_a_given_secret_is_read_by_its_keys() -> None:
    (worker,) = render("existing_secret").pods("worker")
    assert references(worker.container("worker")) == {("passwords", "PGPASSWORD"): "app"}


@pytest.mark.parametrize("major", MAJORS)
@pytest.mark.parametrize("options", [(), ARGO_CD], ids=["template", "argo-cd"])
def test_without_a_cluster_to_look_into_a_given_secret_is_required(
    options: tuple[str, ...], major: int
) -> None:
    """Each run would make new passwords, which do not open the volume that is there."""
    message = refusal("default", {}, major=major, options=options)
    assert "postgresql.auth.existingSecret" in message
    for key in (SUPERUSER, OWNER, APP):
        assert key in message


@pytest.mark.parametrize("major", MAJORS)
def test_without_a_cluster_to_look_into_a_given_secret_is_enough(major: int) -> None:
    assert render("existing_secret", major=major, options=()).pods("postgresql")


def references(container: Container) -> dict[tuple[str, str], str]:
    """The keys of Secrets that a container's variables come from, by Secret and variable.

    Without the collector's headers, which are no password of the database: see test_tracing.
    """
    return {
        (source["name"], variable["name"]): source["key"]
        for variable in container.spec.get("env", [])
        if (source := variable.get("valueFrom", {}).get("secretKeyRef"))
        and variable["name"] != "OTEL_EXPORTER_OTLP_HEADERS"
    }
