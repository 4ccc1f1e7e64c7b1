"""How the API is reached from outside: not at all, unless told to."""

import pytest

from chart.rendering import Rendering, render


def test_nothing_is_published_unless_told_to() -> None:
    rendering = render("default")
    assert rendering.of_kind("Ingress") == rendering.of_kind("HTTPRoute") == []
    assert {each["spec"]["type"] for each in rendering.of_kind("Service") if api(each)} == {
        "ClusterIP"
    }


def test_an_ingress_leads_each_host_to_the_api() -> None:
    rendering = render("ingress")
    (ingress,) = rendering.of_kind("Ingress")
    assert ingress["spec"]["ingressClassName"] == "nginx"
    assert ingress["metadata"]["annotations"] == {"cert-manager.io/cluster-issuer": "letsencrypt"}
    assert [rule["host"] for rule in ingress["spec"]["rules"]] == [
        "qcexec.example",
        "circuits.example",
    ]
    for rule in ingress["spec"]["rules"]:
        (path,) = rule["http"]["paths"]
        assert (path["path"], path["pathType"]) == ("/", "Prefix")
        service = path["backend"]["service"]
        assert service["port"].get("name") in ports(rendering, service["name"])
    assert ingress["spec"]["tls"] == [
        {"secretName": "qcexec-tls", "hosts": ["qcexec.example", "circuits.example"]}
    ]


def test_an_ingress_without_hosts_takes_any_and_leaves_the_class_to_the_cluster() -> None:
    (ingress,) = render("default", {"ingress": {"enabled": True}}).of_kind("Ingress")
    (rule,) = ingress["spec"]["rules"]
    assert "host" not in rule
    assert "ingressClassName" not in ingress["spec"]
    assert "tls" not in ingress["spec"]


def test_a_route_leads_its_hosts_to_the_api() -> None:
    rendering = render("gateway")
    (route,) = rendering.of_kind("HTTPRoute")
    assert route["spec"]["hostnames"] == ["qcexec.example"]
    assert route["spec"]["parentRefs"] == [
        {"name": "public", "namespace": "gateways", "sectionName": "https"}
    ]
    (rule,) = route["spec"]["rules"]
    (backend,) = rule["backendRefs"]
    assert backend["port"] in ports(rendering, backend["name"]).values()


@pytest.mark.parametrize("name", ["default", "everything_on"])
def test_a_service_leads_to_a_port_that_its_pods_open(name: str) -> None:
    rendering = render(name)
    for service in rendering.of_kind("Service"):
        chosen = [
            pod
            for pod in rendering.pods()
            if service["spec"]["selector"].items() <= pod.labels.items()
        ]
        opened = {
            port["name"]
            for pod in chosen
            for container in pod.containers
            for port in container.spec.get("ports", [])
        }
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= opened


def test_the_services_port_can_be_chosen_and_everybody_follows() -> None:
    rendering = render("gateway", {"api": {"service": {"port": 8080}}})
    assert ports(rendering, "qcexec-api") == {"http": 8080}
    (route,) = rendering.of_kind("HTTPRoute")
    assert route["spec"]["rules"][0]["backendRefs"][0]["port"] == 8080
    (test,) = rendering.pods("test")
    assert "http://qcexec-api:8080" in str(test.spec)


def api(service: object) -> bool:
    return "'app.kubernetes.io/component': 'api'" in str(service)


def ports(rendering: Rendering, service: str) -> dict[str, int]:
    """The ports of a Service, by name."""
    return {
        port["name"]: port["port"] for port in rendering.one("Service", service)["spec"]["ports"]
    }
