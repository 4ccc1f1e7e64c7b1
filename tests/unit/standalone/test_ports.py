"""Free ports and taken ones."""

import socket

import pytest

from qcexec_standalone.errors import PortTaken
from qcexec_standalone.ports import LOOPBACK, free_port, reachable_url, require_free


def test_a_port_that_is_listened_on_is_refused_with_another_to_try() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(PortTaken, match=f"PORT={port + 1}"):
            require_free(LOOPBACK, port)


def test_a_free_port_can_be_listened_on() -> None:
    port = free_port()

    require_free(LOOPBACK, port)
    with socket.create_server((LOOPBACK, port)):
        pass


def test_a_host_that_does_not_exist_is_refused() -> None:
    with pytest.raises(PortTaken, match=r"cannot listen on no\.invalid"):
        require_free("no.invalid", 8000)


def test_an_address_that_means_every_one_is_reached_over_loopback() -> None:
    assert reachable_url("0.0.0.0", 1) == "http://127.0.0.1:1"  # noqa: S104 (no listening)
    assert reachable_url("::", 1) == "http://[::1]:1"
    assert reachable_url("qc.example", 1) == "http://qc.example:1"
