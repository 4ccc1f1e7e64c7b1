"""Puts the API together.

The process starts and stays whatever the database does: nothing is connected
here, the pool opens connections as they are needed, and what runs beside the
requests begins anew when it fails.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version

from fastapi import FastAPI

from qcexec_api import problems
from qcexec_api.access import AccessLog
from qcexec_api.admission import AdmissionLimits
from qcexec_api.closing import ConnectionClosing
from qcexec_api.context import ApiContext
from qcexec_api.database_watch import DatabaseWatch
from qcexec_api.metrics import ApiMetrics
from qcexec_api.producer import Producer
from qcexec_api.readiness import Readiness
from qcexec_api.request_id import RequestIdMiddleware
from qcexec_api.routes import documentation, health, tasks
from qcexec_api.schemas import submission_model
from qcexec_api.settings import ApiSettings
from qcexec_api.trace import TraceBinding, request_spans
from qcexec_queue.connections import Pool, Role, connect, open_pool
from qcexec_queue.enqueue import Submitter
from qcexec_queue.events import all_of
from qcexec_queue.maintenance import Maintenance, MaintenancePolicy
from qcexec_queue.notify import Notifier
from qcexec_queue.settlement import RetryPolicy
from qcexec_telemetry import log_event, log_typed_event
from qcexec_telemetry.tracing import NO_TRACES, Tracer

DISTRIBUTION = "qcexec-api"

_RESTART_SECONDS = 1.0
_CLOSE_SECONDS = 5.0

_logger = logging.getLogger(__name__)


def create_app(
    settings: ApiSettings,
    readiness: Readiness,
    metrics: ApiMetrics | None = None,
    tracer: Tracer = NO_TRACES,
) -> FastAPI:
    """The application; `readiness` is shared with the server, which knows when it must stop.

    `metrics` are those of the process, which serves them elsewhere.
    """
    metrics = metrics or ApiMetrics(version(DISTRIBUTION))
    app = FastAPI(
        title="qcexec",
        version=version(DISTRIBUTION),
        summary="Quantum circuits as a service",
        description=(
            "Submit a circuit in OpenQASM 3, get a task id, and read the counts. Every error"
            ' has the body `{"status": "error", "message": "..."}`, and every answer the header'
            " `X-Request-ID`: the request's own where it has one of at most 128 letters, digits"
            " and `._:/+=@-`."
        ),
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        redirect_slashes=False,
        telemetry=request_spans(tracer),
        lifespan=partial(_lifespan, settings, readiness, metrics, tracer),
    )
    app.include_router(tasks.router(settings))
    app.include_router(health.router())
    documentation.install(app)
    problems.install(app)
    # The last one added is the outermost: an access line needs the request's id.
    app.add_middleware(AccessLog, answered=metrics.answered)
    if tracer is not NO_TRACES:
        app.add_middleware(TraceBinding, tracer=tracer)
    app.add_middleware(RequestIdMiddleware)
    app.add_middleware(ConnectionClosing, readiness=readiness)
    return app


@asynccontextmanager
async def _lifespan(
    settings: ApiSettings,
    readiness: Readiness,
    metrics: ApiMetrics,
    tracer: Tracer,
    _app: FastAPI,
) -> AsyncIterator[Mapping[str, ApiContext]]:
    url = settings.database_url.get_secret_value()
    pool = await open_pool(
        url,
        role=Role.SERVICE,
        minimum=0,
        maximum=settings.api_connections,
        application=DISTRIBUTION,
    )
    metrics.watch(pool, readiness)
    observer = all_of(
        partial(log_typed_event, logging.getLogger("qcexec_queue")), metrics.count_in_queue
    )
    notifier = Notifier(pool, observer)
    submitter = Submitter(pool, observer, notifier)
    watch = DatabaseWatch(pool, readiness)
    maintenance = Maintenance(
        partial(connect, url, role=Role.SERVICE, application=f"{DISTRIBUTION} maintenance"),
        observer,
        MaintenancePolicy.of(
            settings.lease_seconds,
            RetryPolicy(
                max_attempts=settings.max_attempts,
                backoff_seconds=settings.retry_backoff_seconds,
            ),
        ),
        on_figures=metrics.figures.take if settings.metrics_port else None,
    )
    stop = asyncio.Event()
    background = [
        asyncio.create_task(_keep_running(name, run, stop), name=name)
        for name, run in (("database-watch", watch.run), ("maintenance", maintenance.run))
    ]
    try:
        yield {
            "context": ApiContext(
                max_body_bytes=settings.max_body_bytes,
                limits=AdmissionLimits(settings.max_queued_tasks, settings.max_queued_bytes),
                submission_model=submission_model(settings.max_shots),
                readiness=readiness,
                watch=watch,
                pool=pool,
                producer=Producer(submitter, settings.queue, tracer),
            )
        }
    finally:
        stop.set()
        await submitter.close()
        await notifier.close()
        await _end(background)
        await _close(pool)


async def _keep_running(
    name: str, run: Callable[[asyncio.Event], Awaitable[None]], stop: asyncio.Event
) -> None:
    while not stop.is_set():
        try:
            await run(stop)
        except Exception as error:  # noqa: BLE001 -- a fault of a side task must not end the intake
            log_event(
                _logger, "background_task_failed", severity=logging.ERROR, error=error, task=name
            )
            await asyncio.sleep(_RESTART_SECONDS)


async def _end(background: list[asyncio.Task[None]]) -> None:
    _, late = await asyncio.wait(background, timeout=_CLOSE_SECONDS)
    for task in late:
        task.cancel()
    await asyncio.gather(*background, return_exceptions=True)


async def _close(pool: Pool) -> None:
    try:
        async with asyncio.timeout(_CLOSE_SECONDS):
            await pool.close()
    except TimeoutError:
        # A connection that does not say goodbye: its requests have their answers by now.
        pool.terminate()
