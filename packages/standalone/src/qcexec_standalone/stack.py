"""PostgreSQL, API and worker on this machine: started in order, watched, ended in reverse order.

Each is a child process bound to the life of this one. The worker ends first, so that it can hand
back what it holds; then the API, so that nobody is told of a task that is not kept; then the
database. One pod uid is kept with the data: a worker that starts again returns at once what the
one before held.
"""

import asyncio
import contextlib
import hashlib
import os
import signal
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx2

from qcexec_standalone.database import DATABASE, DatabaseAccess, ensure_database
from qcexec_standalone.environment import (
    drain_seconds,
    metrics_variables,
    service_environment,
)
from qcexec_standalone.errors import MigrationFailed, ServiceDidNotStart, StandaloneError
from qcexec_standalone.ports import reachable_url, require_free
from qcexec_standalone.postgres import PostgresServer
from qcexec_standalone.restarts import Restarts
from qcexec_standalone.server_user import find_server_user, first_barrier
from qcexec_standalone.service import Service, describe_exit
from qcexec_worker.health_file import read_health

Tell = Callable[[str], None]
"""Says one line to whoever watches."""

_START_SECONDS = 120.0
_CLOSE_SECONDS = 30.0
_POLL_SECONDS = 0.05
_WATCH_SECONDS = 0.5
_SYSTEM_FOLDER = Path("/var/lib/qcexec")


@dataclass(frozen=True, slots=True)
class StackOptions:
    """What to run: where its data lies, where the API listens, what the services are told."""

    folder: Path
    host: str
    port: int
    environment: Mapping[str, str]
    durable: bool = True
    metrics_port: int = 0
    """Where the API serves its metrics, on 127.0.0.1, and the worker on the next; 0: nowhere."""


class Stack:
    """All three, for the time of an `async with` block; `watch` restarts those that die.

    Raises StandaloneError on entry if one of them does not start.
    """

    def __init__(self, options: StackOptions, tell: Tell) -> None:
        self.logs = options.folder / "logs"
        self._health_file = options.folder / "worker-health"
        self._options = options
        self._tell = tell
        self._postgres = PostgresServer(
            _server_folder(options.folder, tell),
            durable=options.durable,
            host_auth="scram-sha-256",
            settings={"fsync": "on" if options.durable else "off"},
        )
        self._api: Service | None = None
        self._worker: Service | None = None
        self._hurries = 0

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stop()

    @property
    def url(self) -> str:
        """Where the API is reached from this machine."""
        return reachable_url(self._options.host, self._options.port)

    @property
    def database_url(self) -> str:
        """The superuser's URL of the database, for whoever owns the data folder."""
        return self._postgres.admin_dsn(DATABASE)

    async def watch(self) -> None:
        """Start again whatever ends by itself, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for service in (self._api, self._worker):
                if service is not None:
                    group.create_task(self._watch(service))
            group.create_task(self._watch_postgres())

    def log_tails(self) -> str:
        """The last lines that API and worker logged."""
        services = [service for service in (self._api, self._worker) if service is not None]
        return "\n".join(f"{each.name}:\n{each.log_tail()}" for each in services)

    def hurry(self) -> None:
        """End faster: at first the worker gives back what it is at, then all are killed."""
        self._hurries += 1
        for service in (self._worker, self._api):
            if service is not None:
                service.send(signal.SIGTERM if self._hurries == 1 else signal.SIGKILL)

    async def _start(self) -> None:
        options = self._options
        require_free(options.host, options.port)
        options.folder.mkdir(parents=True, exist_ok=True)
        self.logs.mkdir(exist_ok=True)
        self._tell("starting PostgreSQL")
        self._postgres.start()
        access = await ensure_database(self._postgres)
        self._tell("bringing the schema up to date")
        await self._migrate(access)
        self._tell("starting API and worker")
        environment = service_environment(
            options.environment,
            {
                "QCEXEC_DATABASE_URL": access.app_dsn,
                "QCEXEC_HOST": options.host,
                "QCEXEC_PORT": str(options.port),
                "QCEXEC_POD_UID": _pod_uid(options.folder / "pod-uid"),
                "QCEXEC_HEALTH_FILE": str(self._health_file),
            },
        )
        port = options.metrics_port
        for_api = {**environment, **metrics_variables(port)}
        for_worker = {**environment, **metrics_variables(port and port + 1)}
        self._api = self._service("API", "qcexec_api", for_api, "api.log")
        self._worker = self._service("worker", "qcexec_worker", for_worker, "worker.log")
        # That of an earlier run says nothing of this one.
        self._health_file.unlink(missing_ok=True)
        await self._api.start()
        await self._worker.start()
        await self._wait_until_ready(self._api, self._worker)

    async def _stop(self) -> None:
        if self._worker is not None:
            await self._worker.stop(drain_seconds(self._options.environment) + _CLOSE_SECONDS)
        if self._api is not None:
            await self._api.stop(_CLOSE_SECONDS)
        self._postgres.stop()

    async def _migrate(self, access: DatabaseAccess) -> None:
        environment = service_environment(
            self._options.environment,
            {
                "QCEXEC_DATABASE_URL": access.app_dsn,
                "QCEXEC_MIGRATION_DATABASE_URL": access.owner_dsn,
            },
        )
        migration = self._service("migration", "qcexec_queue.migrate", environment, "migrate.log")
        await migration.start()
        try:
            code = await migration.ended()
        finally:
            await migration.stop(_CLOSE_SECONDS)
        if code != 0:
            raise MigrationFailed(f"the migration {describe_exit(code)}:\n{migration.log_tail()}")

    def _service(self, name: str, module: str, environment: Mapping[str, str], log: str) -> Service:
        return Service(name, [sys.executable, "-m", module], environment, self.logs / log)

    async def _wait_until_ready(self, api: Service, worker: Service) -> None:
        deadline = time.monotonic() + _START_SECONDS
        # No proxy of the caller's stands between this machine and itself.
        async with httpx2.AsyncClient(base_url=self.url, trust_env=False) as client:
            while not (await _answers_ready(client) and _says_ready(self._health_file)):
                for service in (api, worker):
                    if service.exit_code is not None:
                        raise ServiceDidNotStart(
                            f"{service.name} {describe_exit(service.exit_code)} at its start:\n"
                            f"{service.log_tail()}"
                        )
                if time.monotonic() > deadline:
                    raise ServiceDidNotStart(
                        f"not ready within {_START_SECONDS:g} s:\n{self.log_tails()}"
                    )
                await asyncio.sleep(_POLL_SECONDS)

    async def _watch(self, service: Service) -> None:
        """Start it again whenever it ends, later after each death in a row."""
        restarts = Restarts()
        started = time.monotonic()
        while True:
            code = await service.ended()
            restarts = restarts.after_death(time.monotonic() - started)
            self._tell(
                f"{service.name} {describe_exit(code)}: starting it again in "
                f"{restarts.delay:g} s (its log: {service.log})"
            )
            await asyncio.sleep(restarts.delay)
            started = time.monotonic()
            await service.start()

    async def _watch_postgres(self) -> None:
        restarts = Restarts()
        started = time.monotonic()
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            if self._postgres.is_running:
                continue
            restarts = restarts.after_death(time.monotonic() - started)
            self._tell(
                f"PostgreSQL ended: starting it again in {restarts.delay:g} s "
                f"(its log: {self._postgres.log})"
            )
            await asyncio.sleep(restarts.delay)
            started = time.monotonic()
            try:
                self._postgres.restart()
            except StandaloneError as error:
                self._tell(str(error))


async def _answers_ready(client: httpx2.AsyncClient) -> bool:
    with contextlib.suppress(httpx2.TransportError):
        return (await client.get("/readyz")).status_code == httpx2.codes.OK
    return False


def _says_ready(health_file: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return read_health(health_file).ready
    return False


def _server_folder(folder: Path, tell: Tell) -> Path:
    """Where PostgreSQL's files lie: below `folder`, unless its user cannot enter that.

    As root, that is so below root's home.
    """
    user = find_server_user()
    if user is None:
        return folder / "postgres"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    barrier = first_barrier(folder.resolve(), user)
    if barrier is None:
        return folder / "postgres"
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    tell(
        f"the user {user.name} cannot enter {barrier}: "
        f"PostgreSQL keeps its data in {_SYSTEM_FOLDER / name}"
    )
    return _SYSTEM_FOLDER / name


def _pod_uid(file: Path) -> str:
    if not file.exists():
        file.write_text(f"{uuid.uuid4()}\n")
    return file.read_text().strip()
