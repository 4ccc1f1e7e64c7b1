"""The worker's composition root: reads the settings, builds the parts, connects the signals."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import signal
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

import uvloop

from qcexec_configuration import InvalidConfiguration, read_settings
from qcexec_queue.connections import Connection, Role, connect
from qcexec_queue.errors import DatabaseUnavailable, SchemaMismatch
from qcexec_queue.events import all_of
from qcexec_queue.exchange import Exchange
from qcexec_queue.maintenance import Maintenance, MaintenancePolicy
from qcexec_queue.queues import QueueDirectory
from qcexec_queue.schema import check_schema
from qcexec_queue.settlement import RetryPolicy
from qcexec_queue.statistics import QueueStatistics
from qcexec_queue.workers import NOTHING_RUN, PoolRow
from qcexec_telemetry import (
    LogFileUnusable,
    MetricsAddressUnusable,
    TracesUnsupported,
    bind,
    configure_logging,
    log_event,
    log_typed_event,
)
from qcexec_telemetry.metrics_server import serving_metrics
from qcexec_telemetry.tracing import NO_TRACES, Tracer, tracing
from qcexec_worker.appetite import RunTimes
from qcexec_worker.cgroup import Share, read_share
from qcexec_worker.claim_loop import ClaimLoop
from qcexec_worker.cpu_lender import CpuLender
from qcexec_worker.desk import Desk
from qcexec_worker.errors import CpusNotLent, WorkerError
from qcexec_worker.events import all_of as all_of_worker
from qcexec_worker.forkserver_handle import Preloaded
from qcexec_worker.health_file import write_health
from qcexec_worker.identity import identify
from qcexec_worker.jobs import ChildLimits, SlotLimits
from qcexec_worker.metrics import WorkerFigures, WorkerMetrics
from qcexec_worker.service_loop import ServiceLoop, ServicePolicy
from qcexec_worker.settings import WorkerSettings
from qcexec_worker.sizing import Costs, SlotPlan, lendable_cpus, plan_slots
from qcexec_worker.slot import Slot
from qcexec_worker.slot_runner import SlotRunner
from qcexec_worker.spare_words import SpareWords
from qcexec_worker.spawner import Spawner, forkserver_environment
from qcexec_worker.task_spans import Consumer
from qcexec_worker.traces import TaskTraces
from qcexec_worker.worker import Worker

DISTRIBUTION = "qcexec-worker"

CHILD_BYTES = 48 * 1024**2
"""What a child has for itself before a circuit: pages that it no longer shares."""

_RETRY_SECONDS = 1.0
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

_logger = logging.getLogger(__name__)


def main() -> int:
    """Runs until told to stop.

    Exit code 0; 2 for a bad setting; 3 where metrics can't be served; 1 when it can't go on.
    """
    release = version(DISTRIBUTION)
    try:
        settings = read_settings(WorkerSettings)
        configure_logging("worker", level=settings.log_level, file=settings.log_file)
        metrics = WorkerMetrics(settings.queue, release)
        with (
            tracing(DISTRIBUTION, release, os.environ) as tracer,
            serving_metrics(metrics.registry, settings.metrics_host, settings.metrics_port),
        ):
            return uvloop.run(_run(settings, metrics, tracer))
    except (InvalidConfiguration, LogFileUnusable, TracesUnsupported) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except MetricsAddressUnusable as error:
        sys.stderr.write(f"{error}\n")
        return 3


async def _run(settings: WorkerSettings, metrics: WorkerMetrics, tracer: Tracer) -> int:
    share = read_share(Path("/"), len(os.sched_getaffinity(0)))
    cpus = lendable_cpus(share.cpus, override=settings.slots)
    spare_words = _spare_words(settings, cpus)
    spawner = Spawner(
        forkserver_environment(os.environ),
        spare_words=None if spare_words is None else spare_words.descriptor,
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _STOP_SIGNALS:
        loop.add_signal_handler(number, stop.set)
    try:
        preloaded = await spawner.start()
        plan = _plan(settings, share, preloaded)
        queue_id = await _find_queue(settings, stop)
        if queue_id is None or stop.is_set():
            return 0
        lender = None
        if spare_words is not None:
            lender = CpuLender(plan.slots, cpus, spare_words.write)
        await _work(settings, spawner, plan, lender, queue_id, metrics, tracer)
    except WorkerError as error:
        log_event(
            _logger, "cannot_go_on", severity=logging.ERROR, code=error.code, message=str(error)
        )
        return 1
    finally:
        await spawner.stop()
        if spare_words is not None:
            spare_words.close()
        for number in _STOP_SIGNALS:
            # All is handed in: a further signal on the way out changes nothing, nor the exit code.
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)
    return 0


def _spare_words(settings: WorkerSettings, cpus: int) -> SpareWords | None:
    """By which CPUs are lent, where that is wished for and there may be one to lend."""
    if not settings.lend_idle_cpus or cpus == 1:
        return None
    try:
        return SpareWords(max(cpus, settings.slots or 1))
    except CpusNotLent as error:
        log_event(
            _logger,
            "cpus_not_lent",
            severity=logging.WARNING,
            code=error.code,
            message=str(error),
        )
        return None


def _plan(settings: WorkerSettings, share: Share, preloaded: Preloaded) -> SlotPlan:
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    plan = plan_slots(
        cpus=share.cpus,
        memory_bytes=share.memory_bytes,
        costs=Costs(2 * resident, preloaded.resident_bytes, CHILD_BYTES),
        least_slot_bytes=settings.min_slot_memory_bytes,
        override=settings.slots,
    )
    log_event(
        _logger,
        "slots_planned",
        slots=plan.slots,
        slot_bytes=plan.slot_bytes,
        reasons=list(plan.reasons),
        cpus=share.cpus,
        cpus_reason=share.cpus_reason,
        memory_bytes=share.memory_bytes,
        memory_reason=share.memory_reason,
        preload_seconds=round(preloaded.seconds, 3),
        preload_bytes=preloaded.resident_bytes,
    )
    return plan


async def _find_queue(settings: WorkerSettings, stop: asyncio.Event) -> int | None:
    """Waits for a database with a fitting schema; None when told to stop meanwhile."""
    said: str | None = None
    while not stop.is_set():
        try:
            connection = await _connect(settings, "start")
            try:
                await check_schema(connection)
                return await QueueDirectory().queue_id(connection, settings.queue)
            finally:
                connection.terminate()
        except (DatabaseUnavailable, SchemaMismatch) as error:
            if str(error) != said:
                said = str(error)
                log_event(
                    _logger,
                    "waiting_for_database",
                    severity=logging.WARNING,
                    code=error.code,
                    message=said,
                )
        try:
            async with asyncio.timeout(_RETRY_SECONDS):
                await stop.wait()
        except TimeoutError:
            continue
    return None


async def _connect(settings: WorkerSettings, purpose: str) -> Connection:
    return await connect(
        settings.database_url.get_secret_value(),
        role=Role.SERVICE,
        application=f"qcexec-worker {purpose}",
    )


async def _work(
    settings: WorkerSettings,
    spawner: Spawner,
    plan: SlotPlan,
    lender: CpuLender | None,
    queue_id: int,
    metrics: WorkerMetrics,
    tracer: Tracer,
) -> None:
    identity = identify(
        settings,
        plan,
        queue_id=queue_id,
        release=version(DISTRIBUTION),
        process_id=os.getpid(),
    )
    retry = RetryPolicy(
        max_attempts=settings.max_attempts, backoff_seconds=settings.retry_backoff_seconds
    )
    limits = ChildLimits(
        plan.slot_bytes,
        settings.max_qubits,
        settings.task_timeout_seconds,
        settings.precision,
        settings.single_precision_after_seconds,
    )
    observer = all_of(
        partial(log_typed_event, logging.getLogger("qcexec_queue")), metrics.count_in_queue
    )
    traces = TaskTraces(
        tracer, Consumer(settings.queue, identity.worker_id), metrics.clock.seconds_since
    )
    # Without a collector a task's spans are not even thought of.
    told = metrics.count if tracer is NO_TRACES else all_of_worker(metrics.count, traces.observe)
    desk = Desk()
    run_times = RunTimes()
    slots = [
        Slot(
            str(number),
            spawner,
            SlotLimits(replace(limits, slot=number)),
            desk.changed.set,
            metrics.count,
        )
        for number in range(plan.slots)
    ]
    runners = [
        SlotRunner(
            slot,
            desk,
            identity,
            run_times,
            retry,
            time_limit=settings.task_timeout_seconds,
            pools=lambda: service.pools,
            cpu=None if lender is None else lender.cpu(number),
            observer=told,
            log_fields=traces.log_fields,
        )
        for number, slot in enumerate(slots)
    ]
    claims = ClaimLoop(
        partial(_connect, settings, "claims"),
        Exchange(
            identity.worker_id,
            queue_id,
            observer,
            claim_timeout=settings.claim_timeout_seconds,
        ),
        desk,
        runners,
        run_times,
        observer,
        timeout=settings.claim_timeout_seconds,
        worker_observer=told,
    )

    def look() -> WorkerFigures:
        return WorkerFigures(
            busy=sum(runner.busy for runner in runners),
            free=sum(runner.free for runner in runners),
            slots=len(runners),
            leases=len(desk.epochs),
            claiming=claims.claiming,
        )

    metrics.watch(look, plan.slot_bytes)

    def on_beat(answered: bool) -> None:
        if settings.health_file is not None:
            _write_health(settings.health_file, ready=answered and claims.claiming)

    def on_statistics(statistics: Mapping[str, QueueStatistics]) -> None:
        figures = statistics.get(settings.queue)
        log_event(
            _logger,
            "metrics",
            queue=settings.queue,
            depth=figures.depth if figures else 0,
            scheduled=figures.scheduled if figures else 0,
            running=figures.running if figures else 0,
            oldest_seconds=figures.oldest_seconds if figures else None,
            held=len(desk.epochs),
            busy=sum(runner.busy for runner in runners),
            slots=len(runners),
        )

    service = ServiceLoop(
        partial(_connect, settings, "service"),
        identity,
        PoolRow(queue_id, plan.slot_bytes, settings.pool_rank),
        desk,
        claims,
        Maintenance(
            partial(_connect, settings, "maintenance"),
            observer,
            MaintenancePolicy.of(settings.lease_seconds, retry),
            on_figures=metrics.figures.take if settings.metrics_port else None,
        ),
        observer,
        ServicePolicy(
            lease_seconds=settings.lease_seconds,
            claim_timeout=settings.claim_timeout_seconds,
            statistics_seconds=settings.metrics_interval_seconds,
            retry=retry,
        ),
        busy=lambda: sum(runner.busy for runner in runners),
        counters=lambda: sum((runner.counters for runner in runners), start=NOTHING_RUN),
        on_beat=on_beat,
        on_database_time=metrics.clock.heard,
        on_statistics=on_statistics,
    )
    worker = Worker(slots, runners, claims, service, grace_seconds=settings.grace_seconds)
    loop = asyncio.get_running_loop()
    for number in _STOP_SIGNALS:
        loop.add_signal_handler(number, worker.request_stop)
    with bind(worker_id=identity.worker_id):
        log_event(
            _logger,
            "worker_started",
            queue=settings.queue,
            slots=plan.slots,
            pod_uid=identity.pod_uid,
            pod=identity.pod,
        )
        await worker.run()


def _write_health(path: Path, *, ready: bool) -> None:
    try:
        write_health(path, ready=ready)
    except OSError as error:
        log_event(_logger, "health_not_written", severity=logging.WARNING, message=str(error))
