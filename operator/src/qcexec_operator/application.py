"""The operator's composition root: builds the parts, starts them, and stops them in order."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Callable
from functools import partial
from importlib.metadata import version

import kopf

from qcexec_configuration import InvalidConfiguration, read_settings
from qcexec_operator import handlers
from qcexec_operator.act import Actor
from qcexec_operator.chronicle import Chronicle
from qcexec_operator.cluster import Cluster, open_cluster
from qcexec_operator.database import Database
from qcexec_operator.errors import ApiUnavailable, ObjectMissing
from qcexec_operator.events import CallFailed, Event, Observer
from qcexec_operator.health import Health
from qcexec_operator.metrics import Metrics
from qcexec_operator.reconcile import Reconciler
from qcexec_operator.settings import OperatorSettings
from qcexec_operator.view import ClusterView
from qcexec_operator.web import serving
from qcexec_queue.connections import Role, connect
from qcexec_queue.settlement import RetryPolicy
from qcexec_telemetry import LogFileUnusable, configure_logging, log_event, log_typed_event

DISTRIBUTION = "qcexec-operator"

_RETRY_SECONDS = 2.0
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

_CHATTY = ("httpx2", "kopf")
"""Libraries that tell of every request and every event."""

_logger = logging.getLogger(__name__)


def main() -> int:
    """Runs until told to stop. Exit code 0; 2 for a bad setting; 3 where the port is taken."""
    try:
        settings = read_settings(OperatorSettings)
        configure_logging("operator", level=settings.log_level, file=settings.log_file)
    except (InvalidConfiguration, LogFileUnusable) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for library in _CHATTY:
        logging.getLogger(library).setLevel(logging.WARNING)
    return asyncio.run(_run(settings))


async def _run(settings: OperatorSettings) -> int:
    stop = asyncio.Event()
    health = Health()
    metrics = Metrics(version(DISTRIBUTION), lambda: health.age_seconds)
    observer = partial(_observe, metrics)
    loop = asyncio.get_running_loop()
    for number in _STOP_SIGNALS:
        loop.add_signal_handler(number, stop.set)
    try:
        async with (
            serving(settings.http_port, health, metrics.registry),
            open_cluster(settings.namespace, settings.instance, observer) as cluster,
        ):
            await _wait_for_kind(cluster, health, observer, stop)
            if not stop.is_set():
                await _operate(settings, cluster, health, metrics, observer, stop)
    except OSError as error:
        log_event(_logger, "port_not_served", severity=logging.ERROR, message=str(error))
        return 3
    finally:
        for number in _STOP_SIGNALS:
            loop.remove_signal_handler(number)
    return 0


async def _operate(
    settings: OperatorSettings,
    cluster: Cluster,
    health: Health,
    metrics: Metrics,
    observer: Observer,
    stop: asyncio.Event,
) -> None:
    view = ClusterView()
    database = Database(
        partial(
            connect,
            settings.database_url.get_secret_value(),
            role=Role.SERVICE,
            application=DISTRIBUTION,
        ),
        f"{settings.namespace}/{settings.instance}",
        RetryPolicy(
            max_attempts=settings.max_attempts, backoff_seconds=settings.retry_backoff_seconds
        ),
        on_ready=lambda queue: reconciler.tasks_ready(queue),
    )
    reconciler = Reconciler(
        cluster,
        database,
        view,
        Actor(cluster, database, observer),
        Chronicle(cluster, observer),
        health,
        metrics,
        observer,
        interval=settings.interval_seconds,
        resync=settings.resync_seconds,
        lease_seconds=settings.lease_seconds,
    )

    def request_stop() -> None:
        stop.set()
        view.urgent.set()

    # Older than kopf's tasks, of which kopf leaves none behind.
    work = asyncio.create_task(reconciler.run(stop), name="reconciler")
    work.add_done_callback(lambda _: request_stop())
    await asyncio.sleep(0)
    ready = asyncio.Event()
    signals = asyncio.create_task(_hear_signals(ready, request_stop), name="signals")
    await asyncio.sleep(0)
    try:
        await kopf.operator(
            registry=handlers.registry(view, observer),
            settings=handlers.watching(settings.instance),
            namespaces=[settings.namespace],
            standalone=True,
            stop_flag=stop,
            ready_flag=ready,
        )
    finally:
        signals.cancel()
        request_stop()
        await work


async def _hear_signals(ready: asyncio.Event, request_stop: Callable[[], None]) -> None:
    """Once kopf has set its own handlers: a signal is to stop both, kopf and the reconciler."""
    await ready.wait()
    loop = asyncio.get_running_loop()
    for number in _STOP_SIGNALS:
        loop.add_signal_handler(number, request_stop)


async def _wait_for_kind(
    cluster: Cluster, health: Health, observer: Observer, stop: asyncio.Event
) -> None:
    """Returns when the cluster knows WorkerPools: kopf watches only what exists at its start."""
    while not stop.is_set():
        try:
            await cluster.pools()
        except (ApiUnavailable, ObjectMissing) as error:
            observer(CallFailed(error.code, str(error)))
        else:
            return
        health.finished(leads=False)
        try:
            async with asyncio.timeout(_RETRY_SECONDS):
                await stop.wait()
        except TimeoutError:
            continue


def _observe(metrics: Metrics, event: Event) -> None:
    metrics.count(event)
    log_typed_event(_logger, event)
