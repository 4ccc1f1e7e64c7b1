"""Where the database is, for whom."""

from urllib.parse import parse_qs, urlsplit

import pytest

from chart.rendering import Rendering, render

USERS = {"migrate": "owner", "api": "app", "worker": "app"}


def test_everybody_finds_the_postgresql_of_the_release() -> None:
    rendering = render("default")
    assert rendering.one("Service", "qcexec-postgresql")["spec"]["ports"][0]["port"] == 5432
    for container, url in urls(rendering).items():
        parts = urlsplit(url)
        assert (parts.hostname, parts.port, parts.path) == ("qcexec-postgresql", 5432, "/qcexec")
        assert parts.username == f"qcexec_{USERS[container]}"


def test_everybody_finds_the_given_database() -> None:
    for container, url in urls(render("external_database")).items():
        parts = urlsplit(url)
        assert (parts.hostname, parts.port, parts.path) == ("database.example", 6432, "/tasks")
        assert parts.username == f"tasks_{USERS[container]}"


def test_migrations_know_the_role_that_they_grant_rights_to() -> None:
    for name, app in (("default", "qcexec_app"), ("external_database", "tasks_app")):
        (pod,) = render(name).pods("api")
        url = pod.container("migrate").variables["QCEXEC_DATABASE_URL"]
        assert urlsplit(url).username == app


def test_the_certificate_of_a_given_database_is_checked_by_name_unless_told_otherwise() -> None:
    rendering = render("external_database")
    for url in urls(rendering).values():
        query = parse_qs(urlsplit(url).query)
        assert query["sslmode"] == ["verify-full"]
        (file,) = query["sslrootcert"]
        assert mounted(rendering, file) == {"migrate", "api", "worker"}


@pytest.mark.parametrize("mode", ["disable", "require"])
def test_without_an_authority_nothing_is_mounted(mode: str) -> None:
    changes = {"externalDatabase": {"sslMode": mode, "caSecret": {"name": ""}}}
    rendering = render("external_database", changes)
    for url in urls(rendering).values():
        assert parse_qs(urlsplit(url).query) == {"sslmode": [mode]}
    assert mounted(rendering, "/etc/qcexec/database/ca.crt") == set()


def test_a_name_with_odd_characters_stays_one_name() -> None:
    changes = {"externalDatabase": {"appUser": "app@team", "database": "a/b"}}
    url = urlsplit(urls(render("external_database", changes))["api"])
    assert url.hostname == "database.example"
    assert url.username == "app%40team"
    assert url.path in ("/a%2Fb", "/a%2fb")


def test_with_a_given_database_nothing_of_postgresql_is_installed() -> None:
    rendering = render("external_database")
    assert rendering.pods("postgresql") == []
    for each in rendering.objects:
        assert each["metadata"]["labels"]["app.kubernetes.io/component"] != "postgresql"


def test_the_volume_has_the_size_and_class_that_are_given() -> None:
    (stateful,) = render("everything_on").of_kind("StatefulSet")
    (claim,) = stateful["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["resources"]["requests"]["storage"] == "100Gi"
    assert claim["spec"]["storageClassName"] == "fast"
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]


def test_by_default_the_cluster_chooses_the_class() -> None:
    (stateful,) = render("default").of_kind("StatefulSet")
    assert "storageClassName" not in stateful["spec"]["volumeClaimTemplates"][0]["spec"]


def urls(rendering: Rendering) -> dict[str, str]:
    """The URL that each container connects with."""
    return {
        container.name: container.variables[
            "QCEXEC_MIGRATION_DATABASE_URL"
            if container.name == "migrate"
            else "QCEXEC_DATABASE_URL"
        ]
        for component in ("api", "worker")
        for pod in rendering.pods(component)
        for container in pod.containers
    }


def mounted(rendering: Rendering, file: str) -> set[str]:
    """The containers of API and workers that have this file's folder mounted."""
    folder, _, _ = file.rpartition("/")
    return {
        container.name
        for component in ("api", "worker")
        for pod in rendering.pods(component)
        for container in pod.containers
        if folder in {mount["mountPath"] for mount in container.spec.get("volumeMounts", [])}
    }
