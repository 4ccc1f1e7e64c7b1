"""Tries who answers, and answers: run in a pod, standard library alone.

    python probe_script.py serve PORT...     greets whoever connects to these TCP ports, until TERM
    python probe_script.py try TARGETS       prints what came of each of them, as a JSON list

TARGETS is a JSON list of [protocol, host, port]. All are tried at once. A target is reached when it
answers in its protocol, for an open connection may be a proxy's; what came of it is "reached", or
the error. The host of DNS is whatever this pod asks.
"""

import concurrent.futures
import http.client
import json
import os
import signal
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable
from pathlib import Path

GREETING = b"qcexec probe\n"
REACHED = "reached"
TIMEOUT_SECONDS = 2.0

# Header (one question, recursion desired), the root's name servers, class IN.
_QUESTION = struct.pack(">6H", 0x5143, 0x0100, 1, 0, 0, 0) + b"\x00" + struct.pack(">2H", 2, 1)
_SSL_REQUEST = struct.pack(">2I", 8, 80877103)


def serve(ports: list[int]) -> None:
    """Greet on these ports; one that is in use, or that this user may not have, is left alone."""
    # As process 1 it would not heed the signal otherwise.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    for port in ports:
        try:
            server = socket.create_server(("", port))
        except OSError as error:
            print(port, error, flush=True)
            continue
        threading.Thread(target=_greet, args=(server,), daemon=True).start()
    while True:
        signal.pause()


def _greet(server: socket.socket) -> None:
    while True:
        connection, _ = server.accept()
        with connection:
            connection.sendall(GREETING)


def try_all(targets: list[tuple[str, str, int]]) -> list[str]:
    """What came of each target."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=max(1, len(targets))) as threads:
        return list(threads.map(_try, targets))


def _try(target: tuple[str, str, int]) -> str:
    protocol, host, port = target
    try:
        answered = _PROTOCOLS[protocol](host, port)
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}"
    return REACHED if answered else "another answer"


def _probe(host: str, port: int) -> bool:
    with socket.create_connection((host, port), TIMEOUT_SECONDS) as connection:
        return connection.recv(len(GREETING)) == GREETING


def _http(host: str, port: int) -> bool:
    return _get(host, port, "/livez")


def _metrics(host: str, port: int) -> bool:
    return _get(host, port, "/metrics")


def _get(host: str, port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    finally:
        connection.close()


def _postgresql(host: str, port: int) -> bool:
    with socket.create_connection((host, port), TIMEOUT_SECONDS) as connection:
        connection.sendall(_SSL_REQUEST)
        return connection.recv(1) in {b"S", b"N"}


def _tls(host: str, port: int) -> bool:
    # Whether it is there, not who it is.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection((host, port), TIMEOUT_SECONDS) as connection:
        context.wrap_socket(connection).close()
    return True


def _dns_by_udp(_host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.settimeout(TIMEOUT_SECONDS)
        connection.sendto(_QUESTION, (_name_server(), port))
        return connection.recv(4096)[:2] == _QUESTION[:2]


def _dns_by_tcp(_host: str, port: int) -> bool:
    with socket.create_connection((_name_server(), port), TIMEOUT_SECONDS) as connection:
        connection.sendall(struct.pack(">H", len(_QUESTION)) + _QUESTION)
        return connection.recv(4)[2:] == _QUESTION[:2]


def _name_server() -> str:
    lines = Path("/etc/resolv.conf").read_text(encoding="utf-8").splitlines()
    return next(line.split()[1] for line in lines if line.startswith("nameserver"))


_PROTOCOLS: dict[str, Callable[[str, int], bool]] = {
    "probe": _probe,
    "http": _http,
    "metrics": _metrics,
    "postgresql": _postgresql,
    "tls": _tls,
    "dns-udp": _dns_by_udp,
    "dns-tcp": _dns_by_tcp,
}


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve([int(port) for port in sys.argv[2:]])
    else:
        print(json.dumps(try_all([tuple(target) for target in json.loads(sys.argv[2])])))
