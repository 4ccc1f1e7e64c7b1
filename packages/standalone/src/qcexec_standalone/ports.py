"""Ports to listen on: free ones, and whether the one asked for is free."""

import ipaddress
import random
import socket

from qcexec_standalone.errors import PortTaken

LOOPBACK = "127.0.0.1"
ANY_IPV4 = ipaddress.IPv4Address(0)

# Linux hands out 32768 and above for outgoing connections: below, a port stays free over restarts.
_PORTS = range(15000, 32000)


def free_port() -> int:
    """A port on the loopback address that nobody listens on. Raises PortTaken if none is found."""
    for port in random.sample(_PORTS, 100):
        if _can_listen(socket.AF_INET, (LOOPBACK, port)):
            return port
    raise PortTaken(f"no free port found on {LOOPBACK}")


def require_free(host: str, port: int) -> None:
    """Raises PortTaken if nobody could listen on `host` and `port`, with what to do about it."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise PortTaken(f"cannot listen on {host}: {error.strerror}") from None
    if not all(_can_listen(family, address) for family, _, _, _, address in found):
        raise PortTaken(
            f"cannot listen on {host} port {port}: end what listens there, "
            f"or choose another port (make up PORT={port + 1})"
        )


def reachable_url(host: str, port: int) -> str:
    """The URL that reaches, from this machine, a server that listens on `host` and `port`.

    >>> reachable_url("::", 8000)
    'http://[::1]:8000'
    """
    everywhere = {str(ANY_IPV4): LOOPBACK, "::": "::1"}
    host = everywhere.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _can_listen(family: int, address: tuple[object, ...]) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As servers do it: connections that are still being closed do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError:
            return False
        return True
