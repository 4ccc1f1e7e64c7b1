"""What each container runs, and with how much."""

import re

from chart.rendering import Rendering, render

QUANTITY = re.compile(r"\d+(\.\d+)?(m|Ki|Mi|Gi|Ti)?")


def test_each_image_is_named_with_a_tag_that_stands_still(rendering: Rendering) -> None:
    for pod in rendering.pods():
        for container in pod.containers:
            _, _, tag = container.spec["image"].rpartition(":")
            assert tag not in {"", "latest"}, container.spec["image"]
            assert container.spec["imagePullPolicy"] == "IfNotPresent"


def test_our_images_have_the_release_of_the_chart_unless_told_otherwise() -> None:
    assert images("default") == {
        "qcexec-api:0.1.0",
        "qcexec-worker:0.1.0",
        "qcexec-operator:0.1.0",
        "postgres:17",
    }


def test_the_registry_is_put_before_our_images_and_not_before_postgresqls() -> None:
    assert images("everything_on") == {
        "registry.example/team/qcexec-api:1.2.3",
        "registry.example/team/qcexec-worker:1.2.3",
        "registry.example/team/qcexec-operator:1.2.3",
        "postgres:17",
    }


def test_each_pod_may_pull_with_the_given_credentials() -> None:
    for pod in render("everything_on").pods():
        assert pod.spec["imagePullSecrets"] == [{"name": "registry"}]


def test_each_container_requests_cpu_and_memory_and_its_memory_is_limited(
    rendering: Rendering,
) -> None:
    for pod in rendering.pods():
        for container in pod.containers:
            resources = container.spec["resources"]
            for quantity in (
                resources["requests"]["cpu"],
                resources["requests"]["memory"],
                resources["limits"]["memory"],
            ):
                assert QUANTITY.fullmatch(quantity), (pod.name, container.name)


def test_each_long_running_container_says_whether_it_lives_and_is_ready(
    rendering: Rendering,
) -> None:
    for component in ("api", "worker", "operator", "postgresql"):
        for pod in rendering.pods(component):
            for container in pod.containers:
                if not container.init:
                    assert {"startupProbe", "livenessProbe", "readinessProbe"} <= (
                        container.spec.keys()
                    )


def test_a_workers_probe_shows_circuits_none_of_its_environment(rendering: Rendering) -> None:
    for pod in rendering.pods("worker"):
        probes = [
            pod.container("worker").spec[kind]
            for kind in ("startupProbe", "livenessProbe", "readinessProbe")
        ]
        for probe in probes:
            assert probe["exec"]["command"][:2] == ["sealed-env", "-i"]


def test_the_variables_of_a_container_are_each_set_once(rendering: Rendering) -> None:
    for pod in rendering.pods():
        for container in pod.containers:
            names = [variable["name"] for variable in container.spec.get("env", [])]
            assert len(names) == len(set(names)), (pod.name, container.name)


def images(name: str) -> set[str]:
    return {container.spec["image"] for pod in render(name).pods() for container in pod.containers}
