"""The listener for scrapers: it answers whatever its process is at, and lets go of its port."""

import http.client
import socket
import threading
import urllib.request

import pytest
from prometheus_client import CollectorRegistry

from qcexec_standalone.ports import free_port
from qcexec_telemetry import MetricsAddressUnusable
from qcexec_telemetry.metrics import CounterMetric, GaugeMetric
from qcexec_telemetry.metrics_server import serving_metrics
from support.metrics import read
from support.waiting import wait_until_blocking

DEPTH = GaugeMetric("qcexec_depth", "Depth")
HITS = CounterMetric("qcexec_hits_total", "Hits")


@pytest.fixture
def registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    DEPTH.made(registry).set(7)
    return registry


def get(port: int, host: str = "127.0.0.1") -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://{host}:{port}/metrics", timeout=30) as answer:
        return str(answer.read().decode())


def test_it_serves_what_the_registry_has_at_the_moment(registry: CollectorRegistry) -> None:
    port = free_port()
    with serving_metrics(registry, "127.0.0.1", port):
        assert read(get(port)).value("qcexec_depth") == 7
        HITS.made(registry).inc()
        assert read(get(port)).value("qcexec_hits_total") == 1


def test_the_port_is_free_and_no_thread_is_left_afterwards(registry: CollectorRegistry) -> None:
    port = free_port()
    for _ in range(2):
        with serving_metrics(registry, "127.0.0.1", port):
            get(port)
    wait_until_blocking(
        lambda: all(thread.name != "metrics" for thread in threading.enumerate()),
        what="the thread ends",
    )


def test_port_0_serves_nothing(registry: CollectorRegistry) -> None:
    before = threading.active_count()
    with serving_metrics(registry, "nowhere.invalid", 0):
        assert threading.active_count() == before


def test_a_taken_port_is_named_with_what_to_set(registry: CollectorRegistry) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with (
            pytest.raises(MetricsAddressUnusable, match=rf"port {port}.*QCEXEC_METRICS_PORT"),
            serving_metrics(registry, "127.0.0.1", port),
        ):
            pytest.fail("it must not begin")


def test_a_host_that_is_none_is_named(registry: CollectorRegistry) -> None:
    with (
        pytest.raises(MetricsAddressUnusable, match=r"999\.1\.1\.1"),
        serving_metrics(registry, "999.1.1.1", free_port()),
    ):
        pytest.fail("it must not begin")


def test_a_client_that_says_nothing_keeps_nobody_waiting(registry: CollectorRegistry) -> None:
    port = free_port()
    with (
        serving_metrics(registry, "127.0.0.1", port),
        socket.create_connection(("127.0.0.1", port)),
    ):
        assert read(get(port)).value("qcexec_depth") == 7


def test_a_client_that_goes_away_is_no_trouble(
    registry: CollectorRegistry, capfd: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    with serving_metrics(registry, "127.0.0.1", port):
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", port)) as client:
                client.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
        get(port)
    assert capfd.readouterr().err == ""


def test_nothing_but_reading_is_served(registry: CollectorRegistry) -> None:
    port = free_port()
    with serving_metrics(registry, "127.0.0.1", port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("DELETE", "/metrics")
        assert connection.getresponse().status == 405
        connection.close()


def test_an_address_of_the_sixth_version_is_served(registry: CollectorRegistry) -> None:
    if not socket.has_ipv6 or not _has_loopback_v6():
        pytest.skip("this machine has no IPv6 loopback address")
    port = free_port()
    with serving_metrics(registry, "::1", port):
        assert read(get(port, "[::1]")).value("qcexec_depth") == 7


def _has_loopback_v6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False
