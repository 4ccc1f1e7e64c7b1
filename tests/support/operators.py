"""Operators as processes: kopf ends every task of a loop that it did not find there."""

import signal
from typing import Any

import aiohttp

from qcexec_standalone.ports import LOOPBACK, free_port
from support.model_cluster import INSTANCE, NAMESPACE
from support.services import ServiceProcess, Services


class Operator:
    """One operator."""

    def __init__(self, process: ServiceProcess, port: int) -> None:
        self.process = process
        self._port = port

    async def get(self, path: str) -> tuple[int, str]:
        """Status and text of what it serves; 0 where it serves nothing."""
        assert self.process.exit_code is None, self.process.output()
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"http://{LOOPBACK}:{self._port}{path}") as response,
            ):
                return response.status, await response.text()
        except aiohttp.ClientConnectionError:
            return 0, ""

    async def acts(self) -> bool:
        """Whether it is the one that acts."""
        return (await self.get("/readyz"))[0] == 200

    async def series(self, name: str) -> dict[str, float]:
        """The samples of a metric, by their labels as they are written."""
        _, text = await self.get("/metrics")
        lines = [each.rsplit(" ", 1) for each in text.splitlines()]
        return {
            line[0].removeprefix(name): float(line[1])
            for line in lines
            if line[0] == name or line[0].startswith(name + "{")
        }

    def events(self, event: str) -> list[dict[str, Any]]:
        """Its log lines of one event."""
        return self.process.events(event)

    async def end(self) -> int:
        """SIGTERM; gives the exit code."""
        self.process.send(signal.SIGTERM)
        return await self.process.wait_async()


class Operators:
    """Starts operators on a database and a cluster."""

    def __init__(self, services: Services, dsn: str, kubeconfig: str) -> None:
        self._services = services
        self._dsn = dsn
        self._kubeconfig = kubeconfig

    def start(self, **settings: object) -> Operator:
        """One more, with short intervals."""
        port = free_port()
        given = {
            "database_url": self._dsn,
            "instance": INSTANCE,
            "namespace": NAMESPACE,
            "http_port": port,
            "interval_seconds": 0.2,
            "resync_seconds": 1,
            "retry_backoff_seconds": 0.1,
            **settings,
        }
        environment = {f"QCEXEC_{name.upper()}": str(value) for name, value in given.items()}
        environment |= {"KUBECONFIG": self._kubeconfig, "PYTHONWARNINGS": "error"}
        return Operator(self._services.start("qcexec_operator", environment), port)
